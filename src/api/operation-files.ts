// All operations of the API by the file that does them.
import type { OperationId } from "./document/shapes.ts";
import type { Operations } from "./operation.ts";

export interface OperationFile {
  readonly ids: readonly OperationId[];
  load(): Promise<Operations>;
}

export const FILES: readonly OperationFile[] = [
  {
    ids: ["get_ui_shell", "get_ui_home", "get_ui_dags"],
    load: async () => (await import("./routes/pages/list-routes.ts")).uiListOperations,
  },
  {
    ids: ["get_ui_grid", "get_ui_graph"],
    load: async () => (await import("./routes/pages/dag-routes.ts")).uiDagOperations,
  },
  {
    ids: ["get_ui_run"],
    load: async () => (await import("./routes/pages/run-routes.ts")).uiRunOperations,
  },
  {
    ids: ["get_ui_task_instance"],
    load: async () =>
      (await import("./routes/pages/task-instance-routes.ts")).uiTaskInstanceOperations,
  },
  {
    ids: ["get_ui_durations", "get_ui_code", "get_ui_trigger"],
    load: async () => (await import("./routes/pages/more/dag-view-routes.ts")).uiDagViewOperations,
  },
  {
    ids: ["get_ui_runs", "get_ui_answers", "get_ui_import_errors", "get_ui_search"],
    load: async () => (await import("./routes/pages/more/other-routes.ts")).uiOtherOperations,
  },
  {
    ids: ["get_ui_log"],
    load: async () => (await import("./routes/pages/logs/log-routes.ts")).uiLogOperations,
  },
  {
    ids: ["get_ui_changes"],
    load: async () => (await import("./routes/pages/changes/change-routes.ts")).uiChangeOperations,
  },
  {
    ids: ["get_webhooks", "create_webhook", "revoke_webhook", "call_webhook"],
    load: async () => (await import("./routes/runs/webhook-routes.ts")).webhookOperations,
  },
  {
    ids: ["login", "logout"],
    load: async () => (await import("./routes/access/log-in-routes.ts")).logInOperations,
  },
  {
    ids: ["create_user", "get_users", "get_user", "update_user", "delete_user"],
    load: async () => (await import("./routes/access/user-routes.ts")).userOperations,
  },
  {
    ids: ["create_role", "get_roles", "get_role", "patch_role", "delete_role", "get_permissions"],
    load: async () => (await import("./routes/access/role-routes.ts")).roleOperations,
  },
  {
    ids: ["get_api_tokens", "create_api_token", "revoke_api_token", "revoke_user_tokens"],
    load: async () => (await import("./routes/access/token-routes.ts")).tokenOperations,
  },
  {
    ids: ["get_event_logs", "get_event_log"],
    load: async () => (await import("./routes/upkeep/event-log-routes.ts")).eventLogOperations,
  },
  {
    ids: ["get_dag_runs", "get_list_dag_runs_batch", "trigger_dag_run", "get_dag_run"],
    load: async () => (await import("./routes/runs/run-routes.ts")).runOperations,
  },
  {
    ids: ["get_xcom_entries", "get_xcom_entry"],
    load: async () => (await import("./routes/task-instances/xcom-routes.ts")).xcomOperations,
  },
  {
    ids: [
      "get_task_instance_tries",
      "get_mapped_task_instance_tries",
      "get_task_instance_try_details",
      "get_mapped_task_instance_try_details",
    ],
    load: async () => (await import("./routes/control/try-routes.ts")).tryOperations,
  },
  {
    ids: [
      "get_dags",
      "get_dag",
      "get_dag_details",
      "patch_dag",
      "patch_dags",
      "delete_dag",
      "get_tasks",
      "get_task",
    ],
    load: async () => (await import("./routes/definitions/dag-routes.ts")).dagOperations,
  },
  {
    ids: ["get_import_errors", "get_import_error"],
    load: async () =>
      (await import("./routes/definitions/import-error-routes.ts")).importErrorOperations,
  },
  {
    ids: ["get_pools", "post_pool", "bulk_pools", "get_pool", "patch_pool", "delete_pool"],
    load: async () => (await import("./routes/pools/pool-routes.ts")).poolOperations,
  },
  {
    ids: [
      "list_backfills",
      "get_backfill",
      "create_backfill",
      "create_backfill_dry_run",
      "pause_backfill",
      "unpause_backfill",
      "cancel_backfill",
      "get_backfill_progress",
      "get_backfill_skipped_dates",
    ],
    load: async () => (await import("./routes/backfills/backfill-routes.ts")).backfillOperations,
  },
  {
    ids: ["get_assets", "get_asset", "get_asset_aliases", "get_asset_alias", "materialize_asset"],
    load: async () => (await import("./routes/assets/asset-routes.ts")).assetOperations,
  },
  {
    ids: ["get_asset_events", "create_asset_event", "get_upstream_asset_events"],
    load: async () => (await import("./routes/assets/asset-event-routes.ts")).assetEventOperations,
  },
  {
    ids: [
      "get_asset_queued_events",
      "delete_asset_queued_events",
      "get_dag_asset_queued_events",
      "delete_dag_asset_queued_events",
      "get_dag_asset_queued_event",
      "delete_dag_asset_queued_event",
    ],
    load: async () =>
      (await import("./routes/assets/queued-event-routes.ts")).queuedEventOperations,
  },
  {
    ids: ["get_health", "get_version"],
    load: async () => (await import("./routes/upkeep/monitor-routes.ts")).monitorOperations,
  },
  {
    ids: ["clean_history"],
    load: async () => (await import("./routes/upkeep/clean-routes.ts")).cleanOperations,
  },
  {
    ids: ["patch_dag_run", "delete_dag_run", "bulk_dag_runs"],
    load: async () => (await import("./routes/control/change-run-routes.ts")).changeRunOperations,
  },
  {
    ids: ["post_clear_task_instances"],
    load: async () => (await import("./routes/control/clear-routes.ts")).clearOperations,
  },
  {
    ids: ["clear_dag_run_partitions"],
    load: async () => (await import("./routes/partitions/clear-partitions.ts")).partitionOperations,
  },
  {
    ids: [
      "patch_task_instance",
      "patch_task_instance_by_map_index",
      "patch_task_instance_dry_run",
      "patch_task_instance_dry_run_by_map_index",
    ],
    load: async () => (await import("./routes/control/mark-routes.ts")).markOperations,
  },
  {
    ids: [
      "get_task_instances",
      "get_task_instance",
      "get_mapped_task_instance",
      "get_mapped_task_instances",
      "get_task_instances_batch",
      "get_task_instance_dependencies",
      "get_task_instance_dependencies_by_map_index",
    ],
    load: async () =>
      (await import("./routes/task-instances/task-instance-routes.ts")).taskInstanceOperations,
  },
  {
    ids: ["get_log", "get_external_log_url", "get_extra_links"],
    load: async () => (await import("./routes/task-instances/log-routes.ts")).logOperations,
  },
  {
    ids: [
      "get_hitl_details",
      "get_hitl_detail",
      "get_hitl_detail_try_detail",
      "update_hitl_detail",
    ],
    load: async () => (await import("./routes/task-instances/hitl-routes.ts")).hitlOperations,
  },
  {
    ids: [
      "list_asset_state_store",
      "clear_asset_state_store",
      "get_asset_state_store",
      "set_asset_state_store",
      "delete_asset_state_store",
    ],
    load: async () =>
      (await import("./routes/state-store/asset-state-routes.ts")).assetStateOperations,
  },
  {
    ids: [
      "list_task_state_store",
      "clear_task_state_store",
      "get_task_state_store",
      "set_task_state_store",
      "patch_task_state_store",
      "delete_task_state_store",
    ],
    load: async () =>
      (await import("./routes/state-store/state-store-routes.ts")).stateStoreOperations,
  },
  {
    ids: [
      "get_connections",
      "post_connection",
      "bulk_connections",
      "get_connection",
      "patch_connection",
      "delete_connection",
      "create_default_connections",
    ],
    load: async () => (await import("./routes/stored/connection-routes.ts")).connectionOperations,
  },
  {
    ids: ["test_connection", "enqueue_connection_test", "get_connection_test"],
    load: async () =>
      (await import("./routes/stored/connection-test-routes.ts")).connectionTestOperations,
  },
  {
    ids: [
      "get_variables",
      "post_variable",
      "bulk_variables",
      "get_variable",
      "patch_variable",
      "delete_variable",
    ],
    load: async () => (await import("./routes/stored/variable-routes.ts")).variableOperations,
  },
  {
    ids: ["export_connections", "export_variables", "rotate_encryption_keys"],
    load: async () => (await import("./routes/stored/export-routes.ts")).exportOperations,
  },
  {
    ids: ["wait_dag_run_until_finished"],
    load: async () => (await import("./routes/runs/wait-routes.ts")).waitOperations,
  },
  {
    ids: ["clear_dag_run", "clear_dag_runs"],
    load: async () => (await import("./routes/control/clear-run-routes.ts")).clearRunOperations,
  },
  {
    ids: ["bulk_task_instances", "delete_task_instance"],
    load: async () =>
      (await import("./routes/control/bulk-instance-routes.ts")).bulkInstanceOperations,
  },
  {
    ids: ["patch_task_group_instances", "patch_task_group_instances_dry_run"],
    load: async () => (await import("./routes/control/mark-group-routes.ts")).markGroupOperations,
  },
  {
    ids: ["create_xcom_entry", "update_xcom_entry", "delete_xcom_entry"],
    load: async () =>
      (await import("./routes/task-instances/xcom-change-routes.ts")).xcomChangeOperations,
  },
  {
    ids: ["favorite_dag", "unfavorite_dag"],
    load: async () => (await import("./routes/definitions/favorite-routes.ts")).favoriteOperations,
  },
  {
    ids: ["get_dag_source"],
    load: async () =>
      (await import("./routes/definitions/facets/dag-source-routes.ts")).dagSourceOperations,
  },
  {
    ids: ["get_dag_stats"],
    load: async () =>
      (await import("./routes/definitions/facets/dag-stat-routes.ts")).dagStatOperations,
  },
  {
    ids: ["get_dag_tags"],
    load: async () =>
      (await import("./routes/definitions/facets/dag-tag-routes.ts")).dagTagOperations,
  },
  {
    ids: ["get_dag_versions", "get_dag_version"],
    load: async () =>
      (await import("./routes/definitions/facets/dag-version-routes.ts")).dagVersionOperations,
  },
  {
    ids: ["list_dag_warnings"],
    load: async () =>
      (await import("./routes/definitions/facets/dag-warning-routes.ts")).dagWarningOperations,
  },
  {
    ids: ["get_config", "get_config_value"],
    load: async () => (await import("./routes/deployment/config-routes.ts")).configOperations,
  },
  {
    ids: ["get_jobs"],
    load: async () => (await import("./routes/deployment/job-routes.ts")).jobOperations,
  },
  {
    ids: ["get_plugins", "import_errors", "get_providers"],
    load: async () => (await import("./routes/deployment/extension-routes.ts")).extensionOperations,
  },
  {
    ids: ["reparse_dag_file"],
    load: async () => (await import("./routes/definitions/parse-routes.ts")).parseOperations,
  },
];
