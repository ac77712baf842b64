// What each operation asks of its caller: Airflow 3.3.2's by its routes (`requires_access_…` in
// api_fastapi/core_api/routes/public), then our own. Bulk bodies are asked for each entity, too.
import type { OperationId } from "../../../src/api/document/shapes.ts";
import type { Permission } from "../../../src/model/access/permissions.ts";

type Table = Partial<Readonly<Record<Permission, readonly OperationId[]>>>;

const AIRFLOW: Table = {
  "DELETE asset": [
    "clear_asset_state_store",
    "delete_asset_queued_events",
    "delete_asset_state_store",
    "delete_dag_asset_queued_event",
    "delete_dag_asset_queued_events",
  ],
  "GET asset": [
    "get_asset",
    "get_asset_events",
    "get_asset_queued_events",
    "get_asset_state_store",
    "get_assets",
    "get_dag_asset_queued_event",
    "get_dag_asset_queued_events",
    "list_asset_state_store",
  ],
  "POST asset": ["create_asset_event", "materialize_asset"],
  "PUT asset": ["set_asset_state_store"],
  "GET asset_alias": ["get_asset_alias", "get_asset_aliases"],
  "GET configuration": ["get_config", "get_config_value"],
  "DELETE connection": ["delete_connection"],
  "GET connection": ["get_connection", "get_connection_test", "get_connections"],
  "POST connection": [
    "create_default_connections",
    "enqueue_connection_test",
    "post_connection",
    "test_connection",
  ],
  "PUT connection": ["bulk_connections", "patch_connection"],
  "DELETE dag": ["delete_dag"],
  "GET dag": [
    "favorite_dag",
    "get_dag",
    "get_dag_details",
    "get_dag_tags",
    "get_dags",
    "unfavorite_dag",
  ],
  "PUT dag": ["patch_dag", "patch_dags", "reparse_dag_file"],
  "GET dag.audit_log": ["get_event_log", "get_event_logs"],
  "GET dag.code": ["get_dag_source"],
  "GET dag.hitl_detail": ["get_hitl_detail", "get_hitl_detail_try_detail", "get_hitl_details"],
  "PUT dag.hitl_detail": ["update_hitl_detail"],
  "DELETE dag.run": ["delete_dag_run"],
  "GET dag.run": [
    "get_backfill",
    "get_dag_run",
    "get_dag_runs",
    "get_dag_stats",
    "get_list_dag_runs_batch",
    "get_upstream_asset_events",
    "list_backfills",
    "wait_dag_run_until_finished",
  ],
  "POST dag.run": ["create_backfill", "create_backfill_dry_run", "trigger_dag_run"],
  "PUT dag.run": [
    "bulk_dag_runs",
    "cancel_backfill",
    "clear_dag_run",
    "clear_dag_run_partitions",
    "clear_dag_runs",
    "patch_dag_run",
    "pause_backfill",
    "unpause_backfill",
  ],
  "GET dag.task": ["get_task", "get_tasks"],
  "DELETE dag.task_instance": [
    "clear_task_state_store",
    "delete_task_instance",
    "delete_task_state_store",
  ],
  "GET dag.task_instance": [
    "get_extra_links",
    "get_mapped_task_instance",
    "get_mapped_task_instance_tries",
    "get_mapped_task_instance_try_details",
    "get_mapped_task_instances",
    "get_task_instance",
    "get_task_instance_dependencies",
    "get_task_instance_dependencies_by_map_index",
    "get_task_instance_tries",
    "get_task_instance_try_details",
    "get_task_instances",
    "get_task_instances_batch",
    "get_task_state_store",
    "list_task_state_store",
  ],
  "PUT dag.task_instance": [
    "bulk_task_instances",
    "patch_task_group_instances",
    "patch_task_group_instances_dry_run",
    "patch_task_instance",
    "patch_task_instance_by_map_index",
    "patch_task_instance_dry_run",
    "patch_task_instance_dry_run_by_map_index",
    "patch_task_state_store",
    "post_clear_task_instances",
    "set_task_state_store",
  ],
  "GET dag.task_logs": ["get_external_log_url", "get_log"],
  "GET dag.version": ["get_dag_version", "get_dag_versions"],
  "GET dag.warning": ["list_dag_warnings"],
  "DELETE dag.xcom": ["delete_xcom_entry"],
  "GET dag.xcom": ["get_xcom_entries", "get_xcom_entry"],
  "POST dag.xcom": ["create_xcom_entry"],
  "PUT dag.xcom": ["update_xcom_entry"],
  "GET import_errors": ["get_import_error", "get_import_errors"],
  "GET jobs": ["get_jobs"],
  open: ["get_health", "get_version", "login", "logout"],
  "GET plugins": ["get_plugins", "import_errors"],
  "DELETE pool": ["delete_pool"],
  "GET pool": ["get_pool", "get_pools"],
  "POST pool": ["post_pool"],
  "PUT pool": ["bulk_pools", "patch_pool"],
  "GET providers": ["get_providers"],
  "DELETE variable": ["delete_variable"],
  "GET variable": ["get_variable", "get_variables"],
  "POST variable": ["post_variable"],
  "PUT variable": ["bulk_variables", "patch_variable"],
};

/** Operations that Airflow doesn't have. */
const OWN: Table = {
  "GET dag.run": ["get_backfill_progress", "get_backfill_skipped_dates"],
  "DELETE history": ["clean_history"],
  "PUT connection": ["export_connections", "rotate_encryption_keys"],
  "PUT variable": ["export_variables"],
  "POST dag.run": ["create_webhook", "get_webhooks", "revoke_webhook"],
  open: ["call_webhook"],
  "GET my_profile": ["get_api_tokens"],
  "PUT my_profile": ["create_api_token", "revoke_api_token", "revoke_user_tokens"],
  "GET user": ["get_user", "get_users"],
  "POST user": ["create_user"],
  "PUT user": ["update_user"],
  "DELETE user": ["delete_user"],
  "GET role": ["get_permissions", "get_role", "get_roles"],
  "POST role": ["create_role"],
  "PUT role": ["patch_role"],
  "DELETE role": ["delete_role"],
};

/** What is asked of the caller besides. */
export const ALSO_ASKED: Partial<Readonly<Record<OperationId, Exclude<Permission, "open">>>> = {
  get_upstream_asset_events: "GET asset",
};

/** Undefined for an operation that nobody has put into the table. */
export function documentedPermission(id: OperationId): Permission | undefined {
  const rows = [AIRFLOW, OWN].flatMap((table) => Object.entries(table));
  return rows.find(([, ids]) => ids.includes(id))?.[0] as Permission | undefined;
}
