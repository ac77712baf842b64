// /ui/shell, /ui/home and /ui/dags: what the pages over all DAGs show.
import { describe, expect, test } from "vitest";
import { dagDocument, taskDocument } from "../../model/documents.ts";
import { createAccessProduct } from "../access/access-product.ts";
import { createApiProduct, FAILED_RUN, publish, RUNNING_RUN } from "../api-product.ts";
import { askUi, refusedUi } from "./ui-answers.ts";

const END = "2026-01-31T11:50:00.000Z";

async function createProduct() {
  const product = await createApiProduct();
  const { metadata } = product;
  const run = await metadata.runs.get("etl", FAILED_RUN);
  if (!run) throw new Error("The failed run is gone");
  const failure = { taskId: "load", mapIndex: -1, message: "TypeError: no rows" };
  const base = { ...run, dagId: "by_hand", runType: "manual", logicalDate: null } as const;
  const ended = { startDate: "2026-01-31T11:49:00.000Z", endDate: END };
  await metadata.runs.create({ ...base, runId: "good", state: "success", ...ended });
  const late = { runAfter: "2026-01-31T11:00:00.000Z", endDate: "2026-01-31T11:55:00.000Z" };
  await metadata.runs.create({ ...base, runId: "bad", state: "failed", failure, ...late });
  return product;
}

describe("the shell", () => {
  test("says who asks, what it may do, and counts", async () => {
    const { app } = await createProduct();
    const shell = await askUi(app, "/shell");
    expect(shell).toMatchObject({
      now: "2026-01-31T12:00:00Z",
      user: { name: "ann", is_admin: true },
      instance: { kind: "embedded", version: "1.2.3" },
      counts: { dags: 2, failing: 1, running: 1, answers: 0, import_errors: 0 },
      starred: [],
      parts: [
        { id: "scheduler", status: "healthy" },
        { id: "dag_processor", status: "healthy" },
      ],
    });
    expect(shell.can).toContain("dags.trigger");
    expect(shell.can).toContain("users.create");
  });

  test("has the DAGs that the caller has marked", async () => {
    const { app, ask } = await createProduct();
    await ask("/dags/etl/favorite", { method: "POST" });
    expect((await askUi(app, "/shell")).starred).toEqual([{ dag_id: "etl", state: "running" }]);
    expect((await askUi(app, "/dags?q=etl")).dags).toMatchObject([{ is_favorite: true }]);
  });
});

