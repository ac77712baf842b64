// The recorder: what the engine itself reports. It holds gates, settles a task whose worker never answered, ends a
// run, and takes up runs whose engine died.
import type { TaskDocument } from "../../model/document.ts";
import { runFailed, taskFailed } from "../../model/failure-event.ts";
import { graphOf } from "../../model/graph.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../../model/records.ts";
import { forgetPlan } from "../../model/scheduling/planner.ts";
import { decideRunState } from "../../model/scheduling/run-state.ts";
import type { TaskInstanceState } from "../../model/states.ts";
import type { CallbackReason } from "../../model/task-call.ts";
import type { Platform } from "../../ports/platform.ts";
import type { ExecutionInput } from "../../ports/state-machines.ts";
import type { Versions } from "../dag-processing/versions.ts";
import { publishFailure } from "../notifications/publish-failure.ts";
import { retry } from "../retry.ts";
import type { Callbacks } from "../tasks/callbacks.ts";
import { lookAtGate, propagate, releaseGate, toEnded, wakeOtherRuns } from "../tasks/propagate.ts";
import type { RunScope } from "../tasks/verdicts.ts";
import { RetryLater } from "../tasks/worker-events.ts";

/** What the compiled machine sends to the recorder. */
export type RecorderEvent = ExecutionInput &
  (
    | { readonly action: "gate"; readonly taskId: string; readonly token: string }
    | { readonly action: "settle"; readonly taskId: string }
    | { readonly action: "finish" }
  );

export interface Recorder {
  /** Handles one event; repeating is safe. What it throws is for the engine, which calls again for more than an hour. */
  handle(event: RecorderEvent): Promise<void>;
  /**
   * Takes up a running run whose engine died: what ran there is free to run again, without the loss of a retry. To be
   * called only when none of its executions is left.
   */
  resume(run: DagRunRecord): Promise<void>;
  /** An execution has ended, failed or stopped, without the run's end: the run has failed. Repeating is safe. */
  executionEnded(input: ExecutionInput): Promise<void>;
  /**
   * Ends a running run from outside: its execution stops, unfinished tasks become skipped (timed_out) or failed.
   * Nothing happens if it has ended. The caller plans on.
   */
  abandon(run: DagRunRecord, reason: keyof typeof UNFINISHED): Promise<void>;
}

/** What unfinished tasks become when a run is ended from outside (Airflow: dagrun_timeout skips them). */
const UNFINISHED = { timed_out: "skipped", task_failure: "failed" } as const;

export interface RecorderOptions {
  readonly callbacks: Callbacks;
  /** Called when a run has ended, so that the next may be planned. */
  readonly onRunEnded: (dagId: string) => Promise<void>;
}

