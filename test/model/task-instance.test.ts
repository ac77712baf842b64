// The state machine of a task instance: every event in every state.
import { expect, test } from "vitest";
import type { TaskInstanceRecord } from "../../src/model/records.ts";
import { countLostTries } from "../../src/model/scheduling/suspects.ts";
import type { TaskInstanceState } from "../../src/model/states.ts";
import {
  abandon,
  decide,
  defer,
  fail,
  free,
  holdToken,
  poke,
  reschedule,
  settle,
  skip,
  start,
  succeed,
  type TaskInstanceTransition,
} from "../../src/model/task-instance.ts";
import { waitOn } from "../../src/model/waits/wait-transitions.ts";

const NOW = Date.UTC(2026, 0, 31);
const AT = "2026-01-31T00:00:00.000Z";

const STATES: readonly (TaskInstanceState | null)[] = [
  null,
  "scheduled",
  "queued",
  "running",
  "restarting",
  "up_for_retry",
  "up_for_reschedule",
  "deferred",
  "awaiting_input",
  "success",
  "failed",
  "skipped",
  "upstream_failed",
  "removed",
];

const POLICY = { retryDelay: 60, retryBackoff: 1 };

function instance(state: TaskInstanceState | null, more: Partial<TaskInstanceRecord> = {}) {
  const key = { dagId: "d", runId: "r", taskId: "t", mapIndex: -1 };
  const record: TaskInstanceRecord = { ...key, state, tryNumber: 1, maxTries: 1, tries: [] };
  return { ...record, ...more };
}

type Event = (record: TaskInstanceRecord) => TaskInstanceTransition | undefined;

const facts = { maxTries: 1, now: NOW };
const message = "because";

const EVENTS: Readonly<Record<string, Event>> = {
  start: (record) => start(record, facts),
  poke: (record) => poke(record, { ...facts, pokedBy: "engine" }),
  succeed: (record) => succeed(record, { now: NOW }),
  skip: (record) => skip(record, { message, now: NOW }),
  "fail with a try left": (record) => fail(record, { message, policy: POLICY, now: NOW }),
  "fail for good": (record) => fail(record, { message, policy: POLICY, isFinal: true, now: NOW }),
  "fail in the last try": (record) =>
    fail({ ...record, maxTries: 0 }, { message, policy: POLICY, now: NOW }),
  reschedule: (record) => reschedule(record, { nextAt: NOW, now: NOW }),
  defer: (record) => defer(record, { wait: { kind: "moment", at: AT }, wakeAt: NOW }),
  "wait on": (record) => waitOn(record, { wakeAt: undefined, message, now: NOW }),
  free: (record) => free(record, { now: NOW }),
  "decide skipped": () => decide({ state: "skipped", message, now: NOW }),
  "decide upstream_failed": () => decide({ state: "upstream_failed", message, now: NOW }),
  "decide removed": () => decide({ state: "removed", message, now: NOW }),
  settle: () => settle({ message, now: NOW }),
  "abandon skipped": () => abandon({ state: "skipped", message, now: NOW }),
  "abandon failed": () => abandon({ state: "failed", message, now: NOW }),
  "hold token": (record) => holdToken(record, { token: "abc", maxTries: 1, now: NOW }),
};

/** What an event makes of a state, as the metadata applies it; "refused" where it leaves it. */
function outcome(event: Event, state: TaskInstanceState | null): string {
  const change = event(instance(state));
  if (!change?.from.includes(state)) return "refused";
  return String("state" in change.set ? change.set.state : state);
}

/** By event: the states that it leads to, by the states that it is legal in. */
const LEGAL: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  start: {
    null: "running",
    scheduled: "running",
    queued: "running",
    up_for_retry: "running",
  },
  poke: {
    null: "running",
    scheduled: "running",
    queued: "running",
    up_for_retry: "running",
    up_for_reschedule: "running",
  },
  succeed: triedTo("success"),
  skip: triedTo("skipped"),
  "fail with a try left": triedTo("up_for_retry"),
  "fail for good": triedTo("failed"),
  "fail in the last try": triedTo("failed"),
  defer: { running: "deferred" },
  "wait on": { deferred: "deferred", awaiting_input: "awaiting_input" },
  reschedule: { running: "up_for_reschedule" },
  free: { running: "up_for_retry", restarting: "up_for_retry" },
  "decide skipped": { null: "skipped", scheduled: "skipped" },
  "decide upstream_failed": { null: "upstream_failed", scheduled: "upstream_failed" },
  "decide removed": { null: "removed", scheduled: "removed" },
  settle: unfinishedTo("failed"),
  "abandon skipped": unfinishedTo("skipped"),
  "abandon failed": unfinishedTo("failed"),
  "hold token": unfinishedTo(),
};

