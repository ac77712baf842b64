// What the API's answers say: filters, pages, refusals, logs that go on, and who may ask.
import { expect, test } from "vitest";
import { dagDocument } from "../model/documents.ts";
import { createApiProduct, FAILED_RUN, publish, RUNNING_RUN } from "./api-product.ts";

const failedRun = `/dags/etl/dagRuns/${encodeURIComponent(FAILED_RUN)}`;
const runningRun = `/dags/etl/dagRuns/${encodeURIComponent(RUNNING_RUN)}`;

test("a DAG tells its next run in UTC with a Z, also while it is paused", async () => {
  const { ask } = await createApiProduct();
  const { body } = await ask("/dags/etl");
  expect(body).toMatchObject({
    is_paused: true,
    next_dagrun_run_after: "2026-02-01T06:00:00Z",
    next_dagrun_logical_date: "2026-02-01T06:00:00Z",
    timetable_summary: "0 6 * * *",
    fileloc: "/dags/etl.ts",
    owners: ["airflow", "ann"],
    tags: [
      { name: "my_dags", dag_id: "etl", dag_display_name: "Orders" },
      { name: "orders", dag_id: "etl", dag_display_name: "Orders" },
    ],
  });
});

test("DAGs are filtered by pattern, tag, owner and pause, and cut into pages", async () => {
  const { ask, metadata } = await createApiProduct();
  const stale = dagDocument({ dagId: "gone" });
  await publish(metadata, stale, { isPaused: false, isStale: true });
  const idsOf = async (query: string) => {
    const { body } = await ask(`/dags${query}`);
    return [body.total_entries, ...body.dags.map((dag: { dag_id: string }) => dag.dag_id)];
  };
  expect(await idsOf("")).toEqual([2, "by_hand", "etl"]);
  expect(await idsOf("?exclude_stale=false")).toEqual([3, "by_hand", "etl", "gone"]);
  expect(await idsOf("?paused=true")).toEqual([1, "etl"]);
  expect(await idsOf("?dag_id_pattern=Y_h")).toEqual([1, "by_hand"]);
  expect(await idsOf("?dag_id_pattern=e.l")).toEqual([0]);
  expect(await idsOf("?tags=orders&tags=other")).toEqual([1, "etl"]);
  expect(await idsOf("?tags=orders&tags=other&tags_match_mode=all")).toEqual([0]);
  expect(await idsOf("?owners=ann")).toEqual([1, "etl"]);
  expect(await idsOf("?order_by=-dag_id&limit=1")).toEqual([2, "etl"]);
  expect(await idsOf("?limit=&offset=1")).toEqual([2, "etl"]);
});

test("pausing is remembered, and a field that can't be changed is named", async () => {
  const { ask, metadata } = await createApiProduct();
  const body = { is_paused: true };
  expect((await ask("/dags/by_hand", { method: "PATCH", body })).body.is_paused).toBe(true);
  expect((await metadata.dags.get("by_hand"))?.isPaused).toBe(true);
  const wrong = await ask("/dags/by_hand", { method: "PATCH", body: { is_paused: "yes", x: 1 } });
  expect(wrong.status).toBe(422);
  expect(wrong.body.detail).toMatchObject([
    { loc: ["body", "is_paused"], input: "yes" },
    { loc: ["body", "x"], type: "extra_forbidden", input: 1 },
  ]);
});

test("a triggered run of a paused DAG waits in queued with its conf and data interval", async () => {
  const { ask } = await createApiProduct();
  const { body } = await ask("/dags/etl/dagRuns", {
    body: {
      logical_date: "2026-01-15T07:30:00+01:00",
      conf: { day: "friday" },
      dag_run_id: "mine",
    },
  });
  expect(body).toMatchObject({
    dag_run_id: "mine",
    state: "queued",
    run_type: "manual",
    triggered_by: "rest_api",
    logical_date: "2026-01-15T06:30:00Z",
    data_interval_start: "2026-01-15T06:30:00Z",
    data_interval_end: "2026-01-15T06:30:00Z",
    conf: { day: "friday" },
    queued_at: "2026-01-31T12:00:00Z",
    start_date: null,
    duration: null,
  });
  expect((await ask("/dags/etl/dagRuns/mine")).body).toEqual(body);
});

test("a run without a logical date has none", async () => {
  const { ask } = await createApiProduct();
  const { body } = await ask("/dags/etl/dagRuns", { body: { logical_date: null } });
  expect(body).toMatchObject({ logical_date: null, data_interval_end: null });
});

