// What people do to task instances: which changes they make, and from where.
import { expect, test } from "vitest";
import { clear, mark, restart, triesOf } from "../../../src/model/control/task-control.ts";
import type { TaskInstanceRecord } from "../../../src/model/records.ts";

const NOW = Date.UTC(2026, 0, 31);
const AT = "2026-01-31T00:00:00.000Z";
const KEY = { dagId: "d", runId: "r", taskId: "t", mapIndex: -1 };

function instance(fields: Partial<TaskInstanceRecord>): TaskInstanceRecord {
  return { ...KEY, state: null, tryNumber: 0, maxTries: 0, tries: [], ...fields };
}

/** The record as the metadata make it of the change. */
function apply(record: TaskInstanceRecord, change: ReturnType<typeof clear>) {
  const set = { ...record, ...change?.set };
  return Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
}

test("a cleared instance is in state None with new retries, and keeps its tries", () => {
  const failed = instance({
    state: "failed",
    tryNumber: 2,
    maxTries: 1,
    startDate: "2026-01-30T00:00:00.000Z",
    endDate: "2026-01-30T00:01:00.000Z",
    message: "no rows",
    skips: ["x"],
    token: "abc",
    pokedBy: "engine",
    note: "look",
    tries: [{ tryNumber: 1, state: "failed", endDate: "2026-01-29T00:00:00.000Z" }],
  });
  const change = clear(failed, { retries: 3 });
  expect(change).toMatchObject({ from: ["failed"], tryNumber: 2, pokes: 0 });
  expect(apply(failed, change)).toEqual({
    ...KEY,
    state: null,
    tryNumber: 2,
    maxTries: 5,
    pokes: 1,
    note: "look",
    tries: [
      { tryNumber: 1, state: "failed", endDate: "2026-01-29T00:00:00.000Z" },
      {
        tryNumber: 2,
        state: "failed",
        startDate: "2026-01-30T00:00:00.000Z",
        endDate: "2026-01-30T00:01:00.000Z",
      },
    ],
  });
});

test("a second clear changes nothing but the count by which earlier writes are refused", () => {
  const success = instance({ state: "success", tryNumber: 1, endDate: AT, note: "n" });
  const once = instance(apply(success, clear(success, { retries: 1 })));
  const twice = apply(once, clear(once, { retries: 1 }));
  expect(twice).toEqual({ ...once, pokes: 2 });
});

test("an instance of a task that the DAG has no more keeps its tries, and has none left", () => {
  const change = clear(instance({ state: "failed", tryNumber: 3, maxTries: 1 }), {});
  expect(change?.set.maxTries).toBe(3);
});

test("an instance that waits for a retry has its last try in the history once", () => {
  const tries = [{ tryNumber: 1, state: "failed", endDate: AT }] as const;
  const waiting = instance({
    state: "up_for_retry",
    tryNumber: 1,
    maxTries: 2,
    endDate: AT,
    tries,
  });
  expect(clear(waiting, { retries: 2 })?.set.tries).toEqual(tries);
});

test("a running instance restarts, whatever retries are left, and its try counts for nothing", () => {
  const running = instance({ state: "running", tryNumber: 2, maxTries: 1, startDate: AT });
  const change = clear(running, { retries: 0 });
  expect(change?.set).toEqual({ state: "restarting" });
  expect(clear({ ...running, state: "restarting" }, { retries: 0 })).toBeUndefined();
  const over = restart({ ...running, state: "restarting" }, { now: NOW });
  expect(over).toMatchObject({ from: ["restarting"], tryNumber: 2 });
  expect(over.set).toMatchObject({ state: "up_for_retry", nextRetryAt: AT, maxTries: 2 });
  expect(over.set.tries).toEqual([{ tryNumber: 2, state: "failed", startDate: AT, endDate: AT }]);
});

test.each([null, "running", "restarting", "up_for_retry", "failed", "upstream_failed"] as const)(
  "an instance in state %s can be marked",
  (state) => {
    const known = instance({ state, tryNumber: 1 });
    const change = mark(known, { state: "success", maxTries: 0, now: NOW });
    expect(change).toMatchObject({ from: [state], tryNumber: 1 });
    expect(change?.set).toMatchObject({ state: "success", startDate: AT, endDate: AT });
  },
);

test("a mark keeps the moments of an instance that has ended, and refuses the state it has", () => {
  const moments = { startDate: "2026-01-01T00:00:00.000Z", endDate: "2026-01-02T00:00:00.000Z" };
  const failed = instance({ state: "failed", tryNumber: 1, ...moments });
  const facts = { maxTries: 0, now: NOW };
  expect(mark(failed, { state: "success", ...facts })?.set).toMatchObject(moments);
  expect(mark(failed, { state: "failed", ...facts })).toBeUndefined();
  expect(mark(undefined, { state: "skipped", ...facts })).toMatchObject({
    from: [null],
    tryNumber: 0,
  });
});

test("the tries of an instance contain the present one once it has ended", () => {
  const ended = { state: "success", tryNumber: 1, startDate: AT, endDate: AT } as const;
  expect(triesOf(instance(ended))).toEqual([
    { tryNumber: 1, state: "success", startDate: AT, endDate: AT },
  ]);
  expect(triesOf(instance({ state: "running", tryNumber: 1, startDate: AT }))).toEqual([]);
  expect(triesOf(instance({ state: "skipped", endDate: AT }))).toEqual([]);
});