export function createRecorder(
  platform: Platform,
  versions: Versions,
  options: RecorderOptions,
): Recorder {
  const { metadata, clock } = platform;
  const { callbacks } = options;
  const context = { ...platform, versions };
  const now = () => new Date(clock.now()).toISOString();

  async function scopeOf(event: ExecutionInput): Promise<RunScope | undefined> {
    const run = await metadata.runs.get(event.dagId, event.runId);
    if (run?.state !== "running" || run.clearNumber !== event.clearNumber) return undefined;
    return { run, version: await versions.get(run.dagId, run.versionHash) };
  }

  async function handle(event: RecorderEvent): Promise<void> {
    if (event.action === "finish") return finish(event);
    const scope = await scopeOf(event);
    if (!scope) {
      if (event.action === "gate") await platform.stateMachines.release(event.token);
      return;
    }
    const task = graphOf(scope.version.document).task(event.taskId);
    if (!task)
      throw new Error(
        `DAG "${event.dagId}" has no task "${event.taskId}" in version ${scope.version.hash}`,
      );
    return event.action === "gate" ? gate(scope, task, event.token) : settle(scope, task);
  }

  /** Records the token first and looks afterwards, so that no wake-up between the two is lost. */
  async function gate(scope: RunScope, task: TaskDocument, token: string): Promise<void> {
    const key = {
      dagId: scope.run.dagId,
      runId: scope.run.runId,
      taskId: task.taskId,
      mapIndex: -1,
    };
    await metadata.gates.put({ ...key, token });
    const known = await metadata.taskInstances.get(key);
    if (known && known.state !== null) return releaseGate(context, scope, task.taskId);
    await lookAtGate(context, scope, task);
  }

  /** The engine gave up on a worker that never reported, or that recorded its end and failed to spread it. */
  async function settle(scope: RunScope, { taskId }: TaskDocument): Promise<void> {
    const key = { dagId: scope.run.dagId, runId: scope.run.runId, taskId, mapIndex: -1 };
    const message = "the worker died and all tries are used up";
    const failed = await metadata.taskInstances.update({
      key,
      from: [null, "queued", "running", "up_for_retry", "up_for_reschedule"],
      set: { state: "failed", endDate: now(), message },
    });
    if (failed) callbacks.afterTry(scope, failed, { name: "WorkerDied", message });
    const known = failed ?? (await metadata.taskInstances.get(key));
    const ended = known && toEnded(known);
    if (!ended) return;
    await propagate(context, scope, [ended], { isRepeated: true });
    if (known.state === "failed") await publishFailure(platform, taskFailed(scope.run, known));
  }

  /** Ends the run, and lets others know; the latter also if the run has ended by now, since they may not have heard. */
  async function finish(event: ExecutionInput): Promise<void> {
    const scope = await scopeOf(event);
    if (scope) await decideEnd(scope);
    await wakeOtherRuns(context, event);
    await options.onRunEnded(event.dagId);
  }

  async function decideEnd(scope: RunScope): Promise<void> {
    const { dagId, runId } = scope.run;
    const states = new Map<string, TaskInstanceState | null>();
    for (const record of await metadata.taskInstances.list({ dagId, runId })) {
      states.set(record.taskId, record.state);
    }
    const decided = decideRunState(scope.version.document, (taskId) => states.get(taskId) ?? null);
    if (decided.state === "running") {
      throw new RetryLater(
        "Stepwind.NotYet",
        `run "${runId}" of DAG "${dagId}" has unfinished tasks`,
      );
    }
    const ended = await end(scope, decided.state, decided.reason);
    if (ended && decided.reason === "all_tasks_deadlocked") {
      await publishFailure(platform, runFailed(scope.run, decided.reason));
    }
  }

  async function end(
    scope: RunScope,
    state: "success" | "failed",
    reason: CallbackReason,
  ): Promise<boolean> {
    const { dagId, runId } = scope.run;
    const ended = await metadata.runs.update({
      dagId,
      runId,
      from: ["running"],
      clearNumber: scope.run.clearNumber,
      set: { state, reason, endDate: now() },
    });
    if (!ended) return false;
    const duration = (Date.parse(now()) - Date.parse(ended.startDate ?? ended.queuedAt)) / 1_000;
    platform.report.info(`Run "${runId}" of DAG "${dagId}" ended: ${state}`, {
      kind: "run-ended",
      dagId,
      runId,
      state,
      duration,
    });
    callbacks.afterRun({ ...scope, run: ended }, reason);
    // Whoever calls again finds the run ended, and doesn't come here.
    if (state === "failed") await retry(clock, () => pauseAfterFailures(scope));
    return true;
  }

  /** Airflow: max_consecutive_failed_dag_runs. */
  async function pauseAfterFailures({
    run: { dagId },
    version: { document },
  }: RunScope): Promise<void> {
    const limit = document.maxConsecutiveFailedDagRuns;
    if (limit <= 0) return;
    const { items } = await metadata.runs.list({ dagId, states: ["success", "failed"], limit });
    if (items.length < limit || items.some(({ state }) => state !== "failed")) return;
    for (;;) {
      const dag = await metadata.dags.get(dagId);
      if (!dag || dag.isPaused) return;
      const paused = { ...forgetPlan(dag), isPaused: true, revision: dag.revision + 1 };
      if (await metadata.dags.put(paused)) break;
    }
    platform.report.warn(`DAG "${dagId}" is paused after ${limit} failed runs in a row`);
  }

  async function resume(run: DagRunRecord): Promise<void> {
    if (run.reason === "timed_out" || run.reason === "task_failure") {
      return abandon(run, run.reason);
    }
    const { dagId, runId } = run;
    const scope = { run, version: await versions.get(dagId, run.versionHash) };
    const records = await metadata.taskInstances.list({ dagId, runId });
    await Promise.all(records.filter(({ state }) => state === "running").map(freeOrphan));
    await propagate(
      context,
      scope,
      records.map(toEnded).filter((ended) => ended !== undefined),
      { isRepeated: true },
    );
    await platform.stateMachines.start({
      dagId,
      hash: run.versionHash,
      input: { dagId, runId, clearNumber: run.clearNumber },
    });
  }

  /**
   * The try is kept in the history, and the next one, due at once, doesn't use up a retry (Airflow: a task that is
   * cleared while it runs). What its rule decided before it started still holds.
   */
  async function freeOrphan(record: TaskInstanceRecord): Promise<void> {
    const { dagId, runId, taskId, mapIndex, tryNumber, startDate } = record;
    const endDate = now();
    await metadata.taskInstances.update({
      key: { dagId, runId, taskId, mapIndex },
      from: ["running"],
      tryNumber,
      set: {
        state: "up_for_retry",
        nextRetryAt: endDate,
        endDate,
        maxTries: record.maxTries + 1,
        message: "the engine stopped while it ran",
        tries: [
          ...record.tries,
          { tryNumber, state: "failed", endDate, ...(startDate ? { startDate } : {}) },
        ],
      },
    });
  }

  async function executionEnded(input: ExecutionInput): Promise<void> {
    const scope = await scopeOf(input);
    if (!scope) return;
    await abandon(scope.run, "task_failure");
    await options.onRunEnded(input.dagId);
  }

  /** The reason is recorded first: if the process dies before the end, the next one ends the run by it. */
  async function abandon(
    { dagId, runId, clearNumber }: DagRunRecord,
    reason: keyof typeof UNFINISHED,
  ): Promise<void> {
    const run = await metadata.runs.update({
      dagId,
      runId,
      from: ["running"],
      clearNumber,
      set: { reason },
    });
    if (!run) return;
    const scope = { run, version: await versions.get(dagId, run.versionHash) };
    const endDate = now();
    await Promise.all(
      scope.version.document.tasks.map(({ taskId }) =>
        metadata.taskInstances.update({
          key: { dagId, runId, taskId, mapIndex: -1 },
          from: [null, "queued", "running", "up_for_retry", "up_for_reschedule"],
          set: { state: UNFINISHED[reason], endDate, message: `the run ended: ${reason}` },
        }),
      ),
    );
    const isEnded = await end(scope, "failed", reason);
    // Only now: an engine that tells of stopped executions is to find the run ended.
    await platform.stateMachines.stop({ dagId, runId, clearNumber }, reason);
    await wakeOtherRuns(context, run);
    if (isEnded) await publishFailure(platform, runFailed(run, reason));
  }

  return { handle, resume, executionEnded, abandon };
}
