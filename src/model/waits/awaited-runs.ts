// Whether a run that a task has triggered and waits for has come to an end that counts (Airflow:
// TriggerDagRunOperator with wait_for_completion).
import type { DagRunRecord } from "../records.ts";
import type { TaskOutcome } from "../task-call.ts";
import type { RunWait } from "./waits.ts";

/** How the task ends by the run; undefined while it waits. Without a run there will be no end. */
export function decideAwaitedRun(
  { dagId, runId, allowedStates, failedStates, isRetried }: RunWait,
  run: Pick<DagRunRecord, "state"> | undefined,
): TaskOutcome | undefined {
  if (!run) {
    const message = `Run "${runId}" of DAG "${dagId}" was deleted while it was waited for`;
    return { kind: "failed", retry: isRetried, error: { name: "DagRunNotFound", message } };
  }
  const { state } = run;
  if (failedStates.includes(state)) {
    const message = `Run "${runId}" of DAG "${dagId}" ended in the failed state "${state}"`;
    return { kind: "failed", retry: isRetried, error: { name: "DagRunFailed", message } };
  }
  return allowedStates.includes(state) ? { kind: "success" } : undefined;
}

/** Whether a state is waited for that the run only passes through: then its end is too late. */
export function isPassedThrough({ allowedStates, failedStates }: RunWait): boolean {
  return [...allowedStates, ...failedStates].some(
    (state) => state === "queued" || state === "running",
  );
}
