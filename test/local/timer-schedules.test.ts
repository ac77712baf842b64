// Timers on a fake clock: when they call, that a jump of the clock loses nothing, and that a failed
// call is made again.
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { createTimerSchedules } from "../../src/local/timer-schedules.ts";
import { systemClock } from "../../src/services/system-clock.ts";

const BEGIN = Date.UTC(2026, 0, 1);

beforeEach(() => {
  vi.useFakeTimers({ now: BEGIN });
  return () => vi.useRealTimers();
});

/** Timers that note when they call for whom, in seconds after the beginning. */
function createBench({ failures = 0 } = {}) {
  const called: [dagId: string, second: number][] = [];
  const errors: string[] = [];
  let left = failures;
  const schedules = createTimerSchedules({
    clock: { ...systemClock, now: () => Date.now() },
    report: { error: (message) => errors.push(message) },
    async onDue(dagId) {
      called.push([dagId, (Date.now() - BEGIN) / 1_000]);
      if (left-- > 0) throw new Error("no");
    },
  });
  onTestFinished(() => schedules.stop());
  const set = (dagId: string, second?: number) =>
    schedules.set({
      dagId,
      schedule: { kind: "none" },
      timezone: "UTC",
      hasRunsToCome: true,
      ...(second === undefined ? {} : { nextFireAt: BEGIN + second * 1_000 }),
    });
  return { schedules, set, called, errors };
}

test("each DAG is called for once, at its moment", async () => {
  const { set, called } = createBench();
  await set("b", 20.5);
  await set("a", 3);
  await set("c", 7);
  await set("c");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(called).toEqual([
    ["a", 3],
    ["b", 20.5],
  ]);
});

test("a moment that is set anew counts, earlier or later; a past one is due at once", async () => {
  const { set, called } = createBench();
  await set("a", 10);
  await set("a", 5);
  await set("b", 5);
  await set("b", 10);
  await set("c", -100);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(called).toEqual([
    ["c", 0],
    ["a", 5],
    ["b", 10],
  ]);
});

test("a clock that jumps ahead delays nothing by more than a second", async () => {
  const { set, called } = createBench();
  await set("a", 3_600);
  await vi.advanceTimersByTimeAsync(100);
  vi.setSystemTime(BEGIN + 7_200_000);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(called).toHaveLength(1);
});

test("what fails is reported and called for again in a minute", async () => {
  const { set, called, errors } = createBench({ failures: 2 });
  await set("a", 1);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(called.map(([, second]) => second)).toEqual([1, 61, 121]);
  expect(errors).toEqual(Array(2).fill('DAG "a" could not be scheduled: Error: no'));
});

test("nothing is called for after the stop", async () => {
  const { schedules, set, called } = createBench();
  await set("a", 1);
  schedules.stop();
  await set("b", 1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(called).toEqual([]);
});