test("what can't be triggered is refused with the reason", async () => {
  const { ask } = await createApiProduct();
  const refused = async (path: string, body: unknown) => {
    const answer = await ask(path, { body });
    return [answer.status, JSON.stringify(answer.body.detail)];
  };
  expect(await refused("/dags/nothing/dagRuns", { logical_date: null })).toEqual([
    404,
    '"The Dag with ID: `nothing` was not found"',
  ]);
  const [status, detail] = await refused("/dags/etl/dagRuns", {});
  expect(status).toBe(422);
  expect(detail).toContain('"type":"missing","loc":["body","logical_date"]');
  const taken = await refused("/dags/etl/dagRuns", { logical_date: "2026-01-29T06:00:00Z" });
  expect(taken[0]).toBe(409);
  const scheduled = { logical_date: null, dag_run_id: "scheduled__x" };
  expect((await refused("/dags/etl/dagRuns", scheduled))[0]).toBe(400);
  const date = await refused("/dags/etl/dagRuns", { logical_date: "tomorrow" });
  expect(date[0]).toBe(422);
  const naive = await refused("/dags/etl/dagRuns", { logical_date: "2026-01-15T06:30:00" });
  expect(naive).toEqual([422, expect.stringContaining("Input should have timezone info")]);
  expect(naive[1]).toContain('"type":"timezone_aware"');
  expect((await ask("/dags/etl/dagRuns", { method: "POST" })).status).toBe(422);
});

test("runs are filtered, ordered and counted; '~' stands for every DAG", async () => {
  const { ask } = await createApiProduct();
  const daysOf = async (query: string, dagId = "etl") => {
    const { body } = await ask(`/dags/${dagId}/dagRuns${query}`);
    return [
      body.total_entries,
      ...body.dag_runs.map((run: { logical_date: string }) => run.logical_date.slice(8, 10)),
    ];
  };
  expect(await daysOf("")).toEqual([3, "29", "30", "31"]);
  expect(await daysOf("", "~")).toEqual([3, "29", "30", "31"]);
  expect(await daysOf("?order_by=-logical_date&limit=2")).toEqual([3, "31", "30"]);
  expect(await daysOf("?state=failed&state=running")).toEqual([2, "30", "31"]);
  expect(await daysOf("?run_type=manual")).toEqual([0]);
  expect(await daysOf("?run_id_pattern=01-30")).toEqual([1, "30"]);
  expect(await daysOf("?logical_date_gte=2026-01-30T06:00:00Z&logical_date_lt=2026-01-31")).toEqual(
    [1, "30"],
  );
  expect((await ask("/dags/etl/dagRuns?state=lost")).status).toBe(422);
});

test("by cursor runs come newest first, page by page", async () => {
  const { ask } = await createApiProduct();
  const first = (await ask("/dags/etl/dagRuns?cursor=&limit=2")).body;
  expect(first.dag_runs.map((run: { state: string }) => run.state)).toEqual(["running", "failed"]);
  const second = (await ask(`/dags/etl/dagRuns?cursor=${first.next_cursor}&limit=2`)).body;
  expect(second.dag_runs.map((run: { state: string }) => run.state)).toEqual(["success"]);
  expect(second.next_cursor).toBeNull();
  expect((await ask("/dags/etl/dagRuns?cursor=nonsense")).status).toBe(422);
});

test("task instances come in the order of the DAG, also those that nobody has looked at", async () => {
  const { ask } = await createApiProduct();
  const { body } = await ask(`${failedRun}/taskInstances`);
  expect(body.total_entries).toBe(3);
  expect(body.task_instances).toMatchObject([
    { task_id: "extract", state: null, try_number: 0, max_tries: 0, duration: null },
    {
      task_id: "load",
      state: "failed",
      try_number: 2,
      max_tries: 3,
      duration: 1.5,
      note: null,
      message: "TypeError: no rows",
    },
    { task_id: "alert", state: null },
  ]);
  const failed = (await ask(`${failedRun}/taskInstances?state=failed`)).body;
  expect(failed.task_instances.map((task: { task_id: string }) => task.task_id)).toEqual(["load"]);
});

test("the log of an ended try is whole and has no token", async () => {
  const { ask } = await createApiProduct();
  const { body } = await ask(`${failedRun}/taskInstances/load/logs/2`);
  expect(body).toEqual({
    content: [
      {
        timestamp: "2026-01-30T06:00:03.100Z",
        level: "info",
        logger: "task.stdout",
        event: "loading",
      },
      {
        timestamp: "2026-01-30T06:00:04.000Z",
        level: "error",
        logger: "task.stdout",
        event: "no rows",
      },
    ],
    continuation_token: null,
  });
  expect((await ask(`${failedRun}/taskInstances/load/logs/1`)).body.content).toEqual([]);
});

test("the log of a running try goes on behind its token", async () => {
  const { ask, platform } = await createApiProduct();
  const log = `${runningRun}/taskInstances/extract/logs/1`;
  const first = (await ask(log)).body;
  expect(first.content).toHaveLength(1);
  const nothing = (await ask(`${log}?token=${first.continuation_token}`)).body;
  expect(nothing.content).toEqual([]);
  const key = { dagId: "etl", runId: RUNNING_RUN, taskId: "extract", mapIndex: -1 };
  const entry = { timestamp: "2026-01-31T06:00:03.000Z", level: "info", logger: "task" } as const;
  await platform.logs.append({ ...key, tryNumber: 1 }, [{ ...entry, event: "more" }]);
  await platform.metadata.taskInstances.update({
    key,
    from: ["running"],
    set: { state: "success" },
  });
  const last = (await ask(`${log}?token=${nothing.continuation_token}`)).body;
  expect(last).toMatchObject({ content: [{ event: "more" }], continuation_token: null });
  expect((await ask(`${log}?token=made-up`)).status).toBe(422);
});

