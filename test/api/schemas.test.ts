// Every answer of the API against Airflow 3.3.2's OpenAPI document: what its own clients check.
import { describe, expect, test } from "vitest";
import { complaints } from "./airflow-document.ts";
import { createApiProduct, FAILED_RUN, RUNNING_RUN } from "./api-product.ts";
import { RUN_CASES } from "./runs/run-cases.ts";

interface Case {
  /** Path in Airflow's document. */
  readonly path: string;
  /** The path that is asked for. */
  readonly asked: string;
  readonly method?: "get" | "post" | "patch" | "delete";
  readonly body?: unknown;
  readonly status?: number;
}

const INSTANCES = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances";
const LOAD = `/dags/etl/dagRuns/${encodeURIComponent(FAILED_RUN)}/taskInstances/load`;
const EXTRACT = `/dags/etl/dagRuns/${encodeURIComponent(RUNNING_RUN)}/taskInstances/extract`;

const CASES: readonly Case[] = [
  ...RUN_CASES,
  { path: "/monitor/health", asked: "/monitor/health" },
  { path: "/version", asked: "/version" },
  { path: "/eventLogs", asked: "/eventLogs" },
  { path: "/eventLogs/{event_log_id}", asked: "/eventLogs/1", status: 404 },
  { path: "/dags", asked: "/dags" },
  { path: "/dags", asked: "/dags?limit=x", status: 422 },
  { path: "/dags/{dag_id}", asked: "/dags/etl" },
  { path: "/dags/{dag_id}", asked: "/dags/nothing", status: 404 },
  { path: "/dags/{dag_id}", asked: "/dags/etl", method: "patch", body: { is_paused: false } },
  { path: "/dags/{dag_id}", asked: "/dags/etl", method: "patch", body: {}, status: 422 },
  { path: "/dags/{dag_id}", asked: "/dags/nothing", method: "delete", status: 404 },
  { path: "/dags/{dag_id}", asked: "/dags/etl", method: "delete", status: 409 },
  { path: "/dags/{dag_id}/details", asked: "/dags/etl/details" },
  { path: "/dags/{dag_id}/details", asked: "/dags/by_hand/details" },
  { path: "/dags/{dag_id}/tasks", asked: "/dags/etl/tasks" },
  { path: "/dags/{dag_id}/tasks/{task_id}", asked: "/dags/etl/tasks/load" },
  { path: "/dags/{dag_id}/tasks/{task_id}", asked: "/dags/etl/tasks/nothing", status: 404 },
  { path: "/dags/{dag_id}/dagRuns", asked: "/dags/etl/dagRuns" },
  { path: "/dags/{dag_id}/dagRuns", asked: "/dags/~/dagRuns?cursor=" },
  { path: "/dags/{dag_id}/dagRuns", asked: "/dags/etl/dagRuns?order_by=nothing", status: 400 },
  {
    path: "/dags/{dag_id}/dagRuns",
    asked: "/dags/etl/dagRuns",
    method: "post",
    body: { logical_date: "2026-01-15T00:00:00Z", conf: { day: "friday" }, note: "by hand" },
  },
  {
    path: "/dags/{dag_id}/dagRuns",
    asked: "/dags/etl/dagRuns",
    method: "post",
    body: { logical_date: null, conf: { day: 5 } },
    status: 400,
  },
  {
    path: "/dags/{dag_id}/dagRuns",
    asked: "/dags/etl/dagRuns",
    method: "post",
    body: { logical_date: "2026-01-30T06:00:00Z" },
    status: 409,
  },
  {
    path: "/dags/{dag_id}/dagRuns",
    asked: "/dags/etl/dagRuns",
    method: "post",
    body: { conf: [] },
    status: 422,
  },
  {
    path: "/dags/{dag_id}/dagRuns/{dag_run_id}",
    asked: `/dags/etl/dagRuns/${encodeURIComponent(FAILED_RUN)}`,
  },
  {
    path: "/dags/{dag_id}/dagRuns/{dag_run_id}",
    asked: "/dags/etl/dagRuns/nothing",
    status: 404,
  },
  {
    path: INSTANCES,
    asked: `/dags/etl/dagRuns/${encodeURIComponent(FAILED_RUN)}/taskInstances`,
  },
  { path: `${INSTANCES}/{task_id}`, asked: LOAD },
  { path: `${INSTANCES}/{task_id}`, asked: LOAD.replace(/load$/, "nothing"), status: 404 },
  {
    path: `${INSTANCES}/{task_id}/dependencies`,
    asked: LOAD.replace(/load$/, "alert/dependencies"),
  },
  {
    path: `${INSTANCES}/{task_id}/dependencies`,
    asked: LOAD.replace(/load$/, "nothing/dependencies"),
    status: 404,
  },
  { path: `${INSTANCES}/{task_id}/{map_index}/dependencies`, asked: `${LOAD}/-1/dependencies` },
  {
    path: `${INSTANCES}/{task_id}/{map_index}/dependencies`,
    asked: `${LOAD}/0/dependencies`,
    status: 404,
  },
  { path: `${INSTANCES}/{task_id}/logs/{try_number}`, asked: `${LOAD}/logs/2?full_content=true` },
  { path: `${INSTANCES}/{task_id}/logs/{try_number}`, asked: `${EXTRACT}/logs/1` },
  { path: `${INSTANCES}/{task_id}/logs/{try_number}`, asked: `${LOAD}/logs/x`, status: 422 },
  { path: `${INSTANCES}/{task_id}/xcomEntries`, asked: `${LOAD}/xcomEntries` },
  { path: `${INSTANCES}/{task_id}/xcomEntries/{xcom_key}`, asked: `${LOAD}/xcomEntries/rows` },
  {
    path: `${INSTANCES}/{task_id}/xcomEntries/{xcom_key}`,
    asked: `${LOAD}/xcomEntries/nothing`,
    status: 404,
  },
  { path: "/pools", asked: "/pools" },
  { path: "/pools", asked: "/pools?limit=x", status: 422 },
  { path: "/pools", asked: "/pools", method: "post", body: { name: "db", slots: 3 }, status: 201 },
  { path: "/pools", asked: "/pools", method: "post", body: { name: "db", slots: -2 }, status: 422 },
  {
    path: "/pools",
    asked: "/pools",
    method: "post",
    body: { name: "default_pool", slots: 3 },
    status: 409,
  },
  {
    path: "/pools",
    asked: "/pools",
    method: "patch",
    body: {
      actions: [
        { action: "create", entities: [{ name: "db", slots: 1 }] },
        { action: "delete", entities: ["nothing"] },
      ],
    },
  },
  { path: "/pools/{pool_name}", asked: "/pools/default_pool" },
  { path: "/pools/{pool_name}", asked: "/pools/nothing", status: 404 },
  {
    path: "/pools/{pool_name}",
    asked: "/pools/default_pool",
    method: "patch",
    body: { slots: 5, include_deferred: true },
  },
  {
    path: "/pools/{pool_name}",
    asked: "/pools/default_pool",
    method: "patch",
    body: { description: "mine" },
    status: 400,
  },
  { path: "/pools/{pool_name}", asked: "/pools/nothing", method: "delete", status: 404 },
  { path: "/pools/{pool_name}", asked: "/pools/default_pool", method: "delete", status: 400 },
  { path: "/importErrors", asked: "/importErrors" },
  { path: "/importErrors/{import_error_id}", asked: "/importErrors/1", status: 404 },
];

describe("answers are as in Airflow's document", () => {
  const cases = CASES.map((given) => ({ method: "get", status: 200, ...given }));
  test.each(cases)("$method $asked: $status", async ({ path, asked, method, body, status }) => {
    const { ask, metadata } = await createApiProduct();
    await metadata.files.put({
      file: "broken.ts",
      imports: [],
      dagIds: [],
      processedAt: "2026-01-30T08:00:00.250Z",
      diagnostics: [{ code: "cycle", severity: "error", message: "a → b → a", line: 3 }],
    });
    const answer = await ask(asked, { method: method.toUpperCase(), body });
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    expect(complaints(path, method, status, answer.body)).toEqual([]);
  });

  test("an answer that misses a field would be noticed", async () => {
    const { ask } = await createApiProduct();
    const { owners, ...rest } = (await ask("/dags/etl")).body;
    expect(owners).toBeDefined();
    expect(complaints("/dags/{dag_id}", "get", 200, rest)).toMatchObject([{ keyword: "required" }]);
    expect(complaints("/dags/{dag_id}", "get", 200, { ...rest, owners: null })).toMatchObject([
      { keyword: "type" },
    ]);
  });
});
