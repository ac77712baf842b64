// Tasks that trigger a run of another DAG: the recorder makes it, once for each try, and looks how
// it ends. What is to be made is recorded before, so a call that takes the place of one that died
// finds the run and knows it for its own.
import { clearRun } from "../../../model/control/run-changes.ts";
import { runIdFor } from "../../../model/ids.ts";
import type { DagRecord, DagRunRecord, TaskInstanceKey } from "../../../model/records.ts";
import { isRunFinished } from "../../../model/states.ts";
import type { TaskOutcome } from "../../../model/task-call.ts";
import { toIso } from "../../../model/values/time.ts";
import { decideAwaitedRun, isPassedThrough } from "../../../model/waits/awaited-runs.ts";
import type { RunWait, TriggerWait } from "../../../model/waits/waits.ts";
import { changeRun } from "../../control/pending-changes.ts";
import { createRun as storeRun } from "../../deadlines/create-run.ts";
import { RequestRefused } from "../../request-refused.ts";
import { retry } from "../../retry.ts";
import { checkRunId, checkTriggerable, toManualRun } from "../../runs/manual-run.ts";
import { toXComRecord } from "../xcom-values.ts";
import type { FollowContext, WaitingTask, WaitStep } from "./wait-step.ts";

/** A planning that fails is made up for by the next one of the DAG. */
const PLANNING = { attempts: 3, patienceMs: 5_000 } as const;
/** Runs that other tasks may trigger in the same millisecond. */
const MOST_DATES = 1_000;

/** Makes the run, if an earlier call has not, and goes on to wait for it. */
export async function triggerRun(
  context: FollowContext,
  task: WaitingTask<TriggerWait>,
): Promise<WaitStep> {
  const { wait } = task;
  const { dagId } = wait;
  const dag = await context.metadata.dags.get(dagId);
  if (!dag) return failed("DagNotFound", `Dag id ${dagId} not found`);
  if (wait.failWhenDagIsPaused && dag.isPaused) {
    return failed("DagIsPaused", `Dag ${dagId} is paused`);
  }
  let run: DagRunRecord | WaitStep | undefined;
  try {
    run = await createRun(context, task, dag);
  } catch (problem) {
    if (!(problem instanceof RequestRefused)) throw problem;
    return failed("TriggerRefused", problem.message);
  }
  if (!run) return { kind: "ends", ending: endOfExisting(wait) };
  if ("kind" in run) return run;
  await tellXComs(context, task.instance.key, run);
  await plan(context, run);
  if (!wait.waitForCompletion) return { kind: "ends", ending: { kind: "success" } };
  const { runId } = run;
  const { allowedStates, failedStates, pokeInterval, isRetried } = wait;
  const states = { allowedStates, failedStates };
  const next: RunWait = { kind: "run", dagId, runId, ...states, pokeInterval, isRetried };
  return lookAtRun(context, { ...task, wait: next });
}

/**
 * The run that this try has made or reset, now or before; undefined where another has its id or
 * date. A step where something is to be recorded first.
 */
async function createRun(
  context: FollowContext,
  task: WaitingTask<TriggerWait>,
  dag: DagRecord,
): Promise<DagRunRecord | WaitStep | undefined> {
  const {
    instance: { key },
    known,
    wait,
  } = task;
  const { metadata, versions, clock } = context;
  const { dagId, runId, conf, waitForCompletion } = wait;
  checkTriggerable(dag);
  const version = await versions.get(dagId, dag.versionHash);
  const triggeredFrom = { ...key, tryNumber: known.tryNumber };
  const first = Date.parse(wait.logicalDate ?? wait.askedAt);
  // Without a date of its own, the run takes the next one that no other run has.
  const dates = wait.logicalDate === undefined ? MOST_DATES : 1;
  for (let more = 0; more < dates; more += 1) {
    const logicalDate = wait.logicalDate === null ? null : toIso(first + more);
    const request = { dagId, conf, logicalDate, triggeredBy: "operator" } as const;
    const named = { ...request, runId: runId ?? idOf(wait, logicalDate) };
    checkRunId(named);
    const now = clock.now();
    const run: DagRunRecord = {
      ...toManualRun(named, version, { now, random: "" }),
      runType: "operator_triggered",
      triggeredFrom,
      ...(waitForCompletion ? { awaitedBy: [key] } : {}),
    };
    if ((await storeRun(context, run, version.document)) === "created") return run;
    const found = await metadata.runs.get(dagId, run.runId);
    if (found && isFrom(found, triggeredFrom)) return found;
    const isNamed = runId !== undefined || wait.logicalDate !== undefined;
    if (found && isNamed && wait.resetDagRun) return resetRun(context, task, found);
    if (found && runId !== undefined) return undefined;
  }
  return undefined;
}

/**
 * Clears the run once: it is noted as it was found, and cleared only if it is still so (Airflow:
 * reset_dag_run). Answers it after that.
 */
