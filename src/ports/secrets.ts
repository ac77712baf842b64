// Where connections and variables are found that are not stored in the metadata: the environment and
// the secrets store.
import type { Connection } from "../model/task-services.ts";

export interface Secrets {
  getConnection(connId: string): Promise<Connection | undefined>;
  /** A variable that overrides the one in the metadata. */
  getVariable(key: string): Promise<string | undefined>;
}
