// How a try ended, as an event of the task instance's state machine: what it returned is stored
// with it, and a failure is retried while tries are left.

import type { OutletEvent } from "../../model/assets/documents.ts";
import { restart } from "../../model/control/task-control.ts";
import { measureLengths } from "../../model/mapping/measure-lengths.ts";
import type { TaskInstanceRecord, XComRecord } from "../../model/records.ts";
import { decideByDate, isDateDecision } from "../../model/scheduling/date-decisions.ts";
import { decideWait } from "../../model/scheduling/sensors.ts";
import { decideSkips } from "../../model/scheduling/skips.ts";
import { describeLostTries, isSuspect } from "../../model/scheduling/suspects.ts";
import type { RetryAdvice, TaskError, TaskOutcome } from "../../model/task-call.ts";
import { defer, fail, reschedule, skip, succeed } from "../../model/task-instance.ts";
import { firstLookAt, mayWaitFor } from "../../model/waits/deferred-tasks.ts";
import type { Wait } from "../../model/waits/waits.ts";
import type { DiedTry, TaskRunner } from "../../ports/task-runner.ts";
import { findOutletEvents } from "../assets/task-assets.ts";
import { retry } from "../retry.ts";
import type { ServiceContext } from "../service-context.ts";
import { addLogLine } from "./log-line.ts";
import { applyEnd } from "./task-ends.ts";
import type { InstanceScope } from "./verdicts.ts";
import { RETURN_VALUE, toXComRecord } from "./xcom-values.ts";

/** The instance as recorded at the start of the try. */
interface Started {
  readonly started: TaskInstanceRecord;
}

/** The instance as it is after a try; undefined when somebody else has recorded its end. */
type Recorded = Promise<TaskInstanceRecord | undefined>;

/** Records how the try ended, with all that follows. */
export function recordEnding(
  context: ServiceContext,
  instance: InstanceScope,
  { started, ending }: Started & { readonly ending: TaskOutcome | DiedTry },
): Recorded {
  switch (ending.kind) {
    case "success":
      return recordSuccess(context, instance, {
        started,
        result: ending.result,
        events: ending.outletEvents ?? [],
      });
    case "skipped": {
      const message = ending.message ?? "skipped by itself";
      return recordSkip(context, instance, { started, message });
    }
    case "failed": {
      const { error, retry: isRetried, advice } = ending;
      return recordFailure(context, instance, { started, error, isFinal: !isRetried, advice });
    }
    case "reschedule":
      return recordReschedule(context, instance, { started });
    case "deferred":
      return recordDeferral(context, instance, { started, wait: ending.wait });
    case "died":
      return recordDied(context, instance, { started, ending });
  }
}

/** A suspect whose own process died has most likely been what stopped the server. */
function recordDied(
  context: ServiceContext,
  instance: InstanceScope,
  { started, ending: { reason, timedOut } }: Started & { readonly ending: DiedTry },
): Recorded {
  const { sensor } = instance.task;
  // Airflow: a sensor's soft_fail and never_fail hold for AirflowTaskTimeout as well.
  if (timedOut && (sensor?.softFail || sensor?.neverFail)) {
    return recordSkip(context, instance, { started, message: reason });
  }
  let message = reason;
  if (!timedOut && isToBeIsolated(context, started)) {
    const { dagId, runId, taskId } = started;
    message = `${reason}; before that ${describeLostTries(started)}`;
    context.report.warn(
      `Task "${taskId}" of run "${runId}" of DAG "${dagId}" died in its own process: ${message}`,
    );
  }
  return recordFailure(context, instance, { started, error: { name: "WorkerDied", message } });
}

/** Whether the instance's try runs in a process of its own. */
export function isToBeIsolated(
  { runner }: Pick<ServiceContext, "runner">,
  instance: Pick<TaskInstanceRecord, "tries">,
): boolean {
  return (runner.canIsolate ?? false) && isSuspect(instance);
}

/** The death of a worker that reported nothing, with what that usually means. */
export function withMeaning(
  { silentDeath }: Pick<TaskRunner, "silentDeath">,
  text: string,
): string {
  return silentDeath === undefined ? text : `${text}: ${silentDeath}`;
}

/** The worker of a try that is recorded as running died without a word: the try has failed. */
export async function recordDeath(
  context: ServiceContext,
  instance: InstanceScope,
  started: TaskInstanceRecord,
): Recorded {
  const what = instance.task.sensor ? "poke" : "try";
  const message = withMeaning(
    context.runner,
    `the worker died before it reported how the ${what} ended`,
  );
  await addLogLine(context, started, { level: "error", event: `The ${what} died: ${message}` });
  const error = { name: "WorkerDied", message };
  const recorded = await recordFailure(context, instance, { started, error });
  return recorded ?? recordRestart(context, instance, started);
}

/** The end of a try that was cleared while it ran counts for nothing: the next one is due. */
export function recordRestart(
  { metadata, clock }: Pick<ServiceContext, "metadata" | "clock">,
  { key }: InstanceScope,
  started: TaskInstanceRecord,
): Recorded {
  return metadata.taskInstances.update({ key, ...restart(started, { now: clock.now() }) });
}

