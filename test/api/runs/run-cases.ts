// Operations of runs and of what runs hold, whose answers schemas.test.ts holds against Airflow's
// document: each with a success and with what it refuses.
import { FAILED_RUN, RUNNING_RUN } from "../api-product.ts";

const RUNS = "/dags/{dag_id}/dagRuns";
const RUN = `${RUNS}/{dag_run_id}`;
const INSTANCES = `${RUN}/taskInstances`;
const INSTANCE = `${INSTANCES}/{task_id}`;
const FAILED = `/dags/etl/dagRuns/${encodeURIComponent(FAILED_RUN)}`;
const RUNNING = `/dags/etl/dagRuns/${encodeURIComponent(RUNNING_RUN)}`;
const LOAD = `${FAILED}/taskInstances/load`;
const GROUP = `${FAILED}/taskGroupInstances/group`;

const xcoms = { path: `${INSTANCE}/xcomEntries`, method: "post" } as const;
const xcom = { path: `${INSTANCE}/xcomEntries/{xcom_key}` } as const;
const group = { path: `${RUN}/taskGroupInstances/{group_id}`, method: "patch" } as const;
const all = "/dags/~/dagRuns/~/taskInstances";

export const RUN_CASES = [
  { path: `${RUNS}/list`, asked: "/dags/~/dagRuns/list", method: "post", body: {} },
  {
    path: `${RUNS}/list`,
    asked: "/dags/~/dagRuns/list",
    method: "post",
    body: { states: ["unknown"] },
    status: 422,
  },
  { path: `${RUNS}/list`, asked: "/dags/etl/dagRuns/list", method: "post", body: {}, status: 422 },
  { path: `${RUN}/wait`, asked: `${FAILED}/wait`, status: 422 },
  { path: `${RUN}/wait`, asked: "/dags/etl/dagRuns/none/wait?interval=1", status: 404 },
  { path: RUN, asked: RUNNING, method: "delete", status: 409 },
  {
    path: RUNS,
    asked: "/dags/etl/dagRuns",
    method: "patch",
    body: { actions: [{ action: "update", entities: [{ dag_run_id: FAILED_RUN, note: "a" }] }] },
  },
  {
    path: RUNS,
    asked: "/dags/etl/dagRuns",
    method: "patch",
    body: { actions: [{ action: "remove", entities: [] }] },
    status: 422,
  },
  {
    path: "/dags/{dag_id}/clearDagRuns",
    asked: "/dags/etl/clearDagRuns",
    method: "post",
    body: { dag_runs: [{ dag_run_id: FAILED_RUN }], dry_run: false },
  },
  {
    path: "/dags/{dag_id}/clearDagRuns",
    asked: "/dags/etl/clearDagRuns",
    method: "post",
    body: { dag_runs: [{ dag_run_id: "none" }] },
    status: 404,
  },
  {
    path: "/dags/{dag_id}/clearDagRuns",
    asked: "/dags/~/clearDagRuns",
    method: "post",
    body: { dag_runs: [{ dag_run_id: FAILED_RUN }] },
    status: 400,
  },
  {
    path: "/dags/{dag_id}/clearDagRuns",
    asked: "/dags/etl/clearDagRuns",
    method: "post",
    body: {},
    status: 422,
  },
  { path: `${INSTANCES}/list`, asked: `${all}/list`, method: "post", body: { page_limit: 2 } },
  {
    path: `${INSTANCES}/list`,
    asked: `${all}/list`,
    method: "post",
    body: { page_limit: -1 },
    status: 422,
  },
  {
    path: INSTANCES,
    asked: `${FAILED}/taskInstances`,
    method: "patch",
    body: { actions: [{ action: "update", entities: [{ task_id: "load", note: "a" }] }] },
  },
  {
    path: INSTANCES,
    asked: `${FAILED}/taskInstances`,
    method: "patch",
    body: { actions: [{ action: "update", entities: [{}] }] },
    status: 422,
  },
  { path: INSTANCE, asked: LOAD, method: "delete" },
  { path: INSTANCE, asked: `${LOAD}?map_index=3`, method: "delete", status: 404 },
  { path: `${INSTANCE}/{map_index}`, asked: `${LOAD}/-1` },
  { path: `${INSTANCE}/{map_index}`, asked: `${LOAD}/2`, status: 404 },
  { path: `${INSTANCE}/listMapped`, asked: `${LOAD}/listMapped`, status: 404 },
  { path: `${INSTANCE}/links`, asked: `${LOAD}/links?try_number=1` },
  { path: `${INSTANCE}/links`, asked: `${LOAD}/links?try_number=7`, status: 404 },
  {
    path: `${INSTANCE}/externalLogUrl/{try_number}`,
    asked: `${LOAD}/externalLogUrl/1`,
    status: 400,
  },
  { ...group, asked: GROUP, body: { new_state: "success" } },
  { ...group, asked: GROUP, body: { note: "seen" } },
  { ...group, asked: GROUP, body: {}, status: 400 },
  { ...group, asked: GROUP.replace(/group$/, "none"), body: { new_state: "failed" }, status: 404 },
  { ...group, asked: GROUP, body: { new_state: "running" }, status: 422 },
  {
    ...group,
    path: `${group.path}/dry_run`,
    asked: `${GROUP}/dry_run`,
    body: { new_state: "failed" },
  },
  {
    ...group,
    path: `${group.path}/dry_run`,
    asked: `${GROUP}/dry_run`,
    body: { new_state: "" },
    status: 422,
  },
  { ...xcoms, asked: `${LOAD}/xcomEntries`, body: { key: "a", value: [1] }, status: 201 },
  { ...xcoms, asked: `${LOAD}/xcomEntries`, body: { key: "rows", value: 1 }, status: 409 },
  { ...xcoms, asked: `${LOAD}/xcomEntries`, body: { key: "a" }, status: 422 },
  {
    ...xcoms,
    asked: LOAD.replace(/load$/, "none/xcomEntries"),
    body: { key: "a", value: 1 },
    status: 404,
  },
  { ...xcom, asked: `${LOAD}/xcomEntries/rows`, method: "patch", body: { value: null } },
  { ...xcom, asked: `${LOAD}/xcomEntries/none`, method: "patch", body: { value: 1 }, status: 404 },
  { ...xcom, asked: `${LOAD}/xcomEntries/none`, method: "delete", status: 404 },
] as const;
