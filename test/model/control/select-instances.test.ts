// Which instances a clear or a mark means.
import { expect, test } from "vitest";
import type { TaskSelector } from "../../../src/model/control/pending-change.ts";
import {
  selectInstances,
  withRelatives,
  withScopes,
} from "../../../src/model/control/select-instances.ts";
import type { TaskInstanceRecord } from "../../../src/model/records.ts";
import type { TaskInstanceState } from "../../../src/model/states.ts";
import { dagDocument, taskDocument } from "../documents.ts";

const RUN = { dagId: "d", runId: "r" };
const DOCUMENT = dagDocument({
  dagId: "d",
  tasks: [
    taskDocument("setup", { isSetup: true }),
    taskDocument("a", { upstream: ["setup"] }),
    taskDocument("b", { upstream: ["a"], mapped: { over: { x: 2 } } }),
    taskDocument("c", { upstream: ["b"] }),
    taskDocument("teardown", { upstream: ["setup", "b"], isTeardown: true }),
    taskDocument("apart"),
  ],
});

function record(
  taskId: string,
  state: TaskInstanceState | null,
  mapIndex = -1,
): TaskInstanceRecord {
  return { ...RUN, taskId, mapIndex, state, tryNumber: 1, maxTries: 0, tries: [] };
}

function relatives(selectors: readonly TaskSelector[], how: object) {
  return withRelatives(DOCUMENT, selectors, how).toSorted();
}

test("upstream and downstream are all that is above and below, to the ends", () => {
  expect(relatives(["b"], {})).toEqual(["b"]);
  expect(relatives(["b"], { downstream: true })).toEqual(["b", "c", "teardown"]);
  expect(relatives(["b"], { upstream: true })).toEqual(["a", "b", "setup"]);
});

test("one map index stays one, and its relatives are whole tasks", () => {
  expect(relatives([["b", 2]], { downstream: true })).toEqual([["b", 2], "c", "teardown"]);
  expect(relatives([["b", 2], "a"], { downstream: true })).toEqual(["a", "b", "c", "teardown"]);
});

test("a task takes its setups and their teardowns along", () => {
  expect(withScopes(DOCUMENT, ["a"]).toSorted()).toEqual(["a", "setup", "teardown"]);
  expect(withScopes(DOCUMENT, ["apart"])).toEqual(["apart"]);
});

test("instances come in the order of the DAG and by map index; tasks without a record have one", () => {
  const records = [record("gone", "success"), record("b", "failed", 1), record("b", "success", 0)];
  const all = selectInstances(RUN, DOCUMENT, { selection: {}, records });
  expect(all.map(({ key, record: known }) => [key.taskId, key.mapIndex, known?.state])).toEqual([
    ["setup", -1, undefined],
    ["a", -1, undefined],
    ["b", 0, "success"],
    ["b", 1, "failed"],
    ["c", -1, undefined],
    ["teardown", -1, undefined],
    ["apart", -1, undefined],
    ["gone", -1, "success"],
  ]);
});

test("states and single map indexes narrow the selection down", () => {
  const records = [
    record("b", "failed", 0),
    record("b", "failed", 1),
    record("c", "upstream_failed"),
  ];
  const names = (selection: Parameters<typeof selectInstances>[2]["selection"]) =>
    selectInstances(RUN, DOCUMENT, { selection, records }).map(
      ({ key }) => `${key.taskId} ${key.mapIndex}`,
    );
  expect(names({ states: ["failed", "upstream_failed"] })).toEqual(["b 0", "b 1", "c -1"]);
  expect(names({ tasks: [["b", 1]] })).toEqual(["b 1"]);
  expect(names({ tasks: ["b"], states: ["success"] })).toEqual([]);
  expect(names({ tasks: [] })).toEqual([]);
});
