// All operations of the API by the file that does them.
import type { OperationId } from "./document/shapes.ts";
import type { Operations } from "./operation.ts";

export interface OperationFile {
  readonly ids: readonly OperationId[];
  load(): Promise<Operations>;
}

export const FILES: readonly OperationFile[] = [
  {
    ids: ["get_event_logs", "get_event_log"],
    load: async () => (await import("./routes/upkeep/event-log-routes.ts")).eventLogOperations,
  },
  {
    ids: ["get_dag_runs", "trigger_dag_run", "get_dag_run"],
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
];
