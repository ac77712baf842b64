// The worker: what each Task state calls. It asks the metadata what the task may do, runs one try, records how it
// ended, and spreads that. The engine knows two answers: it returns (go on) or it throws (call me again).
// No failure of the storage is a task's failure: before a try starts nothing is lost by another call, and once user
// code has run its end is recorded as soon as that can be.
import { taskFailed } from "../../model/failure-event.ts";
import { graphOf } from "../../model/graph.ts";
import type { TaskInstanceRecord, XComRecord } from "../../model/records.ts";
import { totalPriorityWeight } from "../../model/scheduling/priority.ts";
import { isRetryAllowed, retryDelay } from "../../model/scheduling/retries.ts";
import { decideWait } from "../../model/scheduling/sensors.ts";
import { decideSkips } from "../../model/scheduling/skips.ts";
import { type FinishedState, isFinished } from "../../model/states.ts";
import type { TaskError, TaskOutcome } from "../../model/task-call.ts";
import type { Platform } from "../../ports/platform.ts";
import type { DiedTry } from "../../ports/task-runner.ts";
import type { Versions } from "../dag-processing/versions.ts";
import { publishFailure } from "../notifications/publish-failure.ts";
import { retry } from "../retry.ts";
import type { Callbacks } from "./callbacks.ts";
import { propagate, settleVerdict, toEnded } from "./propagate.ts";
import { untilRetryIsDue } from "./retry-wait.ts";
import { type RanTry, runInSlot, type TryStart, toTaskError } from "./run-try.ts";
import { createSensors, type TryRunner } from "./sensor.ts";
import { decideVerdict } from "./verdicts.ts";
import { type Attempt, RetryLater, type WorkerEvent } from "./worker-events.ts";
import { RETURN_VALUE, toXComRecord } from "./xcom-values.ts";

export interface Worker {
  /**
   * Returns when the task has a final state, or a sensor was poked; throws RetryLater otherwise. Repeating is safe.
   */
  execute(event: WorkerEvent, signal: AbortSignal): Promise<void>;
}

type Ending = TaskOutcome | DiedTry;

/** States that a try may start from. */
const STARTABLE = [null, "up_for_retry"] as const;

