// What a task waits for that has run and hasn't ended: Airflow's deferral. The try ends with it, the
// record keeps it, and the product looks after it without the task's code (Airflow: TaskDeferred,
// triggers).
import type { TaskInstanceState } from "../states.ts";

/** A moment: the task succeeds when it has come (Airflow: DateTimeTrigger). */
export interface MomentWait {
  readonly kind: "moment";
  /** UTC ISO text. */
  readonly at: string;
}

export type Wait = MomentWait;

/** States of a task instance that waits for something and has no try going on. */
export type WaitingState = "deferred" | "awaiting_input";

export function isWaitingState(state: TaskInstanceState | null): state is WaitingState {
  return state === "deferred" || state === "awaiting_input";
}

/** The state in which a task waits for it. */
export function stateOfWait(_: Wait): WaitingState {
  return "deferred";
}
