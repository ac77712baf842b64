// Partitions over REST: runs that are triggered for one, and listings by key and by day.
import { expect, test } from "vitest";
import { dagDocument, taskDocument } from "../../model/documents.ts";
import { createApiProduct, publish } from "../api-product.ts";

const BY_DAY = dagDocument({
  dagId: "by_day",
  timezone: "Europe/Zurich",
  schedule: { kind: "cron-partition", cron: "0 0 * * *", keyFormat: "%Y-%m-%d" },
  startDate: "2026-02-01T00:00:00.000Z",
  tasks: [taskDocument("only")],
});
const BY_REGION = dagDocument({
  dagId: "by_region",
  schedule: { kind: "partitioned-at-runtime" },
  tasks: [taskDocument("only")],
});

async function setUp() {
  const product = await createApiProduct();
  for (const document of [BY_DAY, BY_REGION]) {
    await publish(product.metadata, document, { isPaused: true });
  }
  let count = 0;
  const trigger = (dagId: string, partition_key: unknown) => {
    count += 1;
    const body = { dag_run_id: `run-${count}`, logical_date: null, partition_key };
    return product.ask(`/dags/${dagId}/dagRuns`, { body });
  };
  return { ...product, trigger };
}

test("a run is triggered for a partition, whose date follows from the key", async () => {
  const { ask, trigger } = await setUp();
  const { status, body } = await trigger("by_day", "2026-01-15");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    partition_key: "2026-01-15",
    partition_date: "2026-01-14T23:00:00Z",
    logical_date: null,
    data_interval_start: null,
    run_type: "manual",
  });
  expect((await ask(`/dags/by_day/dagRuns/${body.dag_run_id}`)).body).toEqual(body);
  expect((await trigger("by_region", "eu|2026")).body).toMatchObject({
    partition_key: "eu|2026",
    partition_date: null,
  });
  expect((await trigger("by_region", null)).body).toMatchObject({ partition_key: null });
});

test.each([
  ["etl", "x", "Dag 'etl' is not a partitioned Dag and does not accept a partition_key."],
  ["by_day", "15 January", "'15 January' is no partition of Dag 'by_day': time data"],
  ["by_day", " ", "partition_key must not be empty or whitespace-only."],
  ["by_region", "x".repeat(251), "partition_key must be at most 250 characters; got 251."],
])("DAG %s refuses the partition key %j with the reason", async (dagId, key, reason) => {
  const { trigger } = await setUp();
  const { status, body } = await trigger(dagId, key);
  expect([status, body.detail]).toEqual([400, expect.stringContaining(reason)]);
});

test("runs are listed by partition key and by days in the DAG's time zone", async () => {
  const { ask, trigger } = await setUp();
  for (const day of ["2026-01-16", "2026-01-15", "2026-01-14"]) await trigger("by_day", day);
  await trigger("by_region", "eu|2026");
  const keysOf = async (dagId: string, query: string) => {
    const { body } = await ask(`/dags/${dagId}/dagRuns?${query}`);
    return body.dag_runs.map((run: { partition_key: string }) => run.partition_key);
  };
  const order = "order_by=partition_date";
  expect(await keysOf("by_day", order)).toEqual(["2026-01-14", "2026-01-15", "2026-01-16"]);
  expect(await keysOf("by_day", `partition_date_gte=2026-01-15&${order}`)).toEqual([
    "2026-01-15",
    "2026-01-16",
  ]);
  expect(await keysOf("by_day", "partition_date_lte=2026-01-14")).toEqual(["2026-01-14"]);
  const middle = "partition_date_gte=2026-01-15&partition_date_lte=2026-01-15";
  expect(await keysOf("by_day", middle)).toEqual(["2026-01-15"]);
  expect(await keysOf("by_day", `${middle}&cursor=`)).toEqual(["2026-01-15"]);
  expect(await keysOf("by_day", "partition_key_pattern=-16")).toEqual(["2026-01-16"]);
  expect(await keysOf("by_region", "partition_key_pattern=eu|2026")).toEqual(["eu|2026"]);
  expect(await keysOf("by_region", "partition_key_prefix_pattern=x|eu")).toEqual([]);
});