export function createWorker(platform: Platform, versions: Versions, callbacks: Callbacks): Worker {
  const { metadata, clock } = platform;
  const context = { ...platform, versions };
  const now = () => new Date(clock.now()).toISOString();

  async function execute(event: WorkerEvent, signal: AbortSignal): Promise<void> {
    try {
      await lookAndRun(event, signal);
    } catch (problem) {
      if (problem instanceof RetryLater) throw problem;
      const { dagId, runId, taskId } = event;
      const told = `Task "${taskId}" of run "${runId}" of DAG "${dagId}" is called again: ${String(problem)}`;
      if (!signal.aborted) platform.report.warn(told);
      // What the next call finds in the metadata says what is left to do, a try whose end is missing included.
      throw new RetryLater("Stepwind.NotYet", told);
    }
  }

  async function lookAndRun(event: WorkerEvent, signal: AbortSignal): Promise<void> {
    const { dagId, runId, taskId } = event;
    const run = await metadata.runs.get(dagId, runId);
    const isCurrent = run?.state === "running" && run.clearNumber === event.clearNumber;
    const version = isCurrent ? await versions.get(dagId, run.versionHash) : undefined;
    const task = version && graphOf(version.document).task(taskId);
    if (!isCurrent || !task) {
      if (event.token !== undefined) await platform.stateMachines.release(event.token);
      return;
    }
    const attempt = { scope: { run, version }, task, key: { dagId, runId, taskId, mapIndex: -1 } };
    if (task.sensor) return sensors.execute(attempt, event, signal);
    let known = await metadata.taskInstances.get(attempt.key);
    // Whoever recorded the end may have died before it was spread.
    if (known && isFinished(known.state)) return propagateAgain(attempt, known);
    if (known?.state === "running") {
      known = await recordFailure(attempt, known, {
        name: "WorkerDied",
        message: "the worker died before it reported how the try ended",
      });
      if (!known) throw new RetryLater("Stepwind.NotYet", "another worker is at the task");
      if (known.state === "failed") return;
    }
    let ask: RetryLater["name"] = "Stepwind.NotYet";
    for (;;) {
      if (known?.state === "up_for_retry") await untilRetryIsDue(clock, known, { ask, signal });
      if (signal.aborted || !(await mayStart(attempt, known))) return;
      known = await runTry(attempt, known, { signal });
      if (known?.state !== "up_for_retry") return;
      ask = "Stepwind.Retry";
    }
  }

  /** Whether a try may start now; a task that ends without running is recorded here. */
  async function mayStart(
    { scope, task }: Attempt,
    known: TaskInstanceRecord | undefined,
  ): Promise<boolean> {
    if (known?.state === "up_for_retry") return true;
    const verdict = await decideVerdict(context, scope, task);
    if (verdict.kind === "run") return true;
    if (verdict.kind === "wait") {
      throw new RetryLater("Stepwind.NotYet", `trigger rule ${task.triggerRule} is not met yet`);
    }
    await propagate(context, scope, await settleVerdict(context, scope, task.taskId, verdict));
    return false;
  }

  /** Runs one try and records how it ended; undefined when that was not ours to record. */
  async function runTry(
    attempt: Attempt,
    known: TaskInstanceRecord | undefined,
    { signal, start = startTry(known) }: { signal: AbortSignal; start?: TryStart },
  ): Promise<TaskInstanceRecord | undefined> {
    const { document } = attempt.scope.version;
    const maxTries = known?.maxTries ?? attempt.task.retries;
    const slot = await platform.runner.reserve({
      signal,
      priority: () => totalPriorityWeight(document, attempt.task.taskId),
    });
    // Nothing of the try is read before it has a slot: many tries may wait for one.
    let ran: RanTry | undefined;
    try {
      if (slot) ran = await runInSlot(platform, slot, { attempt, start, maxTries, signal });
    } finally {
      slot?.release();
    }
    if (signal.aborted) return undefined;
    if (!ran) throw new RetryLater("Stepwind.NotYet", "another worker is at the task");
    return "unreadable" in ran
      ? recordFailure(attempt, ran.started, ran.unreadable)
      : record(attempt, ran.started, ran.ending);
  }

  async function record(
    attempt: Attempt,
    started: TaskInstanceRecord,
    ending: Ending,
  ): Promise<TaskInstanceRecord | undefined> {
    const { sensor } = attempt.task;
    switch (ending.kind) {
      case "success":
        return recordSuccess(attempt, started, ending.result);
      case "skipped": {
        const message = ending.message ?? "skipped by itself";
        return end(attempt, started, { state: "skipped", message });
      }
      case "failed":
        return recordFailure(attempt, started, ending.error, ending.retry);
      case "reschedule":
        return recordReschedule(attempt, started);
      case "died":
        // Airflow: a sensor's soft_fail and never_fail hold for AirflowTaskTimeout, too.
        if (ending.timedOut && (sensor?.softFail || sensor?.neverFail)) {
          return end(attempt, started, { state: "skipped", message: ending.reason });
        }
        return recordFailure(attempt, started, { name: "WorkerDied", message: ending.reason });
    }
  }

  /** A sensor that isn't done waits for its next poke, unless its time is over (Airflow: AirflowSensorTimeout). */
  async function recordReschedule(
    attempt: Attempt,
    started: TaskInstanceRecord,
  ): Promise<TaskInstanceRecord | undefined> {
    const { sensor, taskId } = attempt.task;
    if (!sensor) throw new Error(`Task "${taskId}" is no sensor, and can't be rescheduled`);
    const firstPokeAt = Date.parse(started.firstPokeAt ?? now());
    const wait = decideWait(sensor, { firstPokeAt, now: clock.now() });
    if ("timedOut" in wait) {
      const message = wait.timedOut;
      return sensor.softFail
        ? end(attempt, started, { state: "skipped", message })
        : recordFailure(attempt, started, { name: "AirflowSensorTimeout", message }, false);
    }
    return metadata.taskInstances.update({
      key: attempt.key,
      from: ["running"],
      tryNumber: started.tryNumber,
      set: {
        state: "up_for_reschedule",
        endDate: now(),
        rescheduleDate: new Date(wait.nextAt).toISOString(),
      },
    });
  }

  async function recordSuccess(
    attempt: Attempt,
    started: TaskInstanceRecord,
    result: string | undefined,
  ): Promise<TaskInstanceRecord | undefined> {
    const { scope, task, key } = attempt;
    const decided = task.decision
      ? decideSkips(
          scope.version.document,
          task.taskId,
          result === undefined ? null : JSON.parse(result),
        )
      : undefined;
    if (decided && "error" in decided) {
      return recordFailure(attempt, started, { name: "BranchError", message: decided.error });
    }
    const xcoms: XComRecord[] = [];
    try {
      if (result !== undefined) {
        const entry = { name: RETURN_VALUE, value: result };
        xcoms.push(await retry(clock, () => toXComRecord(platform, key, entry)));
      }
    } catch (problem) {
      return recordFailure(attempt, started, toTaskError(problem));
    }
    return end(
      attempt,
      started,
      { state: "success", ...(decided ? { skips: decided.skip } : {}) },
      { xcoms },
    );
  }

  async function recordFailure(
    attempt: Attempt,
    started: TaskInstanceRecord,
    error: TaskError,
    retry = true,
  ): Promise<TaskInstanceRecord | undefined> {
    const { tryNumber, maxTries } = started;
    const message = `${error.name}: ${error.message}`;
    if (!retry || !isRetryAllowed(tryNumber, maxTries)) {
      return end(attempt, started, { state: "failed", message }, { error });
    }
    const endDate = now();
    const delayMs = retryDelay(attempt.task, tryNumber) * 1_000;
    const failed = await metadata.taskInstances.update({
      key: attempt.key,
      from: ["running"],
      tryNumber,
      set: {
        state: "up_for_retry",
        endDate,
        message,
        nextRetryAt: new Date(clock.now() + delayMs).toISOString(),
        tries: [...started.tries, { ...tryOf(started), state: "failed", endDate }],
      },
    });
    if (failed) callbacks.afterTry(attempt.scope, failed, error);
    return failed;
  }

  async function end(
    { scope, key }: Attempt,
    started: TaskInstanceRecord,
    set: {
      readonly state: FinishedState;
      readonly message?: string;
      readonly skips?: readonly string[];
    },
    {
      xcoms = [],
      error,
    }: { readonly xcoms?: readonly XComRecord[]; readonly error?: TaskError } = {},
  ): Promise<TaskInstanceRecord | undefined> {
    const ended = await metadata.taskInstances.update({
      key,
      from: ["running"],
      tryNumber: started.tryNumber,
      set: { ...set, endDate: now() },
      xcoms,
    });
    if (!ended) return undefined;
    callbacks.afterTry(scope, ended, error);
    await propagate(context, scope, [{ ...set, taskId: key.taskId }]);
    if (set.state === "failed") await publishFailure(platform, taskFailed(scope.run, ended));
    return ended;
  }

  async function propagateAgain({ scope }: Attempt, known: TaskInstanceRecord): Promise<void> {
    const ended = toEnded(known);
    if (!ended) return;
    await propagate(context, scope, [ended], { isRepeated: true });
    if (known.state === "failed") await publishFailure(platform, taskFailed(scope.run, known));
  }

  const tries: TryRunner = { propagateAgain, mayStart, runTry, recordFailure };
  const sensors = createSensors(platform, tries);
  return { execute };
}

function startTry(known: TaskInstanceRecord | undefined): TryStart {
  const lastTry = known?.tryNumber ?? 0;
  return { from: STARTABLE, lastTry, tryNumber: lastTry + 1, isNewTry: true };
}

function tryOf({ tryNumber, startDate }: TaskInstanceRecord) {
  return { tryNumber, ...(startDate === undefined ? {} : { startDate }) };
}
