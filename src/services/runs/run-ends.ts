// The end of a run: decided by its tasks, or brought about from outside. The one place that applies
// it: it is recorded, the DAG's callbacks start, and a DAG that fails too often is paused.

import { endRun, recordReason } from "../../model/dag-run.ts";
import { metDeadlines } from "../../model/deadlines/run-deadlines.ts";
import { runFailed } from "../../model/failure-event.ts";
import { instanceKey } from "../../model/instance-key.ts";
import { instancesOfRun } from "../../model/mapping/instances.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../../model/records.ts";
import { forgetPlan } from "../../model/scheduling/planner.ts";
import { decideRunState } from "../../model/scheduling/run-state.ts";
import { isFinished } from "../../model/states.ts";
import { statesByTask } from "../../model/states-by-task.ts";
import { firstFailureOf, taskStatesOf } from "../../model/summaries/run-outcome.ts";
import type { CallbackReason } from "../../model/task-call.ts";
import { abandon } from "../../model/task-instance.ts";
import { recordOutletEvents } from "../assets/record-events.ts";
import { forgetDeadlines } from "../deadlines/create-run.ts";
import { publishFailure } from "../notifications/publish-failure.ts";
import { retry } from "../retry.ts";
import type { ServiceContext } from "../service-context.ts";
import { wakeOtherRuns } from "../tasks/propagate.ts";
import type { RunScope } from "../tasks/verdicts.ts";
import { wakeWaiters } from "../tasks/waits/wake-waiters.ts";
import { RetryLater } from "../tasks/worker-events.ts";
import { updateDag } from "../update-dag.ts";

export type RunEndContext = Pick<
  ServiceContext,
  | "metadata"
  | "stateMachines"
  | "triggers"
  | "clock"
  | "notifications"
  | "report"
  | "versions"
  | "callbacks"
>;

/**
 * What unfinished tasks become when a run is ended from outside (Airflow: dagrun_timeout skips
 * them).
 */
const UNFINISHED = { timed_out: "skipped", task_failure: "failed" } as const;

/** Why a run may be ended from outside. */
export type AbandonReason = keyof typeof UNFINISHED;

/** Whether a run with this reason was about to be ended from outside. */
export function isAbandonReason(reason: string | undefined): reason is AbandonReason {
  return reason !== undefined && Object.hasOwn(UNFINISHED, reason);
}

/** Ends a run by the states of its tasks; throws RetryLater while some are unfinished. */
export async function endByTasks(context: RunEndContext, scope: RunScope): Promise<void> {
  const { dagId, runId } = scope.run;
  const records = await context.metadata.taskInstances.list({ dagId, runId });
  await recordLeftEvents(context, records);
  const decided = decideRunState(
    scope.version.document,
    statesByTask(scope.version.document, records),
  );
  if (decided.state === "running") {
    throw new RetryLater(
      "Stepwind.NotYet",
      `run "${runId}" of DAG "${dagId}" has unfinished tasks`,
    );
  }
  // Together, so that they share a commit.
  const [isEnded] = await Promise.all([
    applyRunEnd(context, scope, { ...decided, instances: records }),
    keepOutcome(context, scope, records),
  ]);
  // What has become of the run instead is not what was kept.
  if (!isEnded) await context.metadata.runOutcomes.delete(dagId, runId);
  if (isEnded && decided.reason === "all_tasks_deadlocked") {
    await publishFailure(context, runFailed(scope.run, decided.reason));
  }
}

/**
 * Ends a running run from outside: its execution stops, unfinished tasks become skipped (timed_out)
 * or failed. Nothing happens if it has ended. The caller plans on. The reason is recorded first: if
 * the process dies before the end, the next one ends the run by it.
 */
export async function abandonRun(
  context: RunEndContext,
  { dagId, runId, clearNumber }: DagRunRecord,
  reason: AbandonReason,
): Promise<void> {
  const { metadata, stateMachines } = context;
  const marked = recordReason({ clearNumber }, { reason });
  const run = await metadata.runs.update({ dagId, runId, ...marked });
  if (!run) return;
  const scope = { run, version: await context.versions.get(dagId, run.versionHash) };
  const instances = await abandonInstances(context, scope, reason);
  await recordLeftEvents(context, instances);
  const isEnded = await applyRunEnd(context, scope, { state: "failed", reason, instances });
  // Only now: an engine that reports stopped executions is to find the run ended.
  await stateMachines.stop({ dagId, runId, clearNumber }, reason);
  await wakeOtherRuns(context, run);
  if (isEnded) await publishFailure(context, runFailed(run, reason));
}

