// What the task runner asks of its threads. All of it is JSON, so it crosses at little cost.
import type { CallbackCall, TaskCall } from "../../model/task-call.ts";
import type { BundleAddress } from "../../runtime/user-code.ts";

/** Answered by a TaskOutcome for a task, by undefined for callbacks. */
export type TaskRequest =
  | { readonly kind: "task"; readonly call: TaskCall; readonly bundle: BundleAddress }
  | { readonly kind: "callbacks"; readonly call: CallbackCall; readonly bundle: BundleAddress };

/** What the runner starts its threads with. */
export interface TaskThreadData {
  readonly logsFolder: string;
  /** Where `import.meta` of DAG files leads. */
  readonly dagsFolder: string;
}
