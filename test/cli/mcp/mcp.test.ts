// `stepwind mcp` on a project whose server runs as a process of its own.
import { expect, onTestFinished, test } from "vitest";
import { startServer } from "../../e2e/server-process.ts";
import { stepwind } from "../captured-terminal.ts";
import { startMcp } from "./mcp-client.ts";
import { createProject, placesOf } from "./mcp-project.ts";

async function startProject() {
  const folder = createProject();
  const server = await startServer(placesOf(folder));
  onTestFinished(async () => void (await server.kill("SIGTERM")));
  return { folder, server, ...(await startMcp([], { cwd: folder })) };
}

const SUNDAY = { dag_id: "orders", conf: { day: "sunday" }, wait_seconds: 40 };

test("a failing run is triggered, waited for and explained", async () => {
  const { call, refusal } = await startProject();
  expect(await call("get_status")).toMatchObject({ has_server: true, metadatabase: "healthy" });
  const listed = await call("list_dags", { search: "ORD", tags: ["shop"] });
  expect(listed).toMatchObject({ total: 1, next_offset: null, files_with_import_errors: 1 });
  expect(listed.dags).toMatchObject([{ dag_id: "orders", file: "orders.ts", is_paused: false }]);
  const dag = await call("get_dag", { dag_id: "orders" });
  expect(dag).toMatchObject({ params: { day: { value: "monday" } }, total_tasks: 2 });

  expect(await refusal("trigger_dag", { dag_id: "orders", conf: { day: 1 } })).toMatch(/day/);
  expect(await refusal("trigger_dag", { dag_id: "oders" })).toContain('Did you mean "orders"?');
  const good = await call("trigger_dag", { dag_id: "orders", wait_seconds: 40 });
  expect(good).toMatchObject({ state: "success", has_ended: true, remark: null });
  const bad = await call("trigger_dag", SUNDAY);
  expect(bad).toMatchObject({ state: "failed", conf: { day: "sunday" } });
  expect(bad.remark).toContain("explain_failure");

  const why = await call("explain_failure", { dag_id: "orders" });
  expect(why).toMatchObject({
    run: { run_id: bad.run_id, conf: { day: "sunday" } },
    summary: expect.stringMatching(/because of "load": TypeError: closed on sundays/),
    total_failed: 1,
    upstream_failed: [{ task_id: "report", because_of: ["load"] }],
    last_success: { run_id: good.run_id },
    has_version_changed: false,
    runs_before: ["success"],
  });
  expect(why.failed_tasks).toMatchObject([
    { task_id: "load", is_root: true, try_number: 2, most_tries: 2, upstream: [] },
  ]);
  expect(why.failed_tasks[0].tries).toEqual(["failed", "failed"]);
  expect(why.failed_tasks[0].log_tail.join("\n")).toContain("loading sunday");
  expect(why.failed_tasks[0].log_errors.join("\n")).toContain("closed on sundays");

  const run = await call("get_run", { dag_id: "orders", run_id: bad.run_id });
  expect(run.task_counts).toEqual({ failed: 1, upstream_failed: 1 });
  expect(run.task_instances[0]).toMatchObject({ task_id: "load", state: "failed" });
  const states = { dag_id: "orders", task_state: "upstream_failed" };
  expect((await call("get_run", states)).task_instances).toMatchObject([{ task_id: "report" }]);
  const failed = await call("list_runs", { state: "failed" });
  expect(failed.runs.map((each: { run_id: string }) => each.run_id)).toEqual([bad.run_id]);
  expect((await call("list_dags", { last_run_state: "failed" })).total).toBe(1);
  expect(await refusal("explain_failure", { dag_id: "daily" })).toContain("No run of DAG");
}, 90_000);

test("a log is read in pieces that fit, and searched", async () => {
  const { call, refusal } = await startProject();
  const waits = { dag_id: "chatty", task_id: "talk" };
  await call("trigger_dag", { dag_id: "chatty", wait_seconds: 40 });
  const tail = await call("read_log", { ...waits, max_lines: 5 });
  expect(tail.lines).toHaveLength(5);
  expect(tail.lines_before).toBeGreaterThan(2_990);
  const all = await call("read_log", { ...waits, max_lines: 500 });
  expect(JSON.stringify(all).length).toBeLessThan(60_000);
  const errors = await call("read_log", { ...waits, level: "error" });
  expect(errors.lines).toMatchObject([{ level: "error", text: "something is odd" }]);
  const found = await call("read_log", { ...waits, search: "LINE 1234 " });
  expect(found.lines).toHaveLength(1);
  const seen: number[] = [];
  for (let continuation: string | null | undefined; continuation !== null; ) {
    const given = continuation === undefined ? { from: "start" } : { continuation };
    const piece = await call("read_log", { ...waits, ...given, search: "line", max_lines: 500 });
    for (const { text } of piece.lines) seen.push(Number(/^line (\d+)/.exec(text)?.[1]));
    continuation = piece.continuation;
  }
  expect(seen).toEqual(Array.from({ length: 3_000 }, (_, index) => index + 1));
  expect(await refusal("read_log", { ...waits, continuation: "nonsense" })).toContain(
    "continuation",
  );
  expect(await refusal("read_log", { ...waits, task_id: "tlak" })).toContain(
    'Did you mean "talk"?',
  );
}, 90_000);

