import fc from "fast-check";
import { expect, test } from "vitest";
import { limitNameText, parseLimitName } from "../../../src/model/ids.ts";
import {
  addUsage,
  demandOf,
  dependencyNameOf,
  describeWait,
  type Limited,
  type LimitUsage,
  limitEffects,
  limitsOf,
  NO_USAGE,
  orderOf,
  settleLimits,
} from "../../../src/model/scheduling/limits.ts";
import type { TaskInstanceState } from "../../../src/model/states.ts";
import { dag, task as taskOf } from "../../reference/documents.ts";

const POOL = limitNameText({ kind: "pool", pool: "db" });
const TASK = limitNameText({ kind: "task", dagId: "d", taskId: "a" });
const LIMITS = [
  { limit: POOL, slots: 2 },
  { limit: TASK, slots: 1 },
];

/** The usage of a limit by one instance in the state. */
function usageIn(state: TaskInstanceState | null, limit: string): LimitUsage {
  const { usage } = limitEffects({ state: null }, { state, limits: LIMITS });
  return usage.get(limit) ?? NO_USAGE;
}

test("an instance counts in the limits that concern it as Airflow counts its state", () => {
  expect(usageIn("scheduled", POOL)).toEqual({ ...NO_USAGE, scheduled: 2 });
  expect(usageIn("queued", POOL)).toEqual({ ...NO_USAGE, queued: 2, executing: 2, begun: 2 });
  expect(usageIn("running", POOL)).toEqual({ ...NO_USAGE, running: 2, executing: 2, begun: 2 });
  expect(usageIn("deferred", POOL)).toEqual({ ...NO_USAGE, deferred: 2, begun: 2 });
  expect(usageIn("awaiting_input", POOL)).toEqual(NO_USAGE);
  expect(usageIn("awaiting_input", TASK)).toEqual({ ...NO_USAGE, begun: 1 });
  for (const state of [null, "up_for_retry", "up_for_reschedule", "success", "failed"] as const) {
    expect(usageIn(state, POOL)).toEqual(NO_USAGE);
  }
});

test("whatever an instance goes through, nothing is left in use once it has ended", () => {
  const state = fc.constantFrom<TaskInstanceState | null>(
    null,
    "scheduled",
    "queued",
    "running",
    "deferred",
    "awaiting_input",
    "up_for_retry",
    "up_for_reschedule",
  );
  const step = fc.record({ state, claims: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let record: Limited = { state: null };
      const used = new Map<string, LimitUsage>();
      for (const { state, claims } of [...steps, { state: "failed", claims: false } as const]) {
        const set = { state, ...(claims ? { limits: LIMITS } : {}) };
        const before = record;
        record = { ...before, ...set, ...settleLimits(before, set) };
        for (const [limit, change] of limitEffects(before, record).usage) {
          used.set(limit, addUsage(used.get(limit) ?? NO_USAGE, change));
        }
        const [{ begun }] = [used.get(POOL) ?? NO_USAGE];
        expect(begun).toBeGreaterThanOrEqual(0);
      }
      expect(record.limits).toBeUndefined();
      for (const usage of used.values()) expect(usage).toEqual(NO_USAGE);
    }),
  );
});

test("a change of state ends a wait, and one that keeps the state doesn't", () => {
  const waiter = { limit: POOL, order: "1" };
  const waiting: Limited = { state: "scheduled", limits: LIMITS, waiter };
  expect(settleLimits(waiting, { state: "queued" })).toEqual({
    limits: LIMITS,
    waiter: undefined,
    freed: undefined,
  });
  expect(limitEffects(waiting, { ...waiting, waiter: undefined }).leaves).toEqual(waiter);
  expect(settleLimits(waiting, {})).toBeUndefined();
  expect(settleLimits({ state: null }, { state: "running" })).toBeUndefined();
});

test("the limits that gave slots back are named, for those who wait there", () => {
  const running: Limited = { state: "running", limits: LIMITS };
  expect(settleLimits(running, { state: "up_for_retry" })?.freed).toEqual([POOL, TASK]);
  expect(settleLimits({ ...running, state: "queued" }, { state: "running" })?.freed).toBe(
    undefined,
  );
});