async function resetRun(
  context: FollowContext,
  { instance: { key }, known, wait }: WaitingTask<TriggerWait>,
  run: DagRunRecord,
): Promise<DagRunRecord | WaitStep> {
  const { dagId, runId, clearNumber } = run;
  if (dagId === key.dagId && runId === key.runId) {
    throw new RequestRefused("invalid", `Run "${runId}" of DAG "${dagId}" can't reset itself`);
  }
  if (wait.found?.runId !== runId) {
    const message = `finds run "${runId}" of DAG "${dagId}", which is ${run.state}, and resets it`;
    const found = { runId, clearNumber };
    return { kind: "waits", nextAt: context.clock.now(), message, wait: { ...wait, found } };
  }
  const noted = wait.found.clearNumber;
  const reset = await changeRun(context, run, (current) => {
    // It has been reset since, by this try or by others.
    if (current.clearNumber !== noted) return undefined;
    const { awaitedBy = [] } = current;
    const cleared = clearRun(current, {
      now: context.clock.now(),
      change: { kind: "clear" },
      isQueued: true,
    });
    // Who waited for a run that has ended has been woken.
    const others = isRunFinished(current.state) ? [] : awaitedBy;
    return {
      ...cleared,
      awaitedBy,
      set: {
        ...cleared.set,
        triggeredFrom: { ...key, tryNumber: known.tryNumber },
        ...(wait.waitForCompletion ? { awaitedBy: [...others, key] } : {}),
      },
    };
  });
  if (reset) return reset;
  throw new RequestRefused("conflict", `Run "${runId}" of DAG "${dagId}" is gone`);
}

function idOf({ askedAt, random }: TriggerWait, logicalDate: string | null): string {
  return runIdFor("operator_triggered", { runAfter: logicalDate ?? askedAt, logicalDate, random });
}

function isFrom(
  { triggeredFrom }: DagRunRecord,
  { dagId, runId, taskId, mapIndex, tryNumber }: NonNullable<DagRunRecord["triggeredFrom"]>,
): boolean {
  return (
    triggeredFrom?.dagId === dagId &&
    triggeredFrom.runId === runId &&
    triggeredFrom.taskId === taskId &&
    triggeredFrom.mapIndex === mapIndex &&
    triggeredFrom.tryNumber === tryNumber
  );
}

/** Airflow fails such a task for good. */
function endOfExisting({
  dagId,
  runId,
  logicalDate,
  skipWhenAlreadyExists,
}: TriggerWait): TaskOutcome {
  if (skipWhenAlreadyExists) {
    const message =
      "Dag Run already exists, skipping task as skip_when_already_exists is set to True.";
    return { kind: "skipped", message };
  }
  const which = runId === undefined ? `logical date ${logicalDate}` : `run id "${runId}"`;
  const message = `A run of DAG "${dagId}" with ${which} exists already`;
  return { kind: "failed", retry: false, error: { name: "DagRunAlreadyExists", message } };
}

function failed(name: string, message: string): WaitStep {
  return { kind: "ends", ending: { kind: "failed", retry: true, error: { name, message } } };
}

/** Airflow's XComs by which the run is found. */
async function tellXComs(
  context: FollowContext,
  key: TaskInstanceKey,
  { dagId, runId }: DagRunRecord,
): Promise<void> {
  for (const [name, id] of [
    ["trigger_dag_id", dagId],
    ["trigger_run_id", runId],
  ] as const) {
    const value = JSON.stringify(id);
    await context.metadata.xcoms.put(await toXComRecord(context, key, { name, value }));
  }
}

/** The run is there: what fails now is done by the next planning of the DAG. */
async function plan(
  { clock, scheduler, report }: FollowContext,
  { dagId, runId }: DagRunRecord,
): Promise<void> {
  try {
    await retry(clock, () => scheduler.schedule(dagId), PLANNING);
  } catch (problem) {
    const told = `Run "${runId}" of DAG "${dagId}" is queued, but could not be planned`;
    report.error(`${told}: ${String(problem)}`);
  }
}

/** Whether the run wakes the task when it ends. */
function isAwaited(run: DagRunRecord | undefined, key: TaskInstanceKey): boolean {
  const { dagId, runId, taskId, mapIndex } = key;
  return (run?.awaitedBy ?? []).some(
    (waiter) =>
      waiter.dagId === dagId &&
      waiter.runId === runId &&
      waiter.taskId === taskId &&
      waiter.mapIndex === mapIndex,
  );
}

/** Looks at the run that the task waits for; its end wakes the task. */
export async function lookAtRun(
  { metadata, clock }: FollowContext,
  { instance, known, wait }: WaitingTask<RunWait>,
): Promise<WaitStep> {
  const { dagId, runId } = wait;
  const run = await metadata.runs.get(dagId, runId);
  const ending = decideAwaitedRun(wait, run);
  if (ending) return { kind: "ends", ending };
  const now = clock.now();
  const { executionTimeout = Infinity } = instance.task;
  const endsAt = Date.parse(known.startDate ?? toIso(now)) + executionTimeout * 1_000;
  if (endsAt <= now) {
    const message = `The task took longer than its executionTimeout of ${executionTimeout} seconds`;
    return failed("AirflowTaskTimeout", message);
  }
  const isNoticed = !isPassedThrough(wait) && isAwaited(run, instance.key);
  const pokeAt = isNoticed ? Infinity : now + wait.pokeInterval * 1_000;
  const nextAt = Math.min(pokeAt, endsAt);
  const message = `waits for run "${runId}" of DAG "${dagId}", which is ${run?.state}`;
  return { kind: "waits", nextAt: Number.isFinite(nextAt) ? nextAt : undefined, message, wait };
}
