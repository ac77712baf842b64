// The recorder: what the engine itself reports. It holds gates, settles a task whose worker never answered, ends a
// run, and takes up runs whose engine died.
import type { TaskDocument } from "../model/document.ts";
import { runFailed, taskFailed } from "../model/failure-event.ts";
import { graphOf } from "../model/graph.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../model/records.ts";
import { decideRunState } from "../model/run-state.ts";
import { isFinished, type TaskInstanceState } from "../model/states.ts";
import type { CallbackReason } from "../model/task-call.ts";
import type { Platform } from "../ports/platform.ts";
import type { ExecutionInput } from "../ports/state-machines.ts";
import type { Callbacks } from "./callbacks.ts";
import { publishFailure } from "./failures.ts";
import { type Ended, lookAtGate, releaseGate, spread } from "./spread.ts";
import type { RunScope } from "./verdicts.ts";
import type { Versions } from "./versions.ts";
import { CallAgain } from "./worker.ts";

/** What the compiled machine sends to the recorder. */
export type RecorderEvent = ExecutionInput &
  (
    | { readonly action: "gate"; readonly taskId: string; readonly token: string }
    | { readonly action: "settle"; readonly taskId: string }
    | { readonly action: "finish" }
  );

export interface Recorder {
  /** Handles one event; repeating is safe. */
  handle(event: RecorderEvent): Promise<void>;
  /** Takes up a running run whose engine died: what ran there is free to run again, without the loss of a retry. */
  resume(run: DagRunRecord): Promise<void>;
  /** An execution has ended, failed or stopped, without the run's end: the run has failed. Repeating is safe. */
  executionEnded(input: ExecutionInput): Promise<void>;
  /** Ends a running run from outside: its execution stops and unfinished tasks get the state given. The caller plans on. */
  abandon(
    run: DagRunRecord,
    how: { readonly reason: CallbackReason; readonly unfinished: "skipped" | "failed" },
  ): Promise<void>;
}

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
  const context = { ...platform, versions };
  const now = () => new Date(clock.now()).toISOString();

  async function scopeOf(event: ExecutionInput): Promise<RunScope | undefined> {
    const run = await metadata.getRun(event.dagId, event.runId);
    if (run?.state !== "running" || run.clearNumber !== event.clearNumber) return undefined;
    return { run, version: await versions.get(run.dagId, run.versionHash) };
  }

  async function handle(event: RecorderEvent): Promise<void> {
    const scope = await scopeOf(event);
    if (!scope) {
      if (event.action === "gate") await platform.stateMachines.release(event.token);
      return;
    }
    if (event.action === "finish") return finish(scope);
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
    await metadata.putGate({ ...key, token });
    const known = await metadata.getTaskInstance(key);
    if (known && known.state !== null) return releaseGate(context, scope, task.taskId);
    await lookAtGate(context, scope, task);
  }

  /** The engine gave up on a worker that never reported, or died between its record and the rest of its work. */
  async function settle(scope: RunScope, task: TaskDocument): Promise<void> {
    const { dagId, runId } = scope.run;
    const key = { dagId, runId, taskId: task.taskId, mapIndex: -1 };
    const ended = await metadata.updateTaskInstance({
      key,
      from: [null, "queued", "running", "up_for_retry"],
      set: {
        state: "failed",
        endDate: now(),
        message: "the worker died and all tries are used up",
      },
    });
    const settled = ended ?? (await metadata.getTaskInstance(key));
    if (settled?.state !== "failed") return;
    await spread(context, scope, [{ taskId: task.taskId, state: "failed" }]);
    await publishFailure(platform, taskFailed(scope.run, settled));
  }

  async function finish(scope: RunScope): Promise<void> {
    const { dagId, runId } = scope.run;
    const states = new Map<string, TaskInstanceState | null>();
    for (const record of await metadata.listTaskInstances({ dagId, runId })) {
      states.set(record.taskId, record.state);
    }
    const decided = decideRunState(scope.version.document, (taskId) => states.get(taskId) ?? null);
    if (decided.state === "running") {
      throw new CallAgain(
        "Stepwind.NotYet",
        `run "${runId}" of DAG "${dagId}" has unfinished tasks`,
      );
    }
    if (!(await end(scope, decided.state, decided.reason))) return;
    if (decided.reason === "all_tasks_deadlocked") {
      await publishFailure(platform, runFailed(scope.run, decided.reason));
    }
    await options.onRunEnded(dagId);
  }

  async function end(
    scope: RunScope,
    state: "success" | "failed",
    reason: CallbackReason,
  ): Promise<boolean> {
    const { dagId, runId } = scope.run;
    const ended = await metadata.updateRun({
      dagId,
      runId,
      from: ["running"],
      clearNumber: scope.run.clearNumber,
      set: { state, reason, endDate: now() },
    });
    if (!ended) return false;
    const duration = (Date.parse(now()) - Date.parse(ended.startDate ?? ended.queuedAt)) / 1_000;
    platform.report.info(`Run "${runId}" of DAG "${dagId}" ended: ${state}`, {
      dagId,
      runId,
      state,
      duration,
    });
    options.callbacks.afterRun({ ...scope, run: ended }, reason);
    if (state === "failed") await pauseAfterFailures(scope);
    return true;
  }

  /** Airflow: max_consecutive_failed_dag_runs. */
  async function pauseAfterFailures({
    run: { dagId },
    version: { document },
  }: RunScope): Promise<void> {
    const limit = document.maxConsecutiveFailedDagRuns;
    if (limit <= 0) return;
    const { items } = await metadata.listRuns({ dagId, states: ["success", "failed"], limit });
    if (items.length < limit || items.some(({ state }) => state !== "failed")) return;
    const dag = await metadata.getDag(dagId);
    if (!dag || dag.isPaused) return;
    await metadata.putDag({ ...dag, isPaused: true, revision: dag.revision + 1 });
    platform.report.warn(`DAG "${dagId}" is paused after ${limit} failed runs in a row`);
  }

  async function resume(run: DagRunRecord): Promise<void> {
    const { dagId, runId } = run;
    const scope = { run, version: await versions.get(dagId, run.versionHash) };
    const records = await metadata.listTaskInstances({ dagId, runId });
    await Promise.all(records.filter(({ state }) => state === "running").map(freeOrphan));
    const ended: Ended[] = [];
    for (const { taskId, state, skips } of records) {
      if (isFinished(state)) ended.push({ taskId, state, ...(skips ? { skips } : {}) });
    }
    await spread(context, scope, ended);
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
    await metadata.updateTaskInstance({
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
    await abandon(scope.run, { reason: "task_failure", unfinished: "failed" });
    await options.onRunEnded(input.dagId);
  }

  async function abandon(
    run: DagRunRecord,
    {
      reason,
      unfinished,
    }: { readonly reason: CallbackReason; readonly unfinished: "skipped" | "failed" },
  ): Promise<void> {
    const { dagId, runId, clearNumber } = run;
    const scope = { run, version: await versions.get(dagId, run.versionHash) };
    const endDate = now();
    await Promise.all(
      scope.version.document.tasks.map(({ taskId }) =>
        metadata.updateTaskInstance({
          key: { dagId, runId, taskId, mapIndex: -1 },
          from: [null, "queued", "running", "up_for_retry", "up_for_reschedule"],
          set: { state: unfinished, endDate, message: `the run ended: ${reason}` },
        }),
      ),
    );
    const isEnded = await end(scope, "failed", reason);
    // Only now: an engine that tells of stopped executions is to find the run ended.
    await platform.stateMachines.stop({ dagId, runId, clearNumber }, reason);
    if (isEnded) await publishFailure(platform, runFailed(run, reason));
  }

  return { handle, resume, executionEnded, abandon };
}
