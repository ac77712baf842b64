// Whether what a sensor waits for in another DAG has come.
import { expect, test } from "vitest";
import type { DagRunState, TaskInstanceState } from "../../../src/model/states.ts";
import {
  decideExternal,
  type ExternalRun,
  findMissing,
  tasksOf,
} from "../../../src/model/waits/external-runs.ts";
import type { ExternalWait } from "../../../src/model/waits/waits.ts";
import { dagDocument, taskDocument } from "../documents.ts";

const DAY = "2026-01-31T00:00:00.000Z";
const PLAIN = { softFail: false };

function wait(changes: Partial<ExternalWait> = {}): ExternalWait {
  return {
    kind: "external",
    dagId: "orders",
    logicalDates: [DAY],
    allowedStates: ["success"],
    skippedStates: [],
    failedStates: [],
    checkExistence: false,
    ...changes,
  };
}

function run(state: DagRunState, ...tasks: [string, TaskInstanceState | null][]): ExternalRun {
  const instances = tasks.map(([taskId, each]) => ({ taskId, state: each }));
  return { run: { state }, instances, taskIds: [...new Set(tasks.map(([taskId]) => taskId))] };
}

test("a whole run counts by its state, for each of the dates", () => {
  const two = wait({ logicalDates: [DAY, "2026-02-01T00:00:00.000Z"] });
  expect(decideExternal(wait(), [], PLAIN)).toBeUndefined();
  expect(decideExternal(wait(), [run("running")], PLAIN)).toBeUndefined();
  expect(decideExternal(wait(), [run("failed")], PLAIN)).toBeUndefined();
  expect(decideExternal(wait(), [run("success")], PLAIN)).toEqual({ kind: "success" });
  expect(decideExternal(two, [run("success")], PLAIN)).toBeUndefined();
  expect(decideExternal(two, [run("success"), run("success")], PLAIN)).toEqual({ kind: "success" });
});

test("failed states come first, then skipped ones, in Airflow's words", () => {
  const strict = wait({ failedStates: ["failed"] });
  const error = { name: "ExternalDagFailedError", message: "The external DAG orders failed." };
  expect(decideExternal(strict, [run("failed")], PLAIN)).toEqual({
    kind: "failed",
    retry: true,
    error,
  });
  expect(decideExternal(strict, [run("failed")], { softFail: true })).toEqual({
    kind: "skipped",
    message: "The external DAG orders failed. Skipping due to soft_fail.",
  });
  expect(decideExternal(strict, [run("failed")], { softFail: false, neverFail: true })).toEqual({
    kind: "skipped",
    message: "skipped by neverFail: ExternalDagFailedError: The external DAG orders failed.",
  });
  const tasks = wait({
    taskIds: ["a", "b"],
    skippedStates: ["skipped"],
    failedStates: ["failed"],
  });
  expect(decideExternal(tasks, [run("running", ["a", "skipped"], ["b", null])], PLAIN)).toEqual({
    kind: "skipped",
    message:
      "Some of the external tasks ['a', 'b'] in DAG orders reached a state in our states-to-skip-on list. Skipping.",
  });
  expect(
    decideExternal(tasks, [run("running", ["a", "skipped"], ["b", "failed"])], PLAIN),
  ).toMatchObject({
    kind: "failed",
    error: {
      name: "ExternalTaskFailedError",
      message: "Some of the external tasks ['a', 'b'] in DAG orders failed.",
    },
  });
});

test("all tasks must be in the states, and of a mapped task all instances", () => {
  const tasks = wait({ taskIds: ["a", "b"] });
  expect(
    decideExternal(tasks, [run("running", ["a", "success"], ["b", "running"])], PLAIN),
  ).toBeUndefined();
  expect(
    decideExternal(tasks, [run("running", ["a", "success"], ["b", "success"])], PLAIN),
  ).toEqual({
    kind: "success",
  });
  const mapped = wait({ taskIds: ["a"] });
  expect(
    decideExternal(mapped, [run("running", ["a", "success"], ["a", null])], PLAIN),
  ).toBeUndefined();
  expect(
    decideExternal(mapped, [run("running", ["a", "success"], ["a", "success"])], PLAIN),
  ).toEqual({
    kind: "success",
  });
});

test("a group has failed when all of it has", () => {
  const group = wait({ taskGroupId: "g", failedStates: ["failed", "upstream_failed"] });
  const half = run("running", ["g.a", "failed"], ["g.b", "success"]);
  const whole = run("running", ["g.a", "failed"], ["g.b", "upstream_failed"]);
  expect(decideExternal(group, [half], PLAIN)).toBeUndefined();
  expect(decideExternal(group, [whole], PLAIN)).toMatchObject({
    error: {
      name: "ExternalTaskGroupFailedError",
      message: "The external task_group 'g' in DAG 'orders' failed.",
    },
  });
});

test("what isn't there is named, where that is asked for", () => {
  const drawn = dagDocument({
    tasks: [
      taskDocument("a"),
      taskDocument("g.h.b", { groupId: "g.h" }),
      taskDocument("g.c", { groupId: "g" }),
    ],
    groups: [{ groupId: "g" }, { groupId: "g.h", parentId: "g" }],
  });
  expect(tasksOf({ taskGroupId: "g" }, drawn)).toEqual(["g.h.b", "g.c"]);
  expect(findMissing(wait(), undefined)).toBeUndefined();
  const find = (changes: Partial<ExternalWait>, there = true) =>
    findMissing(wait({ checkExistence: true, ...changes }), there ? drawn : undefined)?.message;
  expect(find({}, false)).toBe("The external DAG orders does not exist.");
  expect(find({ taskIds: ["a"] })).toBeUndefined();
  expect(find({ taskIds: ["a", "z"] })).toBe("The external task z in DAG orders does not exist.");
  expect(find({ taskGroupId: "g" })).toBeUndefined();
  expect(find({ taskGroupId: "k" })).toBe(
    "The external task group 'k' in DAG 'orders' does not exist.",
  );
});
