// The secrets backend: connections, and variables that must not be stored in the metadata.
import type { Connection } from "../model/task-services.ts";

export interface Secrets {
  getConnection(connId: string): Promise<Connection | undefined>;
  /** A variable that overrides the one in the metadata (Airflow: AIRFLOW_VAR_…). */
  getVariable(key: string): Promise<string | undefined>;
}