/** Events of tasks whose end was recorded and not spread, before nobody looks at them any more. */
async function recordLeftEvents(
  context: RunEndContext,
  instances: readonly TaskInstanceRecord[],
): Promise<void> {
  for (const each of instances) await recordOutletEvents(context, each);
}

/**
 * Ends every instance that is unfinished, whether it has a record or not. Answers the records as
 * they were before.
 */
async function abandonInstances(
  { metadata, clock }: RunEndContext,
  { run, version }: RunScope,
  reason: AbandonReason,
): Promise<readonly TaskInstanceRecord[]> {
  const { dagId, runId } = run;
  const records = await metadata.taskInstances.list({ dagId, runId });
  const open = instancesOfRun(version.document, records, run).filter(
    ({ state }) => !isFinished(state),
  );
  const change = abandon({
    state: UNFINISHED[reason],
    message: `the run ended: ${reason}`,
    now: clock.now(),
  });
  await Promise.all(
    open.map((each) => metadata.taskInstances.update({ key: instanceKey(run, each), ...change })),
  );
  return records;
}

/**
 * What a grid shows of the run, so that it needs none of its instances. It is worked out again
 * where it is missing, so the run ends whether it can be kept or not.
 */
async function keepOutcome(
  { metadata, report }: Pick<RunEndContext, "metadata" | "report">,
  { run: { dagId, runId, versionHash }, version: { document } }: RunScope,
  records: readonly TaskInstanceRecord[],
): Promise<void> {
  try {
    const states = taskStatesOf(document, records);
    await metadata.runOutcomes.put({ dagId, runId, versionHash, ...states });
  } catch (problem) {
    report.warn(`The outcome of run "${runId}" of DAG "${dagId}" was not kept: ${String(problem)}`);
  }
}

/** False when somebody else has ended the run. */
async function applyRunEnd(
  context: RunEndContext,
  scope: RunScope,
  {
    state,
    reason,
    instances,
  }: {
    readonly state: "success" | "failed";
    readonly reason: CallbackReason;
    /** As they were when the end was decided. */
    readonly instances: readonly TaskInstanceRecord[];
  },
): Promise<boolean> {
  const { metadata, clock, report, callbacks } = context;
  const { dagId, runId } = scope.run;
  const now = clock.now();
  const failure = state === "failed" ? firstFailureOf(instances) : undefined;
  const change = endRun(scope.run, { state, reason, failure, now });
  const ended = await metadata.runs.update({ dagId, runId, ...change });
  if (!ended) return false;
  const duration = (now - Date.parse(ended.startDate ?? ended.queuedAt)) / 1_000;
  report.info(`Run "${runId}" of DAG "${dagId}" ended: ${state}`, {
    kind: "run-ended",
    dagId,
    runId,
    state,
    duration,
  });
  callbacks.afterRun({ ...scope, run: ended }, reason, instances);
  // A call that is repeated finds the run ended, and doesn't come here.
  if (state === "failed") await retry(clock, () => pauseAfterFailures(context, scope));
  await wakeWaiters(context, ended.awaitedBy);
  await forgetDeadlines(context, ended, metDeadlines(ended));
  return true;
}

/** Airflow: max_consecutive_failed_dag_runs. */
async function pauseAfterFailures(
  { metadata, report }: RunEndContext,
  { run: { dagId }, version: { document } }: RunScope,
): Promise<void> {
  const limit = document.maxConsecutiveFailedDagRuns;
  if (limit <= 0) return;
  const { items } = await metadata.runs.list({ dagId, states: ["success", "failed"], limit });
  if (items.length < limit || items.some(({ state }) => state !== "failed")) return;
  const { isChanged } = await updateDag(metadata.dags, dagId, (dag) =>
    dag && !dag.isPaused ? { ...forgetPlan(dag), isPaused: true } : undefined,
  );
  if (isChanged) report.warn(`DAG "${dagId}" is paused after ${limit} failed runs in a row`);
}