test("a task has the limits that it and its DAG set", () => {
  const plain = taskOf("a");
  const document = dag("d", [plain]);
  const none = { runId: "r", hasDefaultPool: false };
  expect(limitsOf(document, plain, none)).toEqual([]);
  expect(limitsOf(document, plain, { ...none, hasDefaultPool: true })).toEqual([
    { kind: "pool", pool: "default_pool" },
  ]);
  const { dagId } = document;
  const limited = { ...plain, pool: "db", maxActiveTisPerDag: 2, maxActiveTisPerDagrun: 1 };
  expect(limitsOf({ ...document, maxActiveTasks: 4 }, limited, none)).toEqual([
    { kind: "pool", pool: "db" },
    { kind: "run", dagId, runId: "r" },
    { kind: "task", dagId, taskId: "a" },
    { kind: "task-in-run", dagId, runId: "r", taskId: "a" },
  ]);
});

test("a pool that isn't there, or is too small, is a problem with a way out", () => {
  const task = { ...taskOf("a"), pool: "db", poolSlots: 3 };
  const document = dag("d", [task]);
  const demand = (slots: number | undefined) =>
    demandOf(
      { kind: "pool", pool: "db" },
      {
        document,
        task,
        findPool: (pool) =>
          slots === undefined ? undefined : { pool, slots, includeDeferred: true },
      },
    );
  expect(demand(undefined)).toMatchObject({
    problem: expect.stringContaining('there is no pool "db"'),
  });
  expect(demand(2)).toMatchObject({
    problem: expect.stringMatching(/needs 3 slots of pool "db", which has 2 in all/),
  });
  expect(demand(3)).toEqual({ limit: POOL, slots: 3, capacity: 3, counts: "begun" });
  expect(demand(-1)).toMatchObject({ capacity: Infinity });
});

test("names of limits are one text each, and are read back", () => {
  for (const name of [
    { kind: "pool", pool: 'a"#,' },
    { kind: "run", dagId: "a", runId: "b" },
    { kind: "task", dagId: "a", taskId: "b" },
    { kind: "task-in-run", dagId: "a", runId: "b", taskId: "c" },
  ] as const) {
    expect(parseLimitName(limitNameText(name))).toEqual(name);
  }
  expect(() => parseLimitName('["x"]')).toThrow("does not name a limit");
});

test("the order among those that wait is Airflow's", () => {
  const date = "2026-01-01T00:00:00.000Z";
  const later = "2026-01-02T00:00:00.000Z";
  const ordered = [
    { priority: 2_147_483_647, date: later, mapIndex: 5 },
    { priority: 5, date: later, mapIndex: -1 },
    { priority: 1, date, mapIndex: -1 },
    { priority: 1, date, mapIndex: 9 },
    { priority: 1, date, mapIndex: 10 },
    { priority: 1, date: later, mapIndex: 0 },
    { priority: 0, date, mapIndex: 0 },
    { priority: -2_147_483_648, date, mapIndex: 0 },
  ].map(orderOf);
  expect([...ordered].sort()).toEqual(ordered);
});

test("what an instance waits for is said under Airflow's name and in words", () => {
  const said = [
    { kind: "pool", pool: "db" },
    { kind: "run", dagId: "d", runId: "r" },
    { kind: "task", dagId: "d", taskId: "a" },
    { kind: "task-in-run", dagId: "d", runId: "r", taskId: "a" },
  ] as const;
  const texts = said
    .map(limitNameText)
    .map((limit) => [dependencyNameOf(limit), describeWait(limit)]);
  expect(texts).toEqual([
    ["Pool Slots Available", 'waits for slots of pool "db"'],
    ["Task Instance Slots Available", expect.stringContaining("maxActiveTasks")],
    ["Task Concurrency", expect.stringContaining("maxActiveTisPerDag")],
    ["Task Concurrency", expect.stringContaining("maxActiveTisPerDagrun")],
  ]);
});
