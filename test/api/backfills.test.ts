// Backfills through the API: answers as in Airflow's document, and refusals in its words.
import { describe, expect, test } from "vitest";
import { complaints } from "./airflow-document.ts";
import { createApiProduct } from "./api-product.ts";

interface Case {
  readonly path: string;
  readonly asked?: string;
  readonly method?: "get" | "post" | "put";
  readonly body?: unknown;
  readonly status?: number;
  /** Text that the answer contains. */
  readonly says?: string;
}

const RANGE = {
  dag_id: "etl",
  from_date: "2025-12-01T00:00:00Z",
  to_date: "2025-12-03T23:00:00Z",
};
const created = { path: "/backfills", method: "post" } as const;
const tried = { path: "/backfills/dry_run", method: "post" } as const;
const ONE = "/backfills/{backfill_id}";

const CASES: readonly Case[] = [
  { ...created, body: RANGE, says: '"dag_run_conf":null,"is_paused":false' },
  { ...created, body: { ...RANGE, dag_run_conf: { day: "friday" } }, says: '"day":"friday"' },
  { ...created, body: { ...RANGE, dag_run_conf: { day: 5 } }, status: 422, says: "this conf: day" },
  { ...created, body: { ...RANGE, dag_id: "nothing" }, status: 404, says: "Could not find dag" },
  { ...created, body: { ...RANGE, dag_id: "by_hand" }, status: 422, says: "non-periodic" },
  { ...created, body: { ...RANGE, to_date: "2025-11-01" }, status: 422, says: "must not be after" },
  { ...created, body: { ...RANGE, max_active_runs: 0 }, status: 422, says: "max_active_runs" },
  { ...created, body: { ...RANGE, from_date: "soon" }, status: 422, says: "valid datetime" },
  { ...created, body: { ...RANGE, reprocess_behavior: "all" }, status: 422, says: "'completed'" },
  { ...created, body: { ...RANGE, color: "red" }, status: 422, says: "Extra inputs" },
  { ...created, body: { dag_id: "etl" }, status: 422, says: "Field required" },
  { ...tried, body: RANGE, says: '"total_entries":3' },
  { ...tried, body: { ...RANGE, dag_id: "nothing" }, status: 404 },
  { path: "/backfills", asked: "/backfills?dag_id=etl", says: '"total_entries":0' },
  { path: "/backfills", status: 422, says: "Field required" },
  { path: ONE, asked: "/backfills/7", status: 404, says: "Backfill not found" },
  { path: ONE, asked: "/backfills/x", status: 422, says: "valid integer" },
  { path: `${ONE}/pause`, asked: "/backfills/7/pause", method: "put", status: 404 },
  { path: `${ONE}/unpause`, asked: "/backfills/7/unpause", method: "put", status: 404 },
  { path: `${ONE}/cancel`, asked: "/backfills/7/cancel", method: "put", status: 404 },
];

describe("answers have Airflow's shape", () => {
  test.each(CASES)("$method $path $body $asked", async (given) => {
    const { path, asked = path, method = "get", body, status = 200, says = "" } = given;
    const { ask } = await createApiProduct();
    const answer = await ask(asked, { method, ...(body === undefined ? {} : { body }) });
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    // A text as detail is what Airflow answers for what can't be backfilled, too.
    const isText = status === 422 && typeof answer.body.detail === "string";
    if (!isText) expect(complaints(path, method, status, answer.body)).toEqual([]);
    expect(JSON.stringify(answer.body)).toContain(says);
  });
});

test("a backfill is looked at, paused, unpaused, cancelled, and listed among its DAG's", async () => {
  const { ask } = await createApiProduct();
  const { body: backfill } = await ask("/backfills", { method: "post", body: RANGE });
  const path = `/backfills/${backfill.id}`;
  expect(backfill).toMatchObject({
    dag_id: "etl",
    from_date: "2025-12-01T00:00:00Z",
    to_date: "2025-12-03T23:00:00Z",
    reprocess_behavior: "none",
    max_active_runs: 10,
    completed_at: null,
    dag_display_name: "Orders",
  });
  expect((await ask("/backfills", { method: "post", body: RANGE })).status).toBe(409);
  expect(await ask(path)).toEqual({ status: 200, body: backfill });
  for (const [action, isPaused] of [
    ["pause", true],
    ["unpause", false],
    ["cancel", true],
  ] as const) {
    const { status, body } = await ask(`${path}/${action}`, { method: "put" });
    expect([status, body.is_paused, body.completed_at !== null]).toEqual([
      200,
      isPaused,
      action === "cancel",
    ]);
    expect(complaints(`${ONE}/${action}`, "put", 200, body)).toEqual([]);
  }
  for (const action of ["pause", "unpause", "cancel"]) {
    const again = await ask(`${path}/${action}`, { method: "put" });
    expect(again).toEqual({ status: 409, body: { detail: "Backfill is already completed." } });
  }
  const { body: list } = await ask("/backfills?dag_id=etl&order_by=-id&limit=5");
  expect(list).toMatchObject({ backfills: [{ id: backfill.id }], total_entries: 1 });
  expect(complaints("/backfills", "get", 200, list)).toEqual([]);
  expect((await ask("/backfills?dag_id=etl&order_by=color")).status).toBe(400);
});

test("what would become of each date, how far a backfill has got, and what it left out", async () => {
  const { ask, metadata, services } = await createApiProduct();
  const body = { ...RANGE, from_date: "2026-01-28", to_date: "2026-01-31" };
  const { body: dry } = await ask("/backfills/dry_run?explain=true", { method: "post", body });
  const actions = dry.backfills.map(({ action }: { readonly action: string }) => action);
  expect(actions).toEqual(["create", "already exists", "already exists"]);
  const { body: backfill } = await ask("/backfills", { method: "post", body });
  const path = `/backfills/${backfill.id}`;
  const progress = { id: backfill.id, total_dates: 3, dealt_with: 0, active_runs: 0 };
  expect((await ask(`${path}/progress`)).body).toMatchObject(progress);
  const dag = await metadata.dags.get("etl");
  if (!dag) throw new Error("the DAG is gone");
  await metadata.dags.put({ ...dag, isPaused: false, revision: dag.revision + 1 });
  await services.scheduler.schedule("etl");
  const { body: now } = await ask(`${path}/progress`);
  expect(now).toMatchObject({
    dealt_with: 3,
    skipped: { "already exists": 2 },
    is_cancelled: false,
  });
  expect((await ask(`${path}/skipped_dates`)).body).toMatchObject({
    skipped_dates: [
      { sort_ordinal: 2, logical_date: "2026-01-29T06:00:00Z", exception_reason: actions[1] },
      { sort_ordinal: 3, logical_date: "2026-01-30T06:00:00Z", exception_reason: actions[2] },
    ],
    total_entries: 2,
  });
});
