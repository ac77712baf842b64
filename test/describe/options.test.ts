// Options of DAGs, groups and tasks, and schedules, as they reach the document.
import { expect, test } from "vitest";
import { toDocument } from "../../src/describe/to-document.ts";
import type { DagDocument, TaskDocument } from "../../src/model/document.ts";
import { empty } from "../../src/operators/index.ts";
import {
  cronDataInterval,
  cronTrigger,
  Dag,
  deltaDataInterval,
  deltaTrigger,
  events,
  multipleCronTrigger,
  param,
  type ScheduleInput,
} from "../../src/sdk/index.ts";

/** The document of a DAG without mistakes. */
function documentOf(dag: Dag): DagDocument {
  const { document, diagnostics } = toDocument(dag);
  expect(diagnostics).toEqual([]);
  return document;
}

function taskOf(dag: Dag, taskId: string): TaskDocument {
  const task = documentOf(dag).tasks.find((each) => each.taskId === taskId);
  if (!task) throw new Error(`no task ${taskId}`);
  return task;
}

test("a DAG without options has Airflow's defaults", () => {
  expect(documentOf(new Dag("d"))).toEqual({
    schemaVersion: 1,
    dagId: "d",
    schedule: { kind: "none" },
    timezone: "UTC",
    catchup: false,
    maxActiveRuns: 16,
    maxConsecutiveFailedDagRuns: 0,
    tags: [],
    params: {},
    callbacks: [],
    tasks: [],
    groups: [],
  });
});

test("a task without options has Airflow's defaults", () => {
  const dag = new Dag("d");
  dag.task("a", async () => 1)();
  expect(documentOf(dag).tasks).toEqual([
    {
      taskId: "a",
      operator: "@task",
      upstream: [],
      reads: [],
      triggerRule: "all_success",
      retries: 0,
      retryDelay: 300,
      retryBackoff: 1,
      dependsOnPast: false,
      waitForDownstream: false,
      ignoreFirstDependsOnPast: true,
      owner: "airflow",
      priorityWeight: 1,
      callbacks: [],
      templateFields: {},
      edgeLabels: {},
    },
  ]);
});

test("all options of a DAG reach its document", () => {
  const dag = new Dag("d", {
    schedule: "0 6 * * *",
    startDate: "2026-07-01",
    endDate: "2026-07-31T12:00:00+02:00",
    timezone: "Europe/Zurich",
    catchup: true,
    params: { days: param(7, { type: "integer", description: "How far back" }), region: "eu" },
    description: "Orders",
    displayName: "The orders",
    docMd: "# Orders",
    tags: ["a", "b", "a"],
    maxActiveRuns: 1,
    dagrunTimeout: "2 hours",
    maxConsecutiveFailedDagRuns: 3,
    isPausedUponCreation: true,
    onSuccessCallback: () => undefined,
    onFailureCallback: [() => undefined],
  });
  expect(documentOf(dag)).toMatchObject({
    schedule: { kind: "cron", cron: "0 6 * * *" },
    startDate: "2026-06-30T22:00:00.000Z",
    endDate: "2026-07-31T10:00:00.000Z",
    timezone: "Europe/Zurich",
    catchup: true,
    params: {
      days: { default: 7, schema: { type: "integer" }, description: "How far back" },
      region: { default: "eu", schema: {} },
    },
    description: "Orders",
    displayName: "The orders",
    docMd: "# Orders",
    tags: ["a", "b"],
    maxActiveRuns: 1,
    dagrunTimeout: 7_200,
    maxConsecutiveFailedDagRuns: 3,
    isPausedUponCreation: true,
    callbacks: ["success", "failure"],
  });
});

