// The state of a run from those of its tasks.
import { expect, test } from "vitest";
import type { TriggerRule } from "../../../src/model/dependencies/trigger-rule-names.ts";
import { decideRunState } from "../../../src/model/scheduling/run-state.ts";
import type { TaskInstanceState } from "../../../src/model/states.ts";
import { dagDocument, taskDocument } from "../documents.ts";

type States = Readonly<Record<string, TaskInstanceState>>;

/** a >> b, with the rule on b. */
function decide(states: States, triggerRule: TriggerRule = "all_success") {
  const document = dagDocument({
    tasks: [taskDocument("a"), taskDocument("b", { upstream: ["a"], triggerRule })],
  });
  return decideRunState(document, (taskId) => [states[taskId] ?? null]);
}

test("a run goes on while a task is unfinished, also after a leaf has failed", () => {
  expect(decide({})).toEqual({ state: "running" });
  expect(decide({ a: "success", b: "up_for_retry" })).toEqual({ state: "running" });
  expect(decide({ a: "running", b: "failed" })).toEqual({ state: "running" });
});

test("a sensor that waits is no deadlock, whatever else can't start", () => {
  expect(decide({ a: "up_for_reschedule" })).toEqual({ state: "running" });
  expect(decide({ a: "up_for_reschedule" }, "all_skipped")).toEqual({ state: "running" });
});

test("the leaves decide: a failed task above a leaf that succeeded doesn't matter", () => {
  expect(decide({ a: "failed", b: "success" })).toEqual({ state: "success", reason: "success" });
  expect(decide({ a: "failed", b: "skipped" })).toEqual({ state: "success", reason: "success" });
  expect(decide({ a: "success", b: "failed" })).toEqual({
    state: "failed",
    reason: "task_failure",
  });
  expect(decide({ a: "failed", b: "upstream_failed" })).toEqual({
    state: "failed",
    reason: "task_failure",
  });
});

test("a run whose tasks were all skipped, or that has none, is a success", () => {
  expect(decide({ a: "skipped", b: "skipped" })).toEqual({ state: "success", reason: "success" });
  expect(decideRunState(dagDocument(), () => [null])).toEqual({
    state: "success",
    reason: "success",
  });
});

test("a run in which no task can ever start is deadlocked", () => {
  expect(decide({ a: "removed" }, "all_skipped")).toEqual({
    state: "failed",
    reason: "all_tasks_deadlocked",
  });
  expect(decide({ a: "removed" }, "all_done")).toEqual({ state: "running" });
});
