// Calls are paced as AWS allows them.
import { expect, test } from "vitest";
import { createTokenBucket } from "../../src/aws/token-bucket.ts";

test("the first calls go at once, later ones as tokens come, in their order", async () => {
  let now = 0;
  const waits: number[] = [];
  const clock = {
    now: () => now,
    async sleep(ms: number) {
      waits.push(ms);
    },
  };
  const bucket = createTokenBucket({ capacity: 2, perSecond: 2, clock });
  for (let call = 0; call < 5; call += 1) await bucket.take();
  expect(waits).toEqual([500, 1_000, 1_500]);
  now += 1_500;
  await bucket.take();
  expect(waits).toEqual([500, 1_000, 1_500, 500]);
  now += 60_000;
  for (let call = 0; call < 3; call += 1) await bucket.take();
  expect(waits.slice(4)).toEqual([500]);
});
