// depends_on_past and wait_for_downstream.
import { expect, test } from "vitest";
import {
  decidePastDependency,
  type PastQuery,
} from "../../../src/model/dependencies/prev-dagrun.ts";
import type { TaskDocument } from "../../../src/model/document.ts";
import type { TaskInstanceState } from "../../../src/model/states.ts";
import { dagDocument, taskDocument } from "../documents.ts";

type Instances = readonly (readonly [string, TaskInstanceState | null])[];

/** a >> b; is `a` free to start, when the run before has these instances? */
function decide(
  options: Partial<TaskDocument>,
  instances: Instances | undefined,
  more: Partial<PastQuery> = {},
) {
  const task = taskDocument("a", options);
  const document = dagDocument({ tasks: [task, taskDocument("b", { upstream: ["a"] })] });
  return decidePastDependency({
    document,
    task,
    previous: instances && {
      document,
      logicalDate: "2026-01-01T00:00:00.000Z",
      instances: instances.map(([taskId, state]) => ({ taskId, state })),
    },
    hasEverRun: () => Promise.reject(new Error("not to be asked")),
    ...more,
  });
}

const dependsOnPast = { dependsOnPast: true };
const waitForDownstream = { waitForDownstream: true };

test("a task that doesn't depend on the past may start", async () => {
  expect(await decide({}, [["a", "failed"]])).toBe(true);
});

test("without a run before, a task may start", async () => {
  expect(await decide(dependsOnPast, undefined)).toBe(true);
});

test("success and skipped in the run before let a task start, all else makes it wait", async () => {
  expect(await decide(dependsOnPast, [["a", "success"]])).toBe(true);
  expect(await decide(dependsOnPast, [["a", "skipped"]])).toBe(true);
  for (const state of ["failed", "upstream_failed", "running", "removed", null] as const) {
    expect(await decide(dependsOnPast, [["a", state]])).toBe(false);
  }
});

test("a task that the run before has not come to yet makes it wait", async () => {
  expect(await decide(dependsOnPast, [])).toBe(false);
});

test("every index of a mapped task must have succeeded", async () => {
  expect(
    await decide(dependsOnPast, [
      ["a", "success"],
      ["a", "success"],
    ]),
  ).toBe(true);
  expect(
    await decide(dependsOnPast, [
      ["a", "success"],
      ["a", "failed"],
    ]),
  ).toBe(false);
});

test("wait_for_downstream implies depends_on_past and adds the direct downstream tasks", async () => {
  expect(
    await decide(waitForDownstream, [
      ["a", "success"],
      ["b", "success"],
    ]),
  ).toBe(true);
  expect(
    await decide(waitForDownstream, [
      ["a", "success"],
      ["b", "running"],
    ]),
  ).toBe(false);
  expect(await decide(waitForDownstream, [["a", "success"]])).toBe(false);
  expect(
    await decide(waitForDownstream, [
      ["a", "failed"],
      ["b", "success"],
    ]),
  ).toBe(false);
  expect(
    await decide(dependsOnPast, [
      ["a", "success"],
      ["b", "failed"],
    ]),
  ).toBe(true);
});

test("a task new in the DAG may start if it never ran, unless it says otherwise", async () => {
  const previous = {
    document: dagDocument({ tasks: [taskDocument("b")] }),
    logicalDate: "2026-01-01T00:00:00.000Z",
    instances: [],
  };
  const never = { previous, hasEverRun: async () => false };
  expect(await decide(dependsOnPast, [], never)).toBe(true);
  expect(await decide({ ...dependsOnPast, ignoreFirstDependsOnPast: false }, [], never)).toBe(
    false,
  );
  expect(await decide(dependsOnPast, [], { previous, hasEverRun: async () => true })).toBe(false);
});

test("the first run of a backfill doesn't look back", async () => {
  expect(await decide(dependsOnPast, [["a", "failed"]], { isFirstOfBackfill: true })).toBe(true);
});

test("with catchup a run from before the start date doesn't count", async () => {
  const task = taskDocument("a", dependsOnPast);
  const document = dagDocument({
    tasks: [task],
    catchup: true,
    startDate: "2026-01-02T00:00:00.000Z",
  });
  expect(await decide(dependsOnPast, [["a", "failed"]], { document })).toBe(true);
  const manual = { ...document, catchup: false };
  expect(await decide(dependsOnPast, [["a", "failed"]], { document: manual })).toBe(false);
});