test("XComs are listed without values and read with them, large ones too", async () => {
  const { ask } = await createApiProduct();
  const xcoms = `${failedRun}/taskInstances/load/xcomEntries`;
  const { body } = await ask(xcoms);
  expect(body.xcom_entries.map((xcom: { key: string }) => xcom.key)).toEqual([
    "return_value",
    "rows",
  ]);
  expect((await ask(`${xcoms}/rows`)).body.value).toBe(1250);
  expect((await ask(`${xcoms}/return_value`)).body.value).toEqual({ total: 7 });
  expect((await ask(`${xcoms}/return_value?stringify=true`)).body.value).toBe('{"total":7}');
});

test("import errors have the file's mistakes as text and one by one; warnings alone are none", async () => {
  const { ask, metadata } = await createApiProduct();
  const file = { imports: [], dagIds: [], processedAt: "2026-01-30T08:00:00.000Z" };
  await metadata.files.put({
    ...file,
    file: "a.ts",
    diagnostics: [
      { code: "cycle", severity: "error", message: "a → b → a", line: 3, hint: "Cut it" },
    ],
  });
  await metadata.files.put({
    ...file,
    file: "b.ts",
    diagnostics: [{ code: "bad-option", severity: "warning", message: "odd" }],
  });
  const { body } = await ask("/importErrors");
  expect(body).toMatchObject({
    total_entries: 1,
    import_errors: [
      {
        filename: "a.ts",
        stack_trace: "a.ts:3: a → b → a\n  Cut it",
        diagnostics: [{ code: "cycle", line: 3, hint: "Cut it" }],
      },
    ],
  });
  const one = await ask(`/importErrors/${body.import_errors[0].import_error_id}`);
  expect(one.body).toEqual(body.import_errors[0]);
});

test("tasks come by id with what follows them", async () => {
  const { ask } = await createApiProduct();
  const { body } = await ask("/dags/etl/tasks");
  expect(body.tasks).toMatchObject([
    { task_id: "alert", trigger_rule: "one_failed", downstream_task_ids: [] },
    {
      task_id: "extract",
      downstream_task_ids: ["load"],
      execution_timeout: { __type: "TimeDelta", days: 1, seconds: 3_661, microseconds: 500_000 },
    },
    { task_id: "load", retries: 3, operator_name: "@task" },
  ]);
});

test("a deleted DAG is gone with its runs; one that is running is kept", async () => {
  const { ask, metadata } = await createApiProduct();
  expect(await ask("/dags/by_hand", { method: "DELETE" })).toEqual({
    status: 204,
    body: undefined,
  });
  expect((await ask("/dags/by_hand")).status).toBe(404);
  expect((await ask("/dags/etl", { method: "DELETE" })).status).toBe(409);
  expect(await metadata.dags.get("etl")).toBeDefined();
});

test("a path that isn't there answers in Airflow's form", async () => {
  const { ask } = await createApiProduct();
  expect(await ask("/nothing")).toEqual({ status: 404, body: { detail: "Not Found" } });
});

test("only names of this machine are answered", async () => {
  const { ask } = await createApiProduct();
  const statusFor = async (host: string) => (await ask("/version", { headers: { host } })).status;
  expect(await statusFor("127.0.0.1:8080")).toBe(200);
  expect(await statusFor("LOCALHOST:8080")).toBe(200);
  expect(await statusFor("[::1]:8080")).toBe(200);
  expect(await statusFor("evil.example:8080")).toBe(403);
  expect(await statusFor("127.0.0.1.evil.example")).toBe(403);
});

test("pages of other sites may change nothing; a token is tolerated", async () => {
  const { ask, metadata } = await createApiProduct();
  const pause = async (headers: Record<string, string>) =>
    (await ask("/dags/by_hand", { method: "PATCH", body: { is_paused: true }, headers })).status;
  const host = "127.0.0.1:8080";
  expect(await pause({ host, origin: "http://evil.example" })).toBe(403);
  expect(await pause({ host, origin: "http://127.0.0.1:3000" })).toBe(403);
  expect(await pause({ host, origin: "null" })).toBe(403);
  expect(await pause({ host, "sec-fetch-site": "cross-site" })).toBe(403);
  expect((await metadata.dags.get("by_hand"))?.isPaused).toBe(false);
  expect(await pause({ host, origin: "http://127.0.0.1:8080" })).toBe(200);
  expect(await pause({ host, authorization: "Bearer anything" })).toBe(200);
});
