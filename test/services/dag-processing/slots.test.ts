import { expect, test } from "vitest";
import { createSlots } from "../../../src/services/dag-processing/slots.ts";
import { systemClock } from "../../../src/services/system-clock.ts";

/** Two slots, and works that end when told. */
function createBench({ patienceMs = 10_000 } = {}) {
  const slots = createSlots({ count: 2, patienceMs, clock: systemClock });
  const started: string[] = [];
  const start = (name: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const work = slots.run(() => {
      started.push(name);
      return promise;
    });
    work.done.catch(() => {});
    return { ...work, resolve, reject };
  };
  return { started, start };
}

test("so many works run at a time, and an end, good or bad, lets the next one start", async () => {
  const { started, start } = createBench();
  const [a, b, c, d] = [start("a"), start("b"), start("c"), start("d")];
  await Promise.resolve();
  expect(started).toEqual(["a", "b"]);
  b.reject(new Error("no"));
  await b.passed;
  await expect.poll(() => started).toEqual(["a", "b", "c"]);
  a.resolve();
  await a.done;
  await expect.poll(() => started).toEqual(["a", "b", "c", "d"]);
  c.resolve();
  d.resolve();
  await Promise.all([c.passed, d.passed]);
  await expect(b.done).rejects.toThrow("no");
});

test("work that takes long gives its slot up and goes on", async () => {
  const { started, start } = createBench({ patienceMs: 20 });
  const [a, b, c] = [start("a"), start("b"), start("c")];
  await Promise.all([a.passed, b.passed]);
  await expect.poll(() => started).toEqual(["a", "b", "c"]);
  c.resolve();
  await c.done;
  a.resolve();
  b.resolve();
  await Promise.all([a.done, b.done]);
});
