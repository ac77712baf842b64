// What each operation that changes something tells the event log: what was there before and what is
// after it, with a request that makes it. told-stored-changes.ts has those of stored things.
import type { OperationId } from "../../../src/api/document/shapes.ts";
import { assetIdOf, inputRequestKey } from "../../../src/model/ids.ts";
import { dagDocument, taskDocument } from "../../model/documents.ts";
import { type ApiProduct, FAILED_RUN, publish, RUNNING_RUN } from "../api-product.ts";

export interface ToldChange {
  /** Makes what the request is about; may answer values for its path. */
  prepare?(product: ApiProduct): Promise<unknown>;
  /** Values for the path of the operation. */
  readonly at?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
  /** Matched; null is nothing. */
  readonly before: unknown;
  readonly after: unknown;
}

const NAME = `etl.${FAILED_RUN}`;
const RUN = { dag_id: "etl", dag_run_id: FAILED_RUN };
const LOAD = { ...RUN, task_id: "load" };
const ALERT = `etl.${RUNNING_RUN}.alert`;
const X = { kind: "asset", name: "x", uri: "s3://b/x", group: "asset" } as const;
const X_ID = assetIdOf(X);

const one = (name: string, value: unknown) => ({
  total_entries: 1,
  first: { [name]: value },
});
const load = (state: string | null, note: string | null = null) => ({
  task_instances: one(`${NAME}.load`, { state, note }),
});
const run = (state: string, note: string | null = null) => ({
  dag_runs: one(NAME, { state, note }),
});

async function withAssets({ ask, metadata, services }: ApiProduct): Promise<void> {
  const producer = dagDocument({ dagId: "producer", tasks: [taskDocument("t", { outlets: [X] })] });
  const reader = dagDocument({
    dagId: "reader",
    schedule: { kind: "assets", condition: X },
    tasks: [taskDocument("t")],
  });
  for (const document of [producer, reader]) {
    await publish(metadata, document, { isPaused: document === reader });
    await services.scheduler.schedule(document.dagId);
  }
  const dag = await metadata.dags.get("reader");
  // What comes during a pause is in no queue.
  if (dag) await metadata.dags.put({ ...dag, isPaused: false, revision: dag.revision + 1 });
  await ask("/assets/events", { body: { asset_id: X_ID } });
}

const BACKFILL = { dag_id: "etl", from_date: "2025-12-01", to_date: "2025-12-03" };

async function withBackfill({ ask }: ApiProduct) {
  const { body } = await ask("/backfills", { body: BACKFILL });
  return { backfill_id: String(body.id) };
}

const QUESTION = { dagId: "etl", runId: RUNNING_RUN, taskId: "alert", mapIndex: -1 };

async function withQuestion({ metadata }: ApiProduct): Promise<void> {
  const startDate = "2026-01-31T11:00:00.000Z";
  const set = { state: "awaiting_input", tryNumber: 1, startDate } as const;
  await metadata.taskInstances.update({ key: QUESTION, from: [null], set });
  await metadata.inputRequests.put({
    ...QUESTION,
    key: inputRequestKey(QUESTION, 1),
    tryNumber: 1,
    askedBy: startDate,
    createdAt: startDate,
    subject: "Go on?",
    body: null,
    options: ["yes", "no"],
    defaults: ["no"],
    multiple: false,
    params: {},
    assignedUsers: [],
  });
}

const queued = {
  prepare: withAssets,
  before: { queued_events: { total_entries: 1 } },
  after: { queued_events: { total_entries: 1 } },
};
const inStore = (value: unknown) => ({
  async prepare({ metadata }: ApiProduct) {
    const key = { dagId: "etl", runId: FAILED_RUN, taskId: "load", mapIndex: -1 };
    await metadata.taskStates.put(key, "cursor", JSON.stringify(value));
  },
});

const inAssetStore = {
  async prepare(product: ApiProduct) {
    await withAssets(product);
    const path = `/assets/${X_ID}/state-store/since`;
    await product.ask(path, { method: "PUT", body: { value: 1 } });
  },
};

