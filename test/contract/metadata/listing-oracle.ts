// What a listing should answer, by a plain reading of all items: in other words than the product's.
import { expect } from "vitest";
import type { Condition, FieldValue, OrderBy } from "../../../src/model/listings/conditions.ts";
import type { Listed, Listing } from "../../../src/ports/pages.ts";

export interface Oracle<T, F extends string> {
  readonly items: readonly T[];
  readonly read: (item: T, field: F) => FieldValue;
  readonly idOf: (item: T) => string;
}

/** All items that meet the conditions. */
export function meant<T, F extends string>(
  { items, read }: Oracle<T, F>,
  conditions: readonly Condition<F>[],
): readonly T[] {
  return items.filter((item) => conditions.every((each) => holds(each, read(item, each.field))));
}

function holds(condition: Condition, value: FieldValue): boolean {
  switch (condition.kind) {
    case "in":
      return condition.values.some((each) => each === value) === !condition.isExcluded;
    case "range":
      if (value === null) return condition.orAbsent === true;
      if (typeof value === "string") return true;
      if (condition.from !== undefined && value < condition.from) return false;
      return condition.to === undefined || value <= condition.to;
    case "starts":
      return value !== null && condition.prefixes.some((each) => `${value}`.indexOf(each) === 0);
    case "like":
      return value !== null && condition.patterns.some((each) => toRegExp(each).test(`${value}`));
  }
}

/** Only for patterns of tests, without escapes. */
function toRegExp(pattern: string): RegExp {
  const text = pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("%", ".*");
  return new RegExp(`^${text.replaceAll("_", ".")}$`, "isu");
}

/** The order's values of the items that should come, in their order. */
function sortedKeys<T, F extends string>(
  { read }: Oracle<T, F>,
  items: readonly T[],
  order: readonly OrderBy<F>[],
): readonly string[] {
  const keys = items.map((item) => order.map(({ field }) => read(item, field)));
  keys.sort((a, b) => {
    for (const [index, { isDescending }] of order.entries()) {
      const [left, right] = [a[index] ?? null, b[index] ?? null];
      if (left === right) continue;
      const isBefore = left === null || (right !== null && left < right);
      return isBefore === isDescending ? 1 : -1;
    }
    return 0;
  });
  return keys.map((key) => JSON.stringify(key));
}

type Find<T, F extends string> = (listing: Listing<F>) => Promise<Listed<T>>;

/** Holds a page by offset against the plain reading. */
export async function expectPage<T, F extends string>(
  find: Find<T, F>,
  oracle: Oracle<T, F>,
  listing: Listing<F>,
): Promise<void> {
  const { conditions, order, limit, offset = 0 } = listing;
  const all = meant(oracle, conditions);
  const { items, total } = await find({ ...listing, isCounted: true });
  const keys = sortedKeys(oracle, all, order).slice(offset, offset + limit);
  expect(keysOf(oracle, items, order)).toEqual(keys);
  const ids = new Set(all.map(oracle.idOf));
  expect(items.filter((item) => !ids.has(oracle.idOf(item)))).toEqual([]);
  expect(total).toBeDefined();
  if (total?.isCapped) expect(total.count).toBeLessThanOrEqual(all.length);
  else expect(total?.count).toBe(all.length);
}

/** Holds all pages by cursor, forth and back, against the plain reading. */
export async function expectPages<T, F extends string>(
  find: Find<T, F>,
  oracle: Oracle<T, F>,
  listing: Omit<Listing<F>, "offset">,
): Promise<void> {
  const { conditions, order } = listing;
  const all = meant(oracle, conditions);
  const forth: T[] = [];
  const pages: T[][] = [];
  let previous: string | undefined;
  for (let cursor: string | undefined = ""; cursor !== undefined; ) {
    const page: Listed<T> = await find({ ...listing, cursor });
    forth.push(...page.items);
    pages.push([...page.items]);
    ({ next: cursor, previous } = page);
    expect(pages.length).toBeLessThan(1_000);
  }
  expect(keysOf(oracle, forth, order)).toEqual(sortedKeys(oracle, all, order));
  expect(forth.map(oracle.idOf).toSorted()).toEqual(all.map(oracle.idOf).toSorted());
  const back: T[] = [];
  for (let count = 0; previous !== undefined && count < 1_000; count += 1) {
    const page: Listed<T> = await find({ ...listing, cursor: previous });
    back.unshift(...page.items);
    previous = page.previous;
  }
  // An empty last page leads nowhere back.
  if (pages.length > 1 && (pages.at(-1)?.length ?? 0) > 0) {
    const before = pages.slice(0, -1).flat();
    expect(back.map(oracle.idOf)).toEqual(before.map(oracle.idOf));
  }
}

function keysOf<T, F extends string>(
  { read }: Oracle<T, F>,
  items: readonly T[],
  order: readonly OrderBy<F>[],
): readonly string[] {
  return items.map((item) => JSON.stringify(order.map(({ field }) => read(item, field))));
}
