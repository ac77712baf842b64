import { expect, test } from "vitest";
import type { TaskDocument } from "../../../src/model/document.ts";
import { instancesOfRun, instancesOfTask } from "../../../src/model/mapping/instances.ts";
import type { TaskInstanceRecord } from "../../../src/model/records.ts";
import { statesByTask } from "../../../src/model/states-by-task.ts";
import { dag, task } from "../../reference/documents.ts";

const IDS = { dagId: "d", runId: "r" };
const MAPPING = { lengths: {}, results: {}, present: {}, expandedAt: "" };

function record(mapIndex: number, rest: Partial<TaskInstanceRecord> = {}): TaskInstanceRecord {
  const none = { state: null, tryNumber: 0, maxTries: 0, tries: [] };
  return { ...IDS, taskId: "each", mapIndex, ...none, ...rest };
}

function statesOf(mapped: TaskDocument["mapped"], ...records: readonly TaskInstanceRecord[]) {
  const document = dag("d", [task("keys", []), task("each", ["keys"], mapped && { mapped })]);
  const states = instancesOfTask(document, { taskId: "each" }, records);
  expect(statesByTask(document, records)("each")).toEqual(states.map(({ state }) => state));
  return states.map(({ mapIndex, state }) => `${mapIndex} ${state}`);
}

const OVER_KEYS = { over: { key: { taskId: "keys" } } };

test("a task that isn't mapped has one instance, with the index -1", () => {
  expect(statesOf(undefined)).toEqual(["-1 null"]);
  expect(statesOf(undefined, record(-1, { state: "failed" }))).toEqual(["-1 failed"]);
});

test("a mapped task has one instance until it is expanded", () => {
  expect(statesOf(OVER_KEYS)).toEqual(["-1 null"]);
  expect(statesOf(OVER_KEYS, record(-1, { state: "skipped" }))).toEqual(["-1 skipped"]);
});

test("an expanded task has one instance per item, with a record or without", () => {
  const whole = record(-1, { state: "removed", mapping: { ...MAPPING, length: 3 } });
  expect(statesOf(OVER_KEYS, record(1, { state: "running" }), whole)).toEqual([
    "0 null",
    "1 running",
    "2 null",
  ]);
});

test("a literal mapping has its instances from the start, and they share the end of the whole", () => {
  const literal = { over: { a: 2, b: 3 } };
  expect(statesOf(literal)).toHaveLength(6);
  const whole = record(-1, { state: "upstream_failed", message: "by rule" });
  expect(statesOf({ over: { a: 2 } }, whole)).toEqual(["0 upstream_failed", "1 upstream_failed"]);
  expect(statesOf({ over: { a: 0 } }, record(-1, { state: "skipped" }))).toEqual(["-1 skipped"]);
});

test("instances of a mapping that was longer remain", () => {
  const whole = record(-1, { state: "removed", mapping: { ...MAPPING, length: 1 } });
  const old = record(1, { state: "removed" });
  expect(statesOf(OVER_KEYS, whole, old, record(0, { state: "success" }))).toEqual([
    "0 success",
    "1 removed",
  ]);
});

test("all tasks of a mapped group have its instances", () => {
  const document = dag(
    "d",
    [
      task("g.a", [], { groupId: "g" }),
      task("g.in.b", ["g.a"], { groupId: "g.in" }),
      task("c", ["g.in.b"]),
    ],
    {
      groups: [
        { groupId: "g", mapped: { over: { x: 2 } } },
        { groupId: "g.in", parentId: "g" },
      ],
    },
  );
  const names = instancesOfRun(document, [], IDS).map(
    ({ taskId, mapIndex }) => `${taskId} ${mapIndex}`,
  );
  expect(names).toEqual(["g.a 0", "g.a 1", "g.in.b 0", "g.in.b 1", "c -1"]);
});