describe("the first page", () => {
  test("says what needs somebody, with the error's first line", async () => {
    const { app } = await createProduct();
    const home = await askUi(app, "/home");
    expect(home.sentence).toEqual({
      failing: 1,
      waiting: 0,
      broken_files: 0,
      fine: 1,
      ended: 2,
      succeeded: 1,
    });
    expect(home.attention).toEqual([
      {
        kind: "failed",
        dag_id: "by_hand",
        dag_run_id: "bad",
        task_id: "load",
        map_index: -1,
        since: "2026-01-31T11:55:00Z",
        in_a_row: 1,
        text: "TypeError: no rows",
        file: null,
        line: null,
      },
    ]);
    expect(home.running).toMatchObject([
      { dag_id: "etl", dag_run_id: RUNNING_RUN, progress: { done: 0, total: 3, running: 1 } },
    ]);
  });

  test("counts runs by quarters of an hour", async () => {
    const { app } = await createProduct();
    const { strip } = await askUi(app, "/home?hours=2");
    expect(strip.from).toBe("2026-01-31T10:15:00Z");
    expect(strip.success).toEqual([0, 0, 0, 0, 0, 0, 1, 0]);
    expect(strip.failed).toEqual([0, 0, 0, 0, 0, 0, 1, 0]);
    expect(strip.running[0]).toBe(1);
    expect(await refusedUi(app, "/home?hours=25")).toMatchObject([422, {}]);
  });

  test("shows files with errors and open questions", async () => {
    const { app, metadata } = await createProduct();
    const message = 'Task "a" is placed twice';
    await metadata.files.put({
      file: "broken.ts",
      imports: [],
      dagIds: [],
      processedAt: "2026-01-31T11:58:00.000Z",
      diagnostics: [
        { code: "import-failed", severity: "error", file: "broken.ts", line: 7, message },
      ],
    });
    const home = await askUi(app, "/home");
    expect(home.attention[0]).toMatchObject({
      kind: "file",
      file: "broken.ts",
      line: 7,
      text: message,
    });
    expect(home.sentence.broken_files).toBe(1);
    expect((await askUi(app, "/shell")).counts.import_errors).toBe(1);
  });

  test("says what runs next", async () => {
    const { app, metadata } = await createProduct();
    const document = dagDocument({
      dagId: "hourly",
      schedule: { kind: "cron", cron: "30 * * * *" },
      startDate: "2026-01-01T00:00:00.000Z",
      tasks: [taskDocument("only")],
    });
    await publish(metadata, document, { isPaused: false });
    const home = await askUi(app, "/home");
    // The first run of a schedule that doesn't catch up is that of the tick before.
    expect(home.next).toEqual([{ dag_id: "hourly", at: "2026-01-31T11:30:00Z" }]);
    expect(home.strip.planned).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe("the list of DAGs", () => {
  test("a row says what runs, what is wrong, what is usual and what comes next", async () => {
    const { app } = await createProduct();
    const { dags, ...rest } = await askUi(app, "/dags");
    expect(rest).toEqual({
      total: 2,
      counts: { all: 2, failing: 1, running: 1, waiting: 0, paused: 1 },
      next_offset: null,
    });
    expect(dags.map(({ dag_id: dagId }: { dag_id: string }) => dagId)).toEqual(["by_hand", "etl"]);
    expect(dags[1]).toMatchObject({
      dag_display_name: "Orders",
      description: "Loads orders",
      tags: ["my_dags", "orders"],
      is_paused: true,
      next_run_at: null,
      last_run: { dag_run_id: RUNNING_RUN, state: "running", progress: { total: 3 } },
      schedule: { kind: "cron", summary: "0 6 * * *", timezone: "UTC", assets: [] },
      median_s: 4.5,
      runs: { s: "sfr", d: [4.5, 4.5, null] },
    });
    expect(dags[0].trouble).toMatchObject({ kind: "failed", text: "TypeError: no rows" });
  });

  test.each([
    ["state=failing", ["by_hand"]],
    ["state=running", ["etl"]],
    ["state=paused", ["etl"]],
    ["state=active", ["by_hand"]],
    ["state=waiting", []],
    ["tag=orders&tag=nothing", ["etl"]],
    ["owner=ann", ["etl"]],
    ["schedule=time", ["etl"]],
    ["schedule=none", ["by_hand"]],
    ["schedule=assets", []],
    ["q=ORDERS", ["etl"]],
    ["q=hand", ["by_hand"]],
    ["sort=name", ["by_hand", "etl"]],
    ["sort=last_run", ["by_hand", "etl"]],
    ["sort=duration", ["by_hand", "etl"]],
    ["sort=next_run", ["by_hand", "etl"]],
    ["sort=name&limit=1&offset=1", ["etl"]],
  ])("%s leaves these, in this order", async (query, wanted) => {
    const { app } = await createProduct();
    const { dags } = await askUi(app, `/dags?${query}`);
    expect(dags.map(({ dag_id: dagId }: { dag_id: string }) => dagId)).toEqual(wanted);
  });

  test("other values, and parameters that there aren't, are refused", async () => {
    const { app } = await createProduct();
    expect((await refusedUi(app, "/dags?state=odd"))[0]).toBe(422);
    expect((await refusedUi(app, "/dags?colour=red"))[0]).toBe(400);
  });

  test("follows what changes: a pause, a run, a DAG that goes", async () => {
    const { app, ask, metadata } = await createProduct();
    await askUi(app, "/dags");
    await ask("/dags/by_hand", { method: "PATCH", body: { is_paused: true } });
    expect((await askUi(app, "/dags?q=by_hand")).dags[0].is_paused).toBe(true);
    await metadata.runs.update({
      dagId: "etl",
      runId: RUNNING_RUN,
      from: ["running"],
      set: { state: "success", endDate: END },
    });
    expect((await askUi(app, "/dags?q=etl")).dags[0].runs.s).toBe("sfs");
    await metadata.dags.forget("etl");
    expect((await askUi(app, "/dags")).total).toBe(1);
  });
});

test("who may see some DAGs is told of no others, by counts neither", async () => {
  const { createUser, logIn, metadata, app } = await createAccessProduct();
  const accessControl = { Team: { DAGs: ["can_read"] } } as const;
  await metadata.dagAccess.put({ dagId: "by_hand", accessControl });
  const permissions = [
    { action: "can_read", resource: "DAG Runs" },
    { action: "can_read", resource: "Task Instances" },
  ] as const;
  await metadata.roles.put({ name: "Team", permissions });
  await createUser("ben", ["Team"]);
  const headers = { authorization: `Bearer ${await logIn("ben")}` };
  const shell = await askUi(app, "/shell", headers);
  expect(shell.counts).toEqual({ dags: 1, failing: 0, running: 0, answers: 0, import_errors: 0 });
  expect(shell.can).not.toContain("dags.trigger");
  const list = await askUi(app, "/dags", headers);
  expect(list.counts.all).toBe(1);
  expect(list.dags.map(({ dag_id: dagId }: { dag_id: string }) => dagId)).toEqual(["by_hand"]);
  const home = await askUi(app, "/home", headers);
  expect(home.running).toEqual([]);
  expect(home.sentence.ended).toBe(0);
});
