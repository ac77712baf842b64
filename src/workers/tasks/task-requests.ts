// What a task runner asks of its workers. All of it is JSON, so it crosses at little cost.
import type { CallbackCall, TaskCall } from "../../model/task-call.ts";
import type { BundleAddress } from "../../runtime/user-code.ts";

/** Answered by a TaskOutcome for a task, by undefined for callbacks. */
export type TaskRequest = {
  readonly bundle: BundleAddress;
  /** Of the host, for this call. */
  readonly environment?: Readonly<Record<string, string>>;
} & (
  | { readonly kind: "task"; readonly call: TaskCall }
  | { readonly kind: "callbacks"; readonly call: CallbackCall }
);
