// The engine's waits between tries, beside the delays that the worker records.
import fc from "fast-check";
import { expect, test } from "vitest";
import { toRetriers } from "../../src/compiler/retriers.ts";
import { Retries } from "../../src/interpreter/retry.ts";
import { retryDelay } from "../../src/model/scheduling/retries.ts";
import { task } from "../reference/documents.ts";

const seconds = fc
  .double({ min: 0, max: 5_000, noNaN: true })
  .map((value) => Number(value.toFixed(3)));
const tasks = fc
  .record(
    {
      retries: fc.integer({ min: 1, max: 12 }),
      retryDelay: seconds,
      retryBackoff: fc.constantFrom(1, 1.5, 2, 3),
      maxRetryDelay: seconds.filter((value) => value > 0),
    },
    { requiredKeys: ["retries", "retryDelay", "retryBackoff"] },
  )
  .map((options) => task("t", [], options));

test("the engine never calls later than the moment that the worker has recorded", () => {
  fc.assert(
    fc.property(tasks, (document) => {
      const retriers = toRetriers(document);
      const engine = new Retries();
      for (let retry = 1; retry <= document.retries; retry += 1) {
        const delay = retryDelay(document, retry);
        // The worker waits for shorter delays itself.
        if (delay < 1) continue;
        const wait = engine.next(retriers, "Stepwind.Retry");
        expect(wait).toBeGreaterThanOrEqual(1);
        expect(wait).toBeLessThanOrEqual(delay * (1 + Number.EPSILON * 8));
      }
    }),
  );
});

test("a fraction of a second is cut off, for the worker to wait for", () => {
  const engine = new Retries();
  const retriers = toRetriers(task("t", [], { retries: 4, retryDelay: 2.5, retryBackoff: 1 }));
  expect([1, 2].map(() => engine.next(retriers, "Stepwind.Retry"))).toEqual([2, 2]);
});

test("delays that grow begin, for the engine, with the first one that it waits for", () => {
  const engine = new Retries();
  const options = { retries: 6, retryDelay: 0.4, retryBackoff: 3 };
  const retriers = toRetriers(task("t", [], options));
  expect([3, 4].map((retry) => retryDelay(options, retry))).toEqual(
    [3.6, 10.8].map((value) => expect.closeTo(value)),
  );
  expect([3, 4].map(() => engine.next(retriers, "Stepwind.Retry"))).toEqual([1, 3]);
});