test("days of partitions need one DAG that has partitions", async () => {
  const { ask } = await setUp();
  const refused = async (dagId: string, value = "2026-01-15") => {
    const { status, body } = await ask(`/dags/${dagId}/dagRuns?partition_date_gte=${value}`);
    return [status, JSON.stringify(body.detail)];
  };
  expect(await refused("~")).toEqual([400, expect.stringContaining("require a specific dag_id")]);
  const plain = "Dag with dag_id: 'etl' is not partitioned";
  expect(await refused("etl")).toEqual([400, expect.stringContaining(plain)]);
  expect((await refused("by_region"))[0]).toBe(400);
  expect((await refused("by_day", "soon"))[0]).toBe(422);
});

test("a DAG says that it is partitioned, and when its next run is due", async () => {
  const { ask } = await setUp();
  expect((await ask("/dags/by_day")).body).toMatchObject({
    timetable_partitioned: true,
    timetable_summary: "0 0 * * *",
    timetable_periodic: true,
    next_dagrun_logical_date: null,
    next_dagrun_run_after: "2026-02-01T23:00:00Z",
  });
  expect((await ask("/dags/by_region")).body).toMatchObject({
    timetable_partitioned: false,
    timetable_summary: "PartitionedAtRuntime",
    timetable_description: "Never, partition key(s) set at runtime",
    timetable_periodic: false,
    next_dagrun_run_after: null,
  });
});

test("runs lose their partitions: one, those of a key, or those of days", async () => {
  const { ask, trigger } = await setUp();
  for (const day of ["2026-01-14", "2026-01-15", "2026-01-16"]) await trigger("by_day", day);
  const clear = async (body: object) => {
    const answer = await ask("/dags/by_day/clearPartitions", { body });
    return [answer.status, answer.body.dag_runs_cleared, answer.body.task_instances_cleared];
  };
  const keys = async () => {
    const { body } = await ask("/dags/by_day/dagRuns?order_by=run_id");
    return body.dag_runs.map((run: { partition_key: string | null }) => run.partition_key);
  };
  expect(await clear({ partition_key: "2026-01-15" })).toEqual([200, 1, 0]);
  expect(await keys()).toEqual(["2026-01-14", "2026-01-15", "2026-01-16"]);
  expect(await clear({ partition_key: "2026-01-15", dry_run: false })).toEqual([200, 1, 0]);
  expect(await keys()).toEqual(["2026-01-14", null, "2026-01-16"]);
  const window = { partition_date_start: "2026-01-14T00:00:00Z", partition_date_end: "2026-01-15" };
  expect(await clear({ ...window, dry_run: false })).toEqual([200, 1, 0]);
  const last = { run_id: "run-3", dry_run: false, clear_task_instances: true };
  expect(await clear(last)).toEqual([200, 1, 1]);
  expect(await keys()).toEqual([null, null, null]);
  expect(await clear({ run_id: "run-3", dry_run: false })).toEqual([200, 0, 0]);
});

test.each([
  [{}, "Exactly one of run_id, partition_key, or a partition date window"],
  [{ run_id: "x", partition_key: "y" }, "Exactly one of"],
  [
    { partition_date_start: "2026-02-01", partition_date_end: "2026-01-01" },
    "partition_date_start must be on or before partition_date_end.",
  ],
])("partitions are not cleared by %j", async (body, reason) => {
  const { ask } = await setUp();
  const answer = await ask("/dags/by_day/clearPartitions", { body });
  expect([answer.status, JSON.stringify(answer.body.detail)]).toEqual([
    422,
    expect.stringContaining(reason),
  ]);
});