test("all options of a task reach its document", () => {
  const dag = new Dag("d");
  dag.task("a", empty(), {
    retries: 3,
    retryDelay: "1.5 minutes",
    retryExponentialBackoff: true,
    maxRetryDelay: "1 hour",
    executionTimeout: 90,
    triggerRule: "all_done",
    waitForDownstream: true,
    ignoreFirstDependsOnPast: false,
    owner: "ann",
    priorityWeight: 5,
    displayName: "First",
    docMd: "*first*",
    queue: "typescript",
    onExecuteCallback: () => undefined,
    onRetryCallback: [() => undefined],
    onSkippedCallback: [],
  })();
  expect(taskOf(dag, "a")).toMatchObject({
    operator: "empty",
    retries: 3,
    retryDelay: 90,
    retryBackoff: 2,
    maxRetryDelay: 3_600,
    executionTimeout: 90,
    triggerRule: "all_done",
    dependsOnPast: true,
    waitForDownstream: true,
    ignoreFirstDependsOnPast: false,
    owner: "ann",
    priorityWeight: 5,
    displayName: "First",
    docMd: "*first*",
    callbacks: ["execute", "retry"],
  });
});

test("a task's options win over those of its groups, and those over the DAG's", () => {
  const dag = new Dag("d", { defaultArgs: { owner: "dag", retries: 1, retryDelay: 1 } });
  const outer = dag.taskGroup("outer", { defaultArgs: { owner: "outer", retries: 2 } });
  const inner = outer.taskGroup("inner", { defaultArgs: { owner: "inner" } });
  dag.task("a", empty())();
  inner.task("b", empty(), { retryExponentialBackoff: 3 })();
  inner.task("c", empty(), { owner: "own", retries: 0 })();
  expect(taskOf(dag, "a")).toMatchObject({ owner: "dag", retries: 1, retryDelay: 1 });
  expect(taskOf(dag, "outer.inner.b")).toMatchObject({
    owner: "inner",
    retries: 2,
    retryBackoff: 3,
  });
  expect(taskOf(dag, "outer.inner.c")).toMatchObject({ owner: "own", retries: 0, retryDelay: 1 });
});

test.each<[ScheduleInput, object]>([
  [null, { kind: "none" }],
  ["@once", { kind: "once" }],
  [{ once: true }, { kind: "once" }],
  ["@continuous", { kind: "continuous" }],
  ["@daily", { kind: "cron", cron: "@daily" }],
  ["*/5 * * * *", { kind: "cron", cron: "*/5 * * * *" }],
  [{ every: "10 minutes" }, { kind: "delta", delta: 600 }],
  [cronTrigger("0 6 * * *"), { kind: "cron", cron: "0 6 * * *" }],
  [
    cronTrigger("0 6 * * *", { interval: "1 day", runImmediately: "1 hour" }),
    { kind: "cron", cron: "0 6 * * *", interval: 86_400, runImmediately: 3_600 },
  ],
  [
    multipleCronTrigger(["0 6 * * 1-5", "0 9 * * 6"], { runImmediately: true }),
    { kind: "multi-cron", crons: ["0 6 * * 1-5", "0 9 * * 6"], runImmediately: true },
  ],
  [cronDataInterval("0 0 * * *"), { kind: "cron-data-interval", cron: "0 0 * * *" }],
  [deltaTrigger("1 day", { interval: 60 }), { kind: "delta", delta: 86_400, interval: 60 }],
  [deltaDataInterval("1 week"), { kind: "delta-data-interval", delta: 604_800 }],
  [
    events(["2026-06-01T09:00", "2026-03-01T09:00Z", "2026-06-01T09:00"]),
    { kind: "events", dates: ["2026-03-01T09:00:00.000Z", "2026-06-01T07:00:00.000Z"] },
  ],
])("schedule %j", (schedule, expected) => {
  expect(documentOf(new Dag("d", { schedule, timezone: "Europe/Zurich" })).schedule).toEqual(
    expected,
  );
});

test("a continuous DAG has one run at a time", () => {
  expect(documentOf(new Dag("d", { schedule: "@continuous" })).maxActiveRuns).toBe(1);
});