/** The try has failed; `isFinal` forbids another. */
export function recordFailure(
  context: ServiceContext,
  { task, key, ...scope }: InstanceScope,
  {
    started,
    error,
    isFinal = false,
    advice: { delay, reason } = {},
  }: Started & {
    readonly error: TaskError;
    readonly isFinal?: boolean;
    readonly advice?: RetryAdvice | undefined;
  },
): Recorded {
  const because = reason === undefined ? "" : ` (retry policy: ${reason})`;
  const message = `${error.name}: ${error.message}${because}`;
  const now = context.clock.now();
  const change = fail(started, { message, policy: task, delay, isFinal, now });
  return applyEnd(context, scope, { key, change, error });
}

function recordSkip(
  context: ServiceContext,
  { key, ...scope }: InstanceScope,
  { started, message }: Started & { readonly message: string },
): Recorded {
  const change = skip(started, { message, now: context.clock.now() });
  return applyEnd(context, scope, { key, change });
}

/**
 * A sensor that isn't done waits for its next poke, unless its time is over (Airflow:
 * AirflowSensorTimeout).
 */
async function recordReschedule(
  context: ServiceContext,
  instance: InstanceScope,
  { started }: Started,
): Recorded {
  const { task, key } = instance;
  if (!task.sensor) {
    throw new Error(`Task "${task.taskId}" is not a sensor, and can't be rescheduled`);
  }
  const now = context.clock.now();
  const firstPokeAt = started.firstPokeAt === undefined ? now : Date.parse(started.firstPokeAt);
  const wait = decideWait(task.sensor, { firstPokeAt, now });
  if ("timedOut" in wait)
    return recordTimeout(context, instance, { started, message: wait.timedOut });
  return applyEnd(context, instance, { key, change: reschedule(started, { ...wait, now }) });
}

/** The sensor's time is over: no further try (Airflow: AirflowSensorTimeout). */
export async function recordTimeout(
  context: ServiceContext,
  instance: InstanceScope,
  { started, message }: Started & { readonly message: string },
): Recorded {
  await addLogLine(context, started, { level: "error", event: message });
  if (instance.task.sensor?.softFail) return recordSkip(context, instance, { started, message });
  const error = { name: "AirflowSensorTimeout", message };
  return recordFailure(context, instance, { started, error, isFinal: true });
}

/** The task waits for something; one that may not has failed. */
function recordDeferral(
  context: ServiceContext,
  instance: InstanceScope,
  { started, wait }: Started & { readonly wait: Wait },
): Recorded {
  const { task, key } = instance;
  if (!mayWaitFor(task, wait)) {
    const message = `Task "${task.taskId}" can't wait for "${wait.kind}": its operator is "${task.operator}"`;
    const error = { name: "Error", message };
    return recordFailure(context, instance, { started, error, isFinal: true });
  }
  const now = context.clock.now();
  const wakeAt = firstLookAt(task, started, { wait, now });
  return applyEnd(context, instance, { key, change: defer(started, { wait, wakeAt }) });
}

/**
 * A branch that returns an unknown label, or a result that can't be stored, is a failure of the
 * try.
 */
async function recordSuccess(
  context: ServiceContext,
  instance: InstanceScope,
  {
    started,
    result: returned,
    events,
  }: Started & { readonly result: string | undefined; readonly events: readonly OutletEvent[] },
): Recorded {
  const { task, key, version } = instance;
  const result = await decideResult(context, instance, { started, result: returned });
  const value = result === undefined ? null : JSON.parse(result);
  const decided = task.decision && decideSkips(version.document, task.taskId, value);
  if (decided && "error" in decided) {
    const error = { name: "BranchError", message: decided.error };
    return recordFailure(context, instance, { started, error });
  }
  const measured = measureLengths(version.document, key, value);
  if ("error" in measured) {
    return recordFailure(context, instance, { started, error: measured.error });
  }
  const assets = await findOutletEvents(context, instance, { started, events });
  if ("error" in assets) {
    return recordFailure(context, instance, { started, error: assets.error });
  }
  const xcoms: XComRecord[] = [];
  try {
    if (result !== undefined) {
      const entry = { name: RETURN_VALUE, value: result };
      xcoms.push(await retry(context.clock, () => toXComRecord(context, key, entry)));
    }
  } catch (problem) {
    return recordFailure(context, instance, { started, error: toTaskError(problem) });
  }
  const change = succeed(started, {
    skips: decided?.skip,
    lengths: measured.lengths,
    assetEvents: assets.all,
    now: context.clock.now(),
  });
  return applyEnd(context, instance, { key, change, xcoms });
}

/** The result of a try: what it returned, or what the product decides in its place. */
async function decideResult(
  context: ServiceContext,
  { task, run, version }: InstanceScope,
  { started, result }: Started & { readonly result: string | undefined },
): Promise<string | undefined> {
  const { decision, taskId } = task;
  if (!isDateDecision(decision)) return result;
  const facts = { run, now: context.clock.now() };
  const { follow, why } = decideByDate(version.document, { taskId, decision }, facts);
  await addLogLine(context, started, { level: "info", event: why });
  return JSON.stringify(follow);
}

/** A failure of the storage, as the error of the task that it stops. */
export function toTaskError(problem: unknown): TaskError {
  return problem instanceof Error
    ? { name: problem.name, message: problem.message }
    : { name: "Error", message: String(problem) };
}