const OF_RUNS = {
  trigger_dag_run: {
    at: { dag_id: "by_hand" },
    body: { logical_date: null, dag_run_id: "mine", conf: { api_key: "hunter22", n: 1 } },
    before: null,
    after: { dag_run_id: "mine", run_type: "manual", conf: { api_key: "***", n: 1 } },
  },
  patch_dag_run: {
    at: RUN,
    body: { state: "success", note: "fixed" },
    before: { ...run("failed"), task_instances: { states: { failed: 1, no_status: 2 } } },
    after: { ...run("success", "fixed"), task_instances: { states: { success: 3 } } },
  },
  delete_dag_run: { at: RUN, before: { dag_run_id: FAILED_RUN, state: "failed" }, after: null },
  bulk_dag_runs: {
    at: { dag_id: "etl" },
    body: { actions: [{ action: "delete", entities: [FAILED_RUN] }] },
    before: { dag_runs: one(NAME, { state: "failed" }) },
    after: { dag_runs: one(NAME, null) },
  },
  clear_dag_run: {
    at: RUN,
    body: { dry_run: false, only_failed: true },
    before: { ...run("failed"), ...load("failed") },
    after: { ...run("queued"), ...load(null) },
  },
  clear_dag_runs: {
    at: { dag_id: "etl" },
    body: { dry_run: false, only_failed: true, dag_runs: [{ dag_run_id: FAILED_RUN }] },
    before: { ...run("failed"), task_instances: { states: { failed: 1 } } },
    after: { ...run("queued"), task_instances: { states: { no_status: 1 } } },
  },
  clear_dag_run_partitions: {
    at: { dag_id: "etl" },
    body: { dry_run: false, run_id: FAILED_RUN },
    async prepare({ metadata }) {
      const set = { partitionKey: "eu" };
      await metadata.runs.update({ dagId: "etl", runId: FAILED_RUN, from: ["failed"], set });
    },
    before: { dag_runs: one(NAME, { partition_key: "eu" }) },
    after: { dag_runs: one(NAME, { partition_key: null }) },
  },
  create_backfill: {
    body: BACKFILL,
    before: null,
    after: { dag_id: "etl", max_active_runs: 10, is_paused: false },
  },
  pause_backfill: {
    prepare: withBackfill,
    before: { is_paused: false },
    after: { is_paused: true },
  },
  unpause_backfill: {
    async prepare(product) {
      const at = await withBackfill(product);
      await product.ask(`/backfills/${at.backfill_id}/pause`, { method: "PUT" });
      return at;
    },
    before: { is_paused: true },
    after: { is_paused: false },
  },
  cancel_backfill: {
    prepare: withBackfill,
    before: { completed_at: null },
    after: { completed_at: "2026-01-31T12:00:00Z" },
  },
  call_webhook: {
    async prepare({ ask }) {
      const { body } = await ask("/dags/by_hand/webhooks", { body: { name: "git" } });
      return { dag_id: "by_hand", token: body.path.split("/").at(-1) };
    },
    before: null,
    after: { dag_id: "by_hand", conf: {} },
  },
} satisfies Partial<Record<OperationId, ToldChange>>;

