// The XCom backend: values too large for a row of the metadata.
import type { TaskInstanceKey } from "../model/records.ts";

export interface XComs {
  /** Stores JSON text and answers the reference to keep in the metadata. */
  put(key: TaskInstanceKey, name: string, value: string): Promise<string>;
  /** Throws when nothing is stored under the reference. */
  get(ref: string): Promise<string>;
  /** Removes the values of a DAG. Repeating is safe. */
  deleteDag(dagId: string): Promise<void>;
  /** Removes the values of a run. Repeating is safe. */
  deleteRun(dagId: string, runId: string): Promise<void>;
}
