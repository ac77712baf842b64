// What is kept of a DAG's runs follows their changes, also when these come twice or out of order.
import { expect, test } from "vitest";
import type { DagRunRecord } from "../../../src/model/records.ts";
import {
  type DagActivity,
  NO_ACTIVITY,
  noteRun,
  packActivity,
  unpackActivity,
} from "../../../src/model/summaries/dag-activity.ts";
import { scheduledRun } from "../../contract/records.ts";

const ended = (day: number, state: "success" | "failed"): DagRunRecord =>
  scheduledRun(day, { state, endDate: `2026-01-${String(day).padStart(2, "0")}T00:10:00.000Z` });

function follow(runs: readonly DagRunRecord[], from: DagActivity = NO_ACTIVITY): DagActivity {
  return runs.reduce((activity, after) => noteRun(activity, { after }), from);
}

test("failures in a row are counted up to the last success", () => {
  const runs = [ended(1, "failed"), ended(2, "success"), ended(3, "failed"), ended(4, "failed")];
  const activity = follow(runs);
  expect(activity.failedInARow).toBe(2);
  expect(activity.lastEnded?.runId).toBe(scheduledRun(4).runId);
  expect(follow([ended(5, "success")], activity).failedInARow).toBe(0);
});

test("a row that is longer than what is kept goes on, also behind many queued runs", () => {
  const failed = Array.from({ length: 25 }, (_, i) => ended(i + 1, "failed"));
  const activity = follow(failed);
  expect(activity.failedInARow).toBe(25);
  const queued = Array.from({ length: 20 }, (_, i) => scheduledRun(i + 40));
  const hidden = follow(queued, activity);
  expect(hidden.runs.every(({ state }) => state === "queued")).toBe(true);
  expect(hidden).toMatchObject({ failedInARow: 25, lastEnded: { state: "failed" } });
});

test("a change that comes twice counts once, and one that was overtaken is left out", () => {
  const run = ended(1, "success");
  const once = follow([run]);
  expect(follow([run], once)).toEqual(once);
  expect(follow([scheduledRun(1, { state: "running" })], once)).toEqual(once);
  const again = follow([scheduledRun(1, { clearNumber: 1 })], once);
  expect(again.runs).toMatchObject([{ state: "queued" }]);
  const twice = follow([{ ...run, clearNumber: 1 }], again);
  expect(twice.ended).toMatchObject([{ success: 2, failed: 0 }]);
});

test("a run that is cleared is not failing any more", () => {
  const activity = follow([ended(1, "success"), ended(2, "failed")]);
  const cleared = follow([scheduledRun(2, { clearNumber: 1 })], activity);
  expect(cleared).toMatchObject({ failedInARow: 0, lastEnded: { state: "success" } });
});

test("what has ended more than a day ago is not counted", () => {
  const activity = follow([ended(1, "success"), ended(2, "failed"), ended(3, "failed")]);
  expect(activity.ended.map(({ success, failed }) => [success, failed])).toEqual([
    [0, 1],
    [0, 1],
  ]);
});

test("it is read as it was written", () => {
  const failure = { taskId: "load", mapIndex: 3, message: "no rows" };
  const runs = [
    { ...ended(1, "failed"), startDate: "2026-01-01T00:00:01.250Z", failure },
    scheduledRun(2, { state: "running" }),
  ];
  const activity = follow(runs);
  expect(unpackActivity(packActivity(activity))).toEqual(activity);
  const hidden = follow(
    Array.from({ length: 20 }, (_, i) => scheduledRun(i + 5)),
    activity,
  );
  expect(unpackActivity(packActivity(hidden))).toEqual(hidden);
});
