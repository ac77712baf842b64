// Pages of listings that a store gives in parts.

import { expect, test } from "vitest";
import { everyItem } from "../../src/api/requests/listing.ts";
import type { PageRequest } from "../../src/ports/pages.ts";

/** The numbers below 2,500; keeps how many were asked for at a time. */
function createNumbers() {
  const sizes: number[] = [];
  const list = async ({ limit = 100, after = "0" }: PageRequest) => {
    sizes.push(limit);
    const first = Number(after);
    const end = Math.min(first + limit, 2_500);
    const items = Array.from({ length: end - first }, (_, index) => first + index);
    return end < 2_500 ? { items, next: String(end) } : { items };
  };
  return { list, sizes };
}

test("a long listing lets others have their turn between its parts", async () => {
  const { list, sizes } = createNumbers();
  const seen: number[] = [];
  const reading = everyItem(list);
  while (sizes.length < 3) {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(sizes.length);
  }
  expect(await reading).toHaveLength(2_500);
  expect(seen).toEqual([1, 2, 3]);
});
