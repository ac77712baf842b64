// What a look at a task that waits gives.
import type { TaskInstanceRecord } from "../../../model/records.ts";
import type { TaskOutcome } from "../../../model/task-call.ts";
import type { InstanceScope } from "../verdicts.ts";

export interface WaitingTask<W> {
  readonly instance: InstanceScope;
  readonly known: TaskInstanceRecord;
  readonly wait: W;
}

export type WaitStep =
  | { readonly kind: "ends"; readonly ending: TaskOutcome }
  /** It goes on as it is: somebody or its next message wakes it. */
  | { readonly kind: "waits" };
