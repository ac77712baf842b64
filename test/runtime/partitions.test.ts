// Partitions where user code runs: those of the run in context and templates, and those that a task
// says it has worked for.
import { expect, test } from "vitest";
import type { TaskCall } from "../../src/model/task-call.ts";
import { bash } from "../../src/operators/index.ts";
import { Asset, AssetAlias } from "../../src/sdk/assets/asset.ts";
import { Dag, getContext } from "../../src/sdk/index.ts";
import { callOf, runTask } from "./running.ts";

const NO_DATE = { logicalDate: null, dataIntervalStart: null, dataIntervalEnd: null };
const PARTITION = { partitionKey: "2026-01-31", partitionDate: "2026-01-30T23:00:00.000Z" };

function callFor(dag: string, taskId: string, run: Partial<TaskCall["run"]>): Partial<TaskCall> {
  return { run: { ...callOf(dag, taskId).run, ...NO_DATE, ...run } };
}

test("the context and templates have the run's partition", async () => {
  const dag = new Dag("d");
  dag.task("own", async () => {
    const { partitionKey, partitionDate, dagRun } = getContext();
    return [partitionKey, partitionDate, dagRun.partitionKey];
  })();
  const template = "{{ partition_key }} {{ partition_date | ds }} {{ dag_run.partition_key }}";
  dag.task("render", bash({ bashCommand: `echo "${template}"` }))();
  const call = callFor("d", "own", PARTITION);
  expect((await runTask(dag, "own", call)).outcome).toMatchObject({
    kind: "success",
    result: JSON.stringify(["2026-01-31", "2026-01-30T23:00:00.000Z", "2026-01-31"]),
  });
  expect((await runTask(dag, "render", call)).outcome).toMatchObject({
    result: '"2026-01-31 2026-01-30 2026-01-31"',
  });
});

test("a run for no partition has None in templates, as in Airflow, and nothing in the context", async () => {
  const dag = new Dag("d");
  const template = "{{ partition_key }} {{ partition_date is none }}";
  dag.task("render", bash({ bashCommand: `echo "${template}"` }))();
  dag.task("own", async () => "partitionKey" in getContext())();
  expect((await runTask(dag, "render")).outcome).toMatchObject({ result: '"None True"' });
  expect((await runTask(dag, "own")).outcome).toMatchObject({ result: "false" });
});

test("a task says for which partitions of an outlet it has worked, each once", async () => {
  const stats = new Asset("s3://stats");
  const dag = new Dag("d");
  const own = dag.task(
    "own",
    async () => {
      const events = getContext().outletEvents.get(stats);
      events.addPartitions("us");
      events.addPartitions(["eu", "us"]);
    },
    { outlets: [stats] },
  );
  own();
  const { outcome } = await runTask(dag, "own");
  expect(outcome).toMatchObject({
    kind: "success",
    outletEvents: [{ asset: { name: "s3://stats" }, extra: {}, partitionKeys: ["us", "eu"] }],
  });
});

test.each([
  [" ", "partition_key must not be empty or whitespace-only."],
  ["x".repeat(251), "partition_key must be at most 250 characters; got 251."],
])("the partition key %j fails the task with the reason", async (key, reason) => {
  const stats = new Asset("s3://stats");
  const exports = new AssetAlias("exports");
  const dag = new Dag("d");
  const options = { outlets: [stats, exports] };
  dag.task("own", async () => getContext().outletEvents.get(stats).addPartitions(key), options)();
  dag.task(
    "other",
    async () => getContext().outletEvents.get(exports).addPartitions("x"),
    options,
  )();
  const { outcome } = await runTask(dag, "own");
  expect(outcome).toMatchObject({
    kind: "failed",
    error: { message: expect.stringContaining(reason) },
  });
  expect((await runTask(dag, "other")).outcome).toMatchObject({
    error: { message: expect.stringContaining("an AssetAlias has no partitions") },
  });
});
