// What an operation asks of who calls it, in the words of Airflow's auth managers
// (api_fastapi/auth/managers/models/resource_details.py): an action on a kind of resource.

export type Action = "GET" | "POST" | "PUT" | "DELETE";

/** "dag.…" are what Airflow calls the access entities of a DAG. */
export type Resource =
  | "asset"
  | "asset_alias"
  | "backfill"
  | "configuration"
  | "connection"
  | "dag"
  | "dag.audit_log"
  | "dag.code"
  | "dag.hitl_detail"
  | "dag.run"
  | "dag.task"
  | "dag.task_instance"
  | "dag.task_logs"
  | "dag.version"
  | "dag.warning"
  | "dag.xcom"
  | "history"
  | "import_errors"
  | "jobs"
  | "my_profile"
  | "plugins"
  | "pool"
  | "providers"
  | "role"
  | "user"
  | "variable";

/** `open`: to everybody, also without a log-in. */
export type Permission = `${Action} ${Resource}` | "open";
