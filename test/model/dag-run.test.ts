// The state machine of a DAG run: every event in every state.
import { expect, test } from "vitest";
import {
  endRun,
  type RunTransition,
  recordReason,
  requeueRun,
  startRun,
} from "../../src/model/dag-run.ts";
import type { DagRunState } from "../../src/model/states.ts";

const NOW = Date.UTC(2026, 0, 31);
const RUN = { clearNumber: 2 };
const STATES: readonly DagRunState[] = ["queued", "running", "success", "failed"];

const TABLE: readonly (readonly [string, RunTransition, Partial<Record<DagRunState, string>>])[] = [
  ["start", startRun({ now: NOW }), { queued: "running" }],
  ["requeue", requeueRun(RUN), { running: "queued" }],
  ["record reason", recordReason(RUN, { reason: "timed_out" }), { running: "running" }],
  [
    "succeed",
    endRun(RUN, { state: "success", reason: "success", now: NOW }),
    { running: "success" },
  ],
  ["fail", endRun(RUN, { state: "failed", reason: "timed_out", now: NOW }), { running: "failed" }],
];

test.each(TABLE)("%s is legal in the states of the table only", (_, { from, set }, legal) => {
  const outcomes = STATES.map((state) => [
    state,
    from.includes(state) ? (set.state ?? state) : undefined,
  ]);
  expect(Object.fromEntries(outcomes)).toEqual({
    queued: undefined,
    running: undefined,
    success: undefined,
    failed: undefined,
    ...legal,
  });
});

test("what is done to a running run is for its present clear number only", () => {
  for (const [name, { clearNumber }] of TABLE) {
    expect(clearNumber, name).toBe(name === "start" ? undefined : 2);
  }
});

test("a run that is queued again forgets its start, and its lost execution has another clear number", () => {
  expect(requeueRun(RUN).set).toEqual({ state: "queued", startDate: undefined, clearNumber: 3 });
});

test("a run that starts again forgets its end and the reason for it", () => {
  const { set } = startRun({ now: NOW });
  expect(set).toEqual({
    state: "running",
    startDate: "2026-01-31T00:00:00.000Z",
    endDate: undefined,
    reason: undefined,
  });
});
