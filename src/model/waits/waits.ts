// What a task waits for that has run and hasn't ended: Airflow's deferral. The try ends with it,
// the record keeps it, and the product looks after it without the task's code (Airflow:
// TaskDeferred, triggers).
import type { ParamDocument } from "../document.ts";
import type { DagRunState, TaskInstanceState } from "../states.ts";
import type { JsonObject } from "../values/json.ts";

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

/** A run of another DAG that is to be made (Airflow: DagRunTriggerException). */
export interface TriggerWait {
  readonly kind: "trigger";
  readonly dagId: string;
  /** Made from the logical date when absent. */
  readonly runId?: string;
  /** UTC ISO text, or null for none; absent: `askedAt`, or the next one that is free. */
  readonly logicalDate?: string | null;
  /** When the task has asked for it, UTC ISO text. */
  readonly askedAt: string;
  /** Makes the id of a run without a logical date unique. */
  readonly random: string;
  readonly conf: JsonObject;
  readonly waitForCompletion: boolean;
  readonly allowedStates: readonly DagRunState[];
  readonly failedStates: readonly DagRunState[];
  /** Seconds. */
  readonly pokeInterval: number;
  readonly skipWhenAlreadyExists: boolean;
  /** Whether a run that exists already goes again, in the place of a new one; false when absent. */
  readonly resetDagRun?: boolean;
  /**
   * That run as it was when it was found: noted before it is cleared, so that it is cleared once.
   */
  readonly found?: { readonly runId: string; readonly clearNumber: number };
  readonly failWhenDagIsPaused: boolean;
  /** Whether a run in a failed state leaves the task its retries. */
  readonly isRetried: boolean;
}

/** A run that the task has triggered (Airflow: DagStateTrigger). */
export interface RunWait
  extends Pick<
    TriggerWait,
    "dagId" | "allowedStates" | "failedStates" | "pokeInterval" | "isRetried"
  > {
  readonly kind: "run";
  readonly runId: string;
}

/** A person's answer (Airflow: HITLTrigger). */
export interface InputWait {
  readonly kind: "input";
  readonly subject: string;
  /** Markdown. */
  readonly body: string | null;
  /** At least one. */
  readonly options: readonly string[];
  /** What counts when the time is over; null: the task fails then. */
  readonly defaults: readonly string[] | null;
  readonly multiple: boolean;
  readonly params: Readonly<Record<string, ParamDocument>>;
  /** Who may answer; empty: everybody. */
  readonly assignedUsers: readonly { readonly id: string; readonly name: string }[];
  /** Whether "Reject" fails the task. */
  readonly failOnReject: boolean;
  /** By option, the id that the result of a branch has. */
  readonly targets?: Readonly<Record<string, string>>;
}

export type Wait = MomentWait | ExternalWait | TriggerWait | RunWait | InputWait;

/** States of a task instance that waits for something and has no try going on. */
export type WaitingState = "deferred" | "awaiting_input";

export function isWaitingState(state: TaskInstanceState | null): state is WaitingState {
  return state === "deferred" || state === "awaiting_input";
}

/** The state in which a task waits for it. */
export function stateOfWait({ kind }: Wait): WaitingState {
  return kind === "input" ? "awaiting_input" : "deferred";
}
