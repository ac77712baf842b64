// Changes of state while the storage fails: each is made once, and its maker learns that it was.
import { expect, onTestFinished, test } from "vitest";
import { createSqliteMetadata } from "../../src/local/sqlite/metadata.ts";
import type { Metadata } from "../../src/ports/metadata.ts";
import { createRetryingMetadata } from "../../src/services/retrying-metadata.ts";
import { scheduledRun, taskKey } from "../contract/records.ts";

/** Pauses are taken down, not waited for. */
function createStores(): {
  readonly store: Metadata;
  readonly pauses: readonly number[];
  /** Over calls that fail: each of the list, in order, as it says; then all is well. */
  sure(...fates: readonly ("before" | "after")[]): Metadata;
} {
  const store = createSqliteMetadata({ file: ":memory:" });
  onTestFinished(() => store.close());
  const pauses: number[] = [];
  let now = 0;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      pauses.push(ms);
      now += ms;
    },
  };
  const failing = <T extends unknown[], R>(call: (...values: T) => Promise<R>, left: string[]) =>
    async function fail(...values: T): Promise<R> {
      const fate = left.shift();
      if (fate === "before") throw new Error("throttled");
      const answer = await call(...values);
      if (fate === "after") throw new Error("lost");
      return answer;
    };
  return {
    store,
    pauses,
    sure(...fates) {
      const left: string[] = [...fates];
      const { runs, taskInstances } = store;
      const faulty = {
        runs: {
          ...runs,
          create: failing(runs.create, left),
          update: failing(runs.update, left),
          get: failing(runs.get, left),
        },
        taskInstances: {
          ...taskInstances,
          update: failing(taskInstances.update, left),
          get: failing(taskInstances.get, left),
        },
      };
      return createRetryingMetadata({ ...store, ...faulty }, clock);
    },
  };
}

const START = {
  key: taskKey(),
  from: [null],
  set: { state: "running", tryNumber: 1, startDate: "2026-01-01T00:00:00.000Z" },
} as const;

test.each([
  [["before"]],
  [["after"]],
  [["before", "after", "before"]],
  [["after", "before", "after"]],
] as const)("a change that fails %j is made once, and answered as made", async (fates) => {
  const { store, sure } = createStores();
  expect(await sure(...fates).taskInstances.update(START)).toMatchObject(START.set);
  expect(await store.taskInstances.get(taskKey())).toMatchObject(START.set);
});

test("a change that someone else was faster with is refused, also after a failure", async () => {
  const { sure } = createStores();
  const other = { ...START, set: { ...START.set, startDate: "2026-01-01T00:00:00.001Z" } };
  expect(await sure().taskInstances.update(other)).toBeDefined();
  expect(await sure("before").taskInstances.update(START)).toBeUndefined();
  expect(await sure().taskInstances.update(START)).toBeUndefined();
});

test("a run whose creation was answered late is the caller's, another's is not", async () => {
  const { sure } = createStores();
  const run = scheduledRun(1, { state: "queued" });
  expect(await sure("after").runs.create(run)).toBe("created");
  expect(await sure().runs.create(run)).toBe("exists");
  const later = { ...run, queuedAt: "2027-01-01T00:00:00.000Z" };
  expect(await sure("before").runs.create(later)).toBe("exists");
  const change = { dagId: run.dagId, runId: run.runId, from: ["queued"] } as const;
  const set = { state: "running", startDate: "2026-01-02T00:00:00.000Z" } as const;
  expect(await sure("after", "before").runs.update({ ...change, set })).toMatchObject(set);
});

test("after ten attempts over about a minute the last failure is thrown", async () => {
  const { sure, pauses } = createStores();
  const always = Array.from({ length: 10 }, () => "before" as const);
  await expect(sure(...always).taskInstances.update(START)).rejects.toThrow("throttled");
  expect(pauses).toHaveLength(9);
  expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBe(51_100);
});

test("what no other attempt would mend is thrown at once", async () => {
  const { store } = createStores();
  const pauses: number[] = [];
  const refused = Object.assign(new Error("too large"), { isPermanent: true });
  const clock = { now: () => 0, sleep: async (ms: number) => void pauses.push(ms) };
  const metadata = createRetryingMetadata(
    { ...store, runs: { ...store.runs, create: () => Promise.reject(refused) } },
    clock,
  );
  await expect(metadata.runs.create(scheduledRun(1))).rejects.toBe(refused);
  expect(pauses).toEqual([]);
});
