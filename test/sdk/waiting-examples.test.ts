// Examples in the docstrings of operators whose tasks wait, as written there.
import { expect, test } from "vitest";
import { checkDag } from "../../src/describe/check-dag.ts";
import {
  approval,
  dateTimeSensor,
  empty,
  externalTaskSensor,
  fileSensor,
  hitl,
  hitlBranch,
  hitlEntry,
  timeDeltaSensor,
  timeSensor,
  triggerDagRun,
} from "../../src/operators/index.ts";
import { Dag, type Node, type TaskRef } from "../../src/sdk/index.ts";
import { runTask } from "../runtime/running.ts";

test("sensors of moments", async () => {
  const dag = new Dag("d");
  const report = dag.task("report", empty())();
  dag
    .task("wait_for_evening", timeSensor({ targetTime: "17:30" }))()
    .before(report);
  dag
    .task("wait", dateTimeSensor({ targetTime: "{{ ds }}T17:30:00+01:00" }))()
    .before(report);
  dag
    .task("wait_2_hours", timeDeltaSensor({ delta: "2 hours" }))()
    .before(report);
  const { document, diagnostics } = await checkDag(dag);
  expect(diagnostics).toEqual([]);
  expect(document.tasks.filter(({ sensor }) => sensor)).toHaveLength(3);
  // The run of 2026-01-31, 06:00 UTC, is long over.
  for (const taskId of ["wait", "wait_2_hours"]) {
    expect((await runTask(dag, taskId)).outcome.kind).toBe("success");
  }
});

test("sensors of files and of other DAGs", async () => {
  const dag = new Dag("d");
  const landed = dag.task("landed", fileSensor({ filepath: "/data/in/{{ ds }}/*.csv" }))();
  const ordersLoaded = dag.task(
    "wait_for_orders",
    externalTaskSensor({
      externalDagId: "orders",
      externalTaskId: "load",
      executionDelta: "1 hour",
      failedStates: ["failed", "upstream_failed"],
    }),
  )();
  ordersLoaded.after(landed);
  expect((await checkDag(dag)).diagnostics).toEqual([]);
  expect((await runTask(dag, "landed")).outcome.kind).toBe("reschedule");
  expect((await runTask(dag, "wait_for_orders")).outcome).toMatchObject({
    kind: "deferred",
    wait: {
      kind: "external",
      dagId: "orders",
      taskIds: ["load"],
      logicalDates: ["2026-01-31T05:00:00.000Z"],
      allowedStates: ["success"],
      skippedStates: [],
      failedStates: ["failed", "upstream_failed"],
      checkExistence: false,
    },
  });
});

test("runs of other DAGs", async () => {
  const dag = new Dag("d");
  const rebuilt = dag.task(
    "rebuild_index",
    triggerDagRun({
      triggerDagId: "search_index",
      conf: { day: "{{ ds }}" },
      waitForCompletion: true,
    }),
  )();
  rebuilt.after(dag.task("before", empty())());
  const { document, diagnostics } = await checkDag(dag);
  expect(diagnostics).toEqual([]);
  expect(document.tasks[0]).toMatchObject({ operator: "triggerDagRun", waits: true });
  expect((await runTask(dag, "rebuild_index")).outcome).toMatchObject({
    kind: "deferred",
    wait: { kind: "trigger", dagId: "search_index", conf: { day: "2026-01-31" } },
  });
});

test("questions to people", async () => {
  const dag = new Dag("d");
  const [publish, loadAll, loadNew] = ["publish", "load_all", "load_new"].map((id) =>
    dag.task(id, empty())(),
  ) as [Node, TaskRef, TaskRef];
  const region = dag.task(
    "choose_region",
    hitl({ subject: "Which region for {{ ds }}?", options: ["eu", "us"], defaults: "eu" }),
    { executionTimeout: "2 days" },
  )();
  const approved = dag.task("approve", approval({ subject: "Publish the report of {{ ds }}?" }))();
  approved.before(publish);
  const routed = dag.task(
    "route",
    hitlBranch({
      subject: "How to go on?",
      options: ["Load all", "Load new"],
      optionsMapping: { "Load all": loadAll, "Load new": loadNew },
    }),
  )();
  routed.before(loadAll, loadNew);
  const limits = dag.task(
    "enter_limits",
    hitlEntry({ subject: "Limits for {{ ds }}", params: { rows: 1_000, region: "eu" } }),
  )();
  limits.after(region);
  const { document, diagnostics } = await checkDag(dag);
  expect(diagnostics).toEqual([]);
  const decisions = document.tasks.map(({ taskId, decision }) => [taskId, decision]);
  expect(Object.fromEntries(decisions)).toMatchObject({
    approve: { kind: "short-circuit", isApproval: true, ignoreDownstreamTriggerRules: false },
    route: { kind: "branch", cases: { load_all: ["load_all"], load_new: ["load_new"] } },
  });
  expect((await runTask(dag, "choose_region")).outcome).toMatchObject({
    kind: "deferred",
    wait: { kind: "input", subject: "Which region for 2026-01-31?", defaults: ["eu"] },
  });
  expect((await runTask(dag, "enter_limits")).outcome).toMatchObject({
    wait: { options: ["OK"], defaults: ["OK"], params: { rows: { default: 1_000, schema: {} } } },
  });
});