test("what changes much says first what it would do, and does no more than that", async () => {
  const { call, refusal, client } = await startProject();
  const { run_id } = await call("trigger_dag", SUNDAY);
  const clear = { dag_id: "orders", run_id, only_failed: true };
  const dry = await call("clear_tasks", clear);
  expect(dry).toMatchObject({ was_dry_run: true, count: 2 });
  expect((await call("get_run", { dag_id: "orders", run_id })).state).toBe("failed");
  const blind = await refusal("clear_tasks", { ...clear, dry_run: false });
  expect(blind).toContain("expected_count is missing");
  const other = { ...clear, dry_run: false, expected_count: 1 };
  expect(await refusal("clear_tasks", other)).toContain("expected_count is 1, but it would be 2");
  const sure = { ...clear, dry_run: false, expected_count: 2, note: "again" };
  expect(await call("clear_tasks", sure)).toMatchObject({ was_dry_run: false, count: 2 });
  await expect
    .poll(async () => (await call("get_run", { dag_id: "orders", run_id })).task_instances[0], {
      timeout: 30_000,
    })
    .toMatchObject({ state: "failed", try_number: 4 });

  const mark = { dag_id: "orders", run_id, task_id: "load", state: "success" };
  expect(await call("mark_state", mark)).toMatchObject({
    count: 1,
    task_instances: [{ task_id: "load", state: "failed" }],
  });
  await call("mark_state", { ...mark, dry_run: false, expected_count: 1 });
  const run = { dag_id: "orders", run_id, state: "success" };
  const open = await call("mark_state", run);
  await call("mark_state", { ...run, dry_run: false, expected_count: open.count });
  expect((await call("get_run", { dag_id: "orders", run_id })).state).toBe("success");

  const range = {
    dag_id: "daily",
    from_date: "2026-01-01T00:00:00Z",
    to_date: "2026-01-03T23:00:00Z",
  };
  const dates = await call("create_backfill", range);
  expect(dates).toMatchObject({ count: 3, backfill: null });
  expect(dates.dates[0]).toEqual({ date: "2026-01-01T06:00:00Z", action: "create" });
  const made = await call("create_backfill", { ...range, dry_run: false, expected_count: 3 });
  expect(made.backfill).toMatchObject({ dag_id: "daily", max_active_runs: 10 });
  expect((await call("list_backfills", { dag_id: "daily" })).total).toBe(1);

  const { tools } = await client.listTools();
  for (const { name, annotations, outputSchema, inputSchema, description } of tools) {
    const changes = ["trigger_dag", "clear_tasks", "mark_state", "set_paused", "create_backfill"];
    expect(annotations?.readOnlyHint, name).toBe(!changes.includes(name));
    expect([outputSchema, inputSchema, description].every(Boolean), name).toBe(true);
    const isDestroying = ["clear_tasks", "mark_state", "create_backfill"].includes(name);
    expect(annotations?.destructiveHint ?? false, name).toBe(isDestroying);
  }
  // What each conversation begins with.
  expect(JSON.stringify(tools).length).toBeLessThan(40_000);
}, 120_000);

test("what waits is explained, and so are mistakes in files", async () => {
  const { call } = await startProject();
  expect(await call("set_paused", { dag_id: "orders", is_paused: true })).toMatchObject({
    is_paused: true,
  });
  const queued = await call("trigger_dag", { dag_id: "orders" });
  expect(queued).toMatchObject({ state: "queued", remark: expect.stringContaining("paused") });
  const run = await call("explain_wait", { dag_id: "orders" });
  expect(run.run_waits_for.join()).toContain("The DAG is paused");
  expect(run.waiting_tasks).toMatchObject([{ task_id: "load", state: null }, {}]);
  const task = await call("explain_wait", { dag_id: "orders", task_id: "report" });
  expect(task.task).toMatchObject({ task_id: "report", state: null });
  expect(JSON.stringify(task.task_waits_for)).toMatch(/Dagrun Running|Trigger Rule/);

  const { mistakes, total_files } = await call("list_import_errors");
  expect(total_files).toBe(1);
  expect(mistakes).toMatchObject([{ file: "broken.ts", line: 2, severity: "error" }]);
  const source = await call("get_dag_source", { dag_id: "orders", max_lines: 2 });
  expect(source).toMatchObject({ file: "orders.ts", version: 1, from_line: 1, next_line: 3 });
  const rest = await call("get_dag_source", { dag_id: "orders", from_line: 3 });
  expect(rest.source).toContain('param("monday"');
  expect(rest.next_line).toBeNull();
}, 60_000);

test("no answer has a secret of a connection", async () => {
  const { call, folder, client } = await startProject();
  const uri = "postgres://ann:hunter2@127.0.0.1:1/x?token=hunter3";
  await stepwind(folder, "connections", "add", "db", "--conn-uri", uri);
  const { connections } = await call("list_connections", { search: "D" });
  expect(connections).toEqual([{ connection_id: "db", conn_type: "postgres", description: null }]);
  const answer = await client.callTool({
    name: "test_connection",
    arguments: { connection_id: "db" },
  });
  expect(JSON.stringify([connections, answer])).not.toMatch(/hunter|ann:/);
}, 60_000);
