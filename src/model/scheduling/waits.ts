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

/**
 * Runs or tasks of another DAG: those of the runs with these logical dates (Airflow:
 * ExternalTaskSensor, WorkflowTrigger).
 */
export interface ExternalWait {
  readonly kind: "external";
  readonly dagId: string;
  /** Absent, as `taskGroupId`, for whole runs. */
  readonly taskIds?: readonly string[];
  readonly taskGroupId?: string;
  /** UTC ISO text; at least one. */
  readonly logicalDates: readonly string[];
  /** Of task instances or of runs. */
  readonly allowedStates: readonly string[];
  readonly skippedStates: readonly string[];
  readonly failedStates: readonly string[];
  /** Whether it fails at once where the DAG, a task or the group isn't there. */
  readonly checkExistence: boolean;
}

export type Wait = MomentWait | ExternalWait;

/** States of a task instance that waits for something and has no try going on. */
export type WaitingState = "deferred" | "awaiting_input";

export function isWaitingState(state: TaskInstanceState | null): state is WaitingState {
  return state === "deferred" || state === "awaiting_input";
}

/** The state in which a task waits for it. */
export function stateOfWait(_: Wait): WaitingState {
  return "deferred";
}