/** A try that runs, or that waits for something, leads to this state. */
function triedTo(state: string): Readonly<Record<string, string>> {
  return { running: state, deferred: state, awaiting_input: state };
}

/** Every unfinished state leads to this one, or stays as it is. */
function unfinishedTo(state?: string): Readonly<Record<string, string>> {
  return Object.fromEntries(STATES.slice(0, 9).map((from) => [from, state ?? String(from)]));
}

test.each(Object.entries(EVENTS))("%s is legal in the states of the table only", (name, event) => {
  const outcomes = Object.fromEntries(STATES.map((state) => [state, outcome(event, state)]));
  const expected = STATES.map((state) => [state, LEGAL[name]?.[String(state)] ?? "refused"]);
  expect(outcomes).toEqual(Object.fromEntries(expected));
});

test("an instance without a record starts its first try, with the retries of its task", () => {
  expect(start(undefined, { maxTries: 2, now: NOW })).toMatchObject({
    tryNumber: 0,
    set: { state: "running", tryNumber: 1, maxTries: 2, startDate: AT },
  });
});

test("a further poke keeps the try and its start, and counts", () => {
  const before = instance("up_for_reschedule", { pokes: 3, firstPokeAt: "2026-01-30T00:00:00Z" });
  const change = poke(before, { ...facts, pokedBy: "triggerer" });
  expect(change).toMatchObject({ tryNumber: 1, pokes: 3 });
  expect(change?.set).not.toHaveProperty("startDate");
  expect(change?.set).not.toHaveProperty("tryNumber");
  expect(change?.set).toMatchObject({ pokes: 4, firstPokeAt: "2026-01-30T00:00:00Z", pokedAt: AT });
});

test("a change of a try is for that try only, and one of the past leaves nothing behind", () => {
  const running = instance("running", { tryNumber: 3 });
  for (const event of [EVENTS.succeed, EVENTS.skip, EVENTS["fail for good"], EVENTS.free]) {
    expect(event?.(running)?.tryNumber).toBe(3);
  }
  const again = start(instance("up_for_retry", { nextRetryAt: AT, message }), facts);
  const { set } = again ?? {};
  expect(set).toMatchObject({ tryNumber: 2, nextRetryAt: undefined, message: undefined });
  expect(Object.keys(set ?? {})).toEqual(expect.arrayContaining(["endDate", "rescheduleDate"]));
});

test("an end of what a try waits for is for that state only, and leaves nothing of the wait", () => {
  const wait = { kind: "moment", at: AT } as const;
  const waiting = instance("deferred", { wait, wakeAt: AT, pokes: 2 });
  expect(succeed(waiting, { now: NOW })).toEqual({
    from: ["deferred"],
    tryNumber: 1,
    set: { state: "success", endDate: AT, wait: undefined, wakeAt: undefined, message: undefined },
  });
  expect(waitOn(waiting, { wakeAt: NOW + 1_000, message, now: NOW })).toEqual({
    from: ["deferred"],
    tryNumber: 1,
    pokes: 2,
    set: { pokes: 3, pokedAt: AT, wakeAt: "2026-01-31T00:00:01.000Z", message },
  });
});

test("a failed try with tries left is kept in the history, and the next is due after the delay", () => {
  const change = EVENTS["fail with a try left"]?.(instance("running", { startDate: AT }));
  expect(change?.set).toMatchObject({
    nextRetryAt: "2026-01-31T00:01:00.000Z",
    tries: [{ tryNumber: 1, state: "failed", startDate: AT, endDate: AT }],
  });
});

test("a try that the server's stop has cut off costs no retry, and is told apart in the history", () => {
  const failed = { tryNumber: 1, state: "failed", endDate: AT } as const;
  const running = instance("running", { tryNumber: 2, maxTries: 1, tries: [failed] });
  const { set } = free(running, { now: NOW }) ?? {};
  expect(set).toMatchObject({ maxTries: 2, nextRetryAt: AT });
  expect(countLostTries({ tries: set?.tries ?? [] })).toBe(1);
  expect(countLostTries(running)).toBe(0);
});

test("what a try rendered is recorded with its end, and gone when the next one starts", () => {
  const renderedFields = { bashCommand: "echo 1" };
  const running = instance("running", { renderedFields });
  expect(succeed(running, { now: NOW })?.set).toMatchObject({ renderedFields });
  expect(fail(running, { message, policy: POLICY, now: NOW })?.set).toMatchObject({
    renderedFields,
  });
  const again = start(instance("up_for_retry", { renderedFields }), facts)?.set;
  expect(again).toHaveProperty("renderedFields", undefined);
});