const OF_INSTANCES = {
  post_clear_task_instances: {
    at: { dag_id: "etl" },
    body: { dry_run: false, dag_run_id: FAILED_RUN, task_ids: ["load"] },
    before: { ...run("failed"), ...load("failed") },
    after: { ...run("queued"), ...load(null) },
  },
  patch_task_instance: {
    at: LOAD,
    body: { new_state: "success", note: "fixed" },
    before: load("failed"),
    after: load("success", "fixed"),
  },
  patch_task_instance_by_map_index: {
    at: { ...LOAD, map_index: "-1" },
    body: { note: "fixed" },
    before: load("failed"),
    after: load("failed", "fixed"),
  },
  patch_task_group_instances: {
    at: { dag_id: "etl", dag_run_id: RUNNING_RUN, group_id: "group" },
    body: { new_state: "skipped" },
    before: { task_instances: one(ALERT, { state: null }) },
    after: { task_instances: one(ALERT, { state: "skipped" }) },
  },
  bulk_task_instances: {
    at: RUN,
    body: {
      actions: [
        { action: "update", entities: [{ task_id: "load", new_state: "success" }] },
        { action: "delete", entities: ["extract"] },
      ],
    },
    before: { task_instances: { total_entries: 2, states: { failed: 1, no_status: 1 } } },
    after: { task_instances: { total_entries: 2, states: { success: 1 } } },
  },
  delete_task_instance: { at: LOAD, before: { state: "failed" }, after: null },
  create_xcom_entry: {
    at: LOAD,
    body: { key: "more", value: { token: "hunter22", n: 1 } },
    before: null,
    after: { key: "more", value: { token: "***", n: 1 } },
  },
  update_xcom_entry: {
    at: { ...LOAD, xcom_key: "rows" },
    body: { value: 7 },
    before: { key: "rows", value: 1250 },
    after: { key: "rows", value: 7 },
  },
  delete_xcom_entry: {
    at: { ...LOAD, xcom_key: "return_value" },
    // Its value is in the XCom backend.
    before: { key: "return_value", size_bytes: 4 },
    after: null,
  },
  update_hitl_detail: {
    at: { dag_id: "etl", dag_run_id: RUNNING_RUN, task_id: "alert", map_index: "-1" },
    prepare: withQuestion,
    body: { chosen_options: ["yes"] },
    before: null,
    after: { chosen_options: ["yes"], responded_by: { id: "ann", name: "ann" } },
  },
  set_task_state_store: {
    ...inStore(1),
    at: { ...LOAD, key: "cursor" },
    body: { value: { password: "hunter22" } },
    before: { key: "cursor", value: 1 },
    after: { key: "cursor", value: { password: "***" } },
  },
  patch_task_state_store: {
    ...inStore(1),
    at: { ...LOAD, key: "cursor" },
    body: { value: 2 },
    before: { value: 1 },
    after: { value: 2 },
  },
  delete_task_state_store: {
    ...inStore(1),
    at: { ...LOAD, key: "cursor" },
    before: { key: "cursor", value: 1 },
    after: null,
  },
  clear_task_state_store: {
    ...inStore(1),
    at: LOAD,
    before: { states: { total_entries: 1, first: { "-1 cursor": { value: 1 } } } },
    after: { states: { total_entries: 1, first: { "-1 cursor": null } } },
  },
} satisfies Partial<Record<OperationId, ToldChange>>;

const OF_DAGS = {
  patch_dag: {
    at: { dag_id: "etl" },
    body: { is_paused: false },
    before: { dag_id: "etl", is_paused: true },
    after: { dag_id: "etl", is_paused: false },
  },
  patch_dags: {
    query: "dag_id_pattern=etl",
    body: { is_paused: false },
    before: { dags: one("etl", { is_paused: true }) },
    after: { dags: one("etl", { is_paused: false }) },
  },
  delete_dag: {
    at: { dag_id: "by_hand" },
    before: { relative_fileloc: "by_hand.ts" },
    after: null,
  },
  favorite_dag: {
    at: { dag_id: "etl" },
    before: { is_favorite: false },
    after: { is_favorite: true },
  },
  unfavorite_dag: {
    at: { dag_id: "etl" },
    prepare: ({ ask }) => ask("/dags/etl/favorite", { method: "POST" }).then(() => {}),
    before: { is_favorite: true },
    after: { is_favorite: false },
  },
  materialize_asset: {
    prepare: withAssets,
    at: { asset_id: String(X_ID) },
    before: null,
    after: { dag_id: "producer", run_type: "asset_materialization" },
  },
  create_asset_event: {
    prepare: withAssets,
    body: { asset_id: X_ID, extra: { rows: 3 } },
    before: null,
    after: { asset_id: X_ID, extra: { rows: 3, from_rest_api: true } },
  },
  set_asset_state_store: {
    ...inAssetStore,
    at: { asset_id: String(X_ID), key: "since" },
    body: { value: { token: "hunter22" } },
    before: { key: "since", value: 1 },
    after: { key: "since", value: { token: "***" } },
  },
  delete_asset_state_store: {
    ...inAssetStore,
    at: { asset_id: String(X_ID), key: "since" },
    before: { key: "since", value: 1 },
    after: null,
  },
  clear_asset_state_store: {
    ...inAssetStore,
    at: { asset_id: String(X_ID) },
    before: { states: one("since", { value: 1 }) },
    after: { states: one("since", null) },
  },
  delete_asset_queued_events: { ...queued, at: { asset_id: String(X_ID) } },
  delete_dag_asset_queued_events: { ...queued, at: { dag_id: "reader" } },
  delete_dag_asset_queued_event: { ...queued, at: { dag_id: "reader", asset_id: String(X_ID) } },
} satisfies Partial<Record<OperationId, ToldChange>>;

export const TOLD_CHANGES: Partial<Readonly<Record<OperationId, ToldChange>>> = {
  ...OF_RUNS,
  ...OF_INSTANCES,
  ...OF_DAGS,
};
