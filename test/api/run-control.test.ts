// Clears, marks, notes and tries through the API: answers as in Airflow's document, and refusals in
// its words.
import { describe, expect, test } from "vitest";
import { complaints } from "./airflow-document.ts";
import { createApiProduct, FAILED_RUN, RUNNING_RUN } from "./api-product.ts";

const CLEAR = "/dags/{dag_id}/clearTaskInstances";
const RUN = "/dags/{dag_id}/dagRuns/{dag_run_id}";
const INSTANCE = `${RUN}/taskInstances/{task_id}`;
const FAILED = `/dags/etl/dagRuns/${encodeURIComponent(FAILED_RUN)}`;
const RUNNING = `/dags/etl/dagRuns/${encodeURIComponent(RUNNING_RUN)}`;
const LOAD = `${FAILED}/taskInstances/load`;

interface Case {
  readonly path: string;
  readonly asked: string;
  readonly method: "get" | "post" | "patch";
  readonly body?: unknown;
  readonly status?: number;
  /** Text that the answer contains. */
  readonly says?: string;
}

const ofFailed = { dag_run_id: FAILED_RUN };
const clears = { path: CLEAR, asked: "/dags/etl/clearTaskInstances", method: "post" } as const;
const clearsRun = { path: `${RUN}/clear`, asked: `${FAILED}/clear`, method: "post" } as const;
const marks = { path: INSTANCE, asked: LOAD, method: "patch" } as const;

const CASES: readonly Case[] = [
  { ...clears, body: {}, says: '"total_entries":1' },
  { ...clears, body: { ...ofFailed, task_ids: ["load", ["alert", -1]], only_failed: false } },
  { ...clears, body: { ...ofFailed, dry_run: false, note: "again" }, says: '"state":null' },
  { ...clears, body: { start_date: "2026-01-30T00:00:00Z", end_date: "2026-01-31T00:00:00Z" } },
  { ...clears, asked: "/dags/nothing/clearTaskInstances", body: {}, status: 404 },
  { ...clears, body: { dag_run_id: "nothing" }, status: 404, says: "was not found" },
  { ...clears, body: { ...ofFailed, task_ids: ["nothing"] }, status: 404 },
  { ...clears, body: { task_ids: [] }, status: 422, says: "at least 1 element" },
  { ...clears, body: { only_failed: true, only_running: true }, status: 422 },
  { ...clears, body: { ...ofFailed, start_date: "2026-01-30T00:00:00Z" }, status: 422 },
  { ...clears, body: { start_date: "yesterday" }, status: 422 },
  {
    ...clears,
    body: { dag_run_id: RUNNING_RUN, only_failed: false, prevent_running_task: true },
    status: 409,
    says: "prevent_running_task",
  },
  { ...clearsRun, body: {}, says: '"total_entries":3' },
  { ...clearsRun, body: { only_new: true }, says: '"total_entries":0' },
  { ...clearsRun, body: { dry_run: false, note: "once more" }, says: '"note":"once more"' },
  {
    ...clearsRun,
    body: { dry_run: false, conf: { day: "friday" } },
    says: '"conf":{"day":"friday"}',
  },
  { ...clearsRun, asked: "/dags/etl/dagRuns/nothing/clear", body: {}, status: 404 },
  { path: RUN, asked: FAILED, method: "patch", body: { state: "success" }, says: '"success"' },
  { path: RUN, asked: FAILED, method: "patch", body: { note: "seen" }, says: '"note":"seen"' },
  { path: RUN, asked: FAILED, method: "patch", body: { state: "running" }, status: 422 },
  { path: RUN, asked: "/dags/etl/dagRuns/x", method: "patch", body: { note: "a" }, status: 404 },
  { ...marks, body: { new_state: "success" }, says: '"state":"success"' },
  { ...marks, body: { note: "seen" }, says: '"note":"seen"' },
  { ...marks, body: { new_state: "failed" }, status: 409, says: "already in failed state" },
  { ...marks, body: { new_state: "running" }, status: 422, says: "'running' is not one of" },
  { ...marks, body: { new_state: null }, status: 422, says: "should not be empty" },
  { ...marks, asked: `${FAILED}/taskInstances/none`, body: { new_state: "failed" }, status: 404 },
  {
    path: `${INSTANCE}/dry_run`,
    asked: `${LOAD}/dry_run`,
    method: "patch",
    body: { new_state: "success", include_downstream: true },
    says: '"total_entries":2',
  },
  {
    path: `${INSTANCE}/{map_index}`,
    asked: `${LOAD}/-1`,
    method: "patch",
    body: { new_state: "skipped" },
  },
  { path: `${INSTANCE}/tries`, asked: `${LOAD}/tries`, method: "get", says: '"total_entries":2' },
  { path: `${INSTANCE}/tries/{task_try_number}`, asked: `${LOAD}/tries/1`, method: "get" },
  {
    path: `${INSTANCE}/tries/{task_try_number}`,
    asked: `${LOAD}/tries/9`,
    method: "get",
    status: 404,
    says: "try_number: `9`",
  },
  { path: `${INSTANCE}/{map_index}/tries`, asked: `${LOAD}/-1/tries`, method: "get" },
];

describe("answers are as in Airflow's document", () => {
  test.each(CASES)(
    "$method $asked $body: $status",
    async ({ path, asked, method, body, status = 200, says = "" }) => {
      const { ask } = await createApiProduct();
      const answer = await ask(asked, { method: method.toUpperCase(), body });
      expect(answer.status, JSON.stringify(answer.body)).toBe(status);
      // Airflow's own answers fit both of its alternatives there, though it says "oneOf".
      const isAmbiguous = path.endsWith("/clear") && answer.body.task_instances?.length > 0;
      if (!isAmbiguous) expect(complaints(path, method, status, answer.body)).toEqual([]);
      expect(JSON.stringify(answer.body)).toContain(says);
    },
  );
});

test("tries stay when an instance is cleared, and their logs can be read", async () => {
  const { ask } = await createApiProduct();
  await ask("/dags/etl/clearTaskInstances", { body: { ...ofFailed, dry_run: false } });
  const { body } = await ask(`${LOAD}/tries`);
  const tries = body.task_instances.map((each: { try_number: number; state: string }) => [
    each.try_number,
    each.state,
  ]);
  expect(tries).toEqual([
    [1, "failed"],
    [2, "failed"],
  ]);
  const { content } = (await ask(`${LOAD}/logs/2?full_content=true`)).body;
  expect(content.map(({ event }: { event: string }) => event)).toContain("no rows");
});

test("a run that has ended is deleted, one that goes on is refused", async () => {
  const { ask } = await createApiProduct();
  const refused = await ask(RUNNING, { method: "DELETE" });
  expect(refused).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining("cannot be deleted in running state") },
  });
  expect((await ask(FAILED, { method: "DELETE" })).status).toBe(204);
  expect((await ask(FAILED)).status).toBe(404);
  expect((await ask(FAILED, { method: "DELETE" })).status).toBe(404);
});

test("only fields that the mask names are changed", async () => {
  const { ask } = await createApiProduct();
  const body = { state: "success", note: "seen" };
  const answer = await ask(`${FAILED}?update_mask=note`, { method: "PATCH", body });
  expect(answer.body).toMatchObject({ state: "failed", note: "seen" });
  const wrong = await ask(`${FAILED}?update_mask=conf`, { method: "PATCH", body });
  expect(wrong.status).toBe(400);
});
