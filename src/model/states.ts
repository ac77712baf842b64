// Airflow's states of a task instance and of a DAG run. Which events lead from one to another is in
// task-instance.ts and dag-run.ts.

/**
 * Every state string of a task instance in Airflow 3; `null` stands for Airflow's None (not looked
 * at yet).
 */
export type TaskInstanceState =
  | "scheduled"
  | "queued"
  | "running"
  | "restarting"
  | "success"
  | "failed"
  | "up_for_retry"
  | "up_for_reschedule"
  | "upstream_failed"
  | "skipped"
  | "deferred"
  | "awaiting_input"
  | "removed";

/** States that end a task instance (Airflow: State.finished). */
export type FinishedState = "success" | "failed" | "skipped" | "upstream_failed" | "removed";

export type DagRunState = "queued" | "running" | "success" | "failed";

export type DagRunType =
  | "scheduled"
  | "manual"
  | "backfill"
  | "asset_triggered"
  | "asset_materialization"
  | "operator_triggered";

/** Who asked for a run (Airflow: DagRunTriggeredByType). */
export type TriggeredBy =
  | "cli"
  | "operator"
  | "rest_api"
  | "ui"
  | "test"
  | "timetable"
  | "asset"
  | "backfill";

const FINISHED: ReadonlySet<string> = new Set<FinishedState>([
  "success",
  "failed",
  "skipped",
  "upstream_failed",
  "removed",
]);

/** Whether the state ends a task instance; `null` (None) does not. */
export function isFinished(state: TaskInstanceState | null): state is FinishedState {
  return state !== null && FINISHED.has(state);
}

/** Whether a try may be at work, one that is being stopped included. */
export function isUnderWay(
  state: TaskInstanceState | null | undefined,
): state is "running" | "restarting" {
  return state === "running" || state === "restarting";
}

/** Whether the state counts as a failure of a run's leaf (Airflow: State.failed_states). */
export function isFailedState(state: TaskInstanceState | null): boolean {
  return state === "failed" || state === "upstream_failed";
}

/** Whether a run in this state has ended. */
export function isRunFinished(state: DagRunState): state is "success" | "failed" {
  return state === "success" || state === "failed";
}
