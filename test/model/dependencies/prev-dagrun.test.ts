// depends_on_past and wait_for_downstream.
import { expect, test } from "vitest";
import type { PastFacts } from "../../../src/model/dependencies/dependency.ts";
import { prevDagrun } from "../../../src/model/dependencies/prev-dagrun.ts";
import type { DagDocument, TaskDocument } from "../../../src/model/document.ts";
import type { TaskInstanceState } from "../../../src/model/states.ts";
import { dagDocument, taskDocument } from "../documents.ts";

type Instances = readonly (readonly [string, TaskInstanceState | null])[];

type More = PastFacts & { readonly document?: DagDocument };

/** a >> b; is `a` free to start, when the run before has these instances? */
function decide(
  options: Partial<TaskDocument>,
  instances: Instances | undefined,
  more: More = {},
): boolean {
  return answer(options, instances, more).kind === "met";
}

function answer(
  options: Partial<TaskDocument>,
  instances: Instances | undefined,
  { document: given, ...past }: More = {},
) {
  const task = taskDocument("a", options);
  const document = dagDocument({ tasks: [task, taskDocument("b", { upstream: ["a"] })] });
  return prevDagrun.decide({
    document: given ?? document,
    task,
    instance: { dagId: "d", runId: "r", taskId: "a", mapIndex: -1 },
    now: 0,
    upstream: [],
    past: {
      previous: instances && {
        document,
        logicalDate: "2026-01-01T00:00:00.000Z",
        instances: instances.map(([taskId, state]) => ({ taskId, state })),
      },
      ...past,
    },
  });
}

const dependsOnPast = { dependsOnPast: true };
const waitForDownstream = { waitForDownstream: true };

test("a task that doesn't depend on the past may start", () => {
  expect(decide({}, [["a", "failed"]])).toBe(true);
});

test("without a run before, a task may start", () => {
  expect(decide(dependsOnPast, undefined)).toBe(true);
});

test("success and skipped in the run before let a task start, all else makes it wait", () => {
  expect(decide(dependsOnPast, [["a", "success"]])).toBe(true);
  expect(decide(dependsOnPast, [["a", "skipped"]])).toBe(true);
  for (const state of ["failed", "upstream_failed", "running", "removed", null] as const) {
    expect(decide(dependsOnPast, [["a", state]])).toBe(false);
  }
});

test("a task that the run before has not come to yet makes it wait", () => {
  expect(decide(dependsOnPast, [])).toBe(false);
});

test("every index of a mapped task must have succeeded", () => {
  expect(
    decide(dependsOnPast, [
      ["a", "success"],
      ["a", "success"],
    ]),
  ).toBe(true);
  expect(
    decide(dependsOnPast, [
      ["a", "success"],
      ["a", "failed"],
    ]),
  ).toBe(false);
});

test("wait_for_downstream implies depends_on_past and adds the direct downstream tasks", () => {
  expect(
    decide(waitForDownstream, [
      ["a", "success"],
      ["b", "success"],
    ]),
  ).toBe(true);
  expect(
    decide(waitForDownstream, [
      ["a", "success"],
      ["b", "running"],
    ]),
  ).toBe(false);
  expect(decide(waitForDownstream, [["a", "success"]])).toBe(false);
  expect(
    decide(waitForDownstream, [
      ["a", "failed"],
      ["b", "success"],
    ]),
  ).toBe(false);
  expect(
    decide(dependsOnPast, [
      ["a", "success"],
      ["b", "failed"],
    ]),
  ).toBe(true);
});

test("a task new in the DAG may start if it never ran, unless it says otherwise", () => {
  const previous = {
    document: dagDocument({ tasks: [taskDocument("b")] }),
    logicalDate: "2026-01-01T00:00:00.000Z",
    instances: [],
  };
  const never = { previous, hasEverRun: false };
  expect(decide(dependsOnPast, [], never)).toBe(true);
  expect(decide({ ...dependsOnPast, ignoreFirstDependsOnPast: false }, [], never)).toBe(false);
  expect(decide(dependsOnPast, [], { previous, hasEverRun: true })).toBe(false);
});

test("the first run of a backfill doesn't look back", () => {
  expect(decide(dependsOnPast, [["a", "failed"]], { isFirstOfBackfill: true })).toBe(true);
});

test("with catchup a run from before the start date doesn't count", () => {
  const task = taskDocument("a", dependsOnPast);
  const document = dagDocument({
    tasks: [task],
    catchup: true,
    startDate: "2026-01-02T00:00:00.000Z",
  });
  expect(decide(dependsOnPast, [["a", "failed"]], { document })).toBe(true);
  const manual = { ...document, catchup: false };
  expect(decide(dependsOnPast, [["a", "failed"]], { document: manual })).toBe(false);
});

test("what is waited for is said in Airflow's words", () => {
  const reasonOf = (...parameters: Parameters<typeof answer>) => {
    const given = answer(...parameters);
    return given.kind === "waits" ? given.reason : given.kind;
  };
  expect(reasonOf(dependsOnPast, [])).toBe(
    "depends_on_past is true for this task's DAG, but the previous task instance has not run yet.",
  );
  expect(reasonOf(dependsOnPast, [["a", "failed"]])).toBe(
    "depends_on_past is true for this task, but 1 previous task instance(s) are not in a successful state.",
  );
  const below: Instances = [
    ["a", "success"],
    ["b", "running"],
  ];
  expect(reasonOf(waitForDownstream, below)).toBe(
    "The tasks downstream of the previous task instance(s) haven't completed, and wait_for_downstream is True.",
  );
});
