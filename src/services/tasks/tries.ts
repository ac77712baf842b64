// One try: it waits for a slot, is recorded as running, gets what the task reads, and the task
// runner runs it. How it ended is recorded by try-ends.ts.

import type { TaskInstanceRecord } from "../../model/records.ts";
import { totalPriorityWeight } from "../../model/scheduling/priority.ts";
import { describeLostTries } from "../../model/scheduling/suspects.ts";
import type { TaskCall, TaskError, TaskOutcome } from "../../model/task-call.ts";
import type { TaskInstanceTransition } from "../../model/task-instance.ts";
import { toIso } from "../../model/values/time.ts";
import type { DiedTry, Slot } from "../../ports/task-runner.ts";
import { retry } from "../retry.ts";
import type { ServiceContext } from "../service-context.ts";
import { propagate } from "./propagate.ts";
import { callForTask, readInputs } from "./task-call-inputs.ts";
import { createTaskServices } from "./task-services.ts";

import { isToBeIsolated, recordEnding, recordFailure, toTaskError } from "./try-ends.ts";
import { recordVerdict } from "./verdict-wave.ts";
import { decideVerdict, type InstanceScope } from "./verdicts.ts";
import { RetryLater } from "./worker-events.ts";

/**
 * Whether a try may start now; a task that ends without running is recorded here. Throws RetryLater
 * while it waits.
 */
export async function mayStart(
  context: ServiceContext,
  instance: InstanceScope,
  known: TaskInstanceRecord | undefined,
): Promise<boolean> {
  // What the dependencies said before the first try still holds.
  if (known?.state === "up_for_retry") return true;
  const verdict = await decideVerdict(context, instance, known);
  if (verdict.kind === "met") return true;
  if (verdict.kind === "waits") throw new RetryLater("Stepwind.NotYet", verdict.reason);
  await propagate(context, instance, await recordVerdict(context, instance.key, verdict));
  return false;
}

export interface TryStart {
  readonly signal: AbortSignal;
  /** The instance before the try. */
  readonly known: TaskInstanceRecord | undefined;
  /** The event that the try begins with, at the moment when it has a slot. */
  begin(facts: {
    readonly maxTries: number;
    readonly now: number;
  }): TaskInstanceTransition | undefined;
}

/** A try that is recorded as running, and how it ended. */
type RanTry = { readonly started: TaskInstanceRecord } & (
  | { readonly ending: TaskOutcome | DiedTry }
  /** What the task reads could not be fetched. */
  | { readonly unreadable: TaskError }
);

/**
 * Runs one try and records how it ended; undefined when that was not ours to record. Throws
 * RetryLater when another worker is at the task.
 */
export async function runTry(
  context: ServiceContext,
  instance: InstanceScope,
  how: TryStart,
): Promise<TaskInstanceRecord | undefined> {
  const { signal } = how;
  const slot = await context.runner.reserve({
    signal,
    instance: instance.key,
    priority: () => totalPriorityWeight(instance.version.document, instance.task.taskId),
  });
  // Nothing of the try is read before it has a slot: many tries may wait for one.
  let ran: RanTry | undefined;
  try {
    if (slot) ran = await runInSlot(context, slot, { instance, how });
  } finally {
    slot?.release();
  }
  if (signal.aborted) return undefined;
  if (!ran) throw new RetryLater("Stepwind.NotYet", "another worker is at the task");
  return "unreadable" in ran
    ? recordFailure(context, instance, { started: ran.started, error: ran.unreadable })
    : recordEnding(context, instance, { started: withRendered(ran), ending: ran.ending });
}

/** The instance with the fields that the try rendered, which are recorded with its end. */
function withRendered({
  started,
  ending,
}: {
  readonly started: TaskInstanceRecord;
  readonly ending: TaskOutcome | DiedTry;
}): TaskInstanceRecord {
  if (ending.kind === "died" || ending.renderedFields === undefined) return started;
  return { ...started, renderedFields: ending.renderedFields };
}

/** Undefined when another worker is at the task. */
async function runInSlot(
  context: ServiceContext,
  slot: Slot,
  { instance, how }: { readonly instance: InstanceScope; readonly how: TryStart },
): Promise<RanTry | undefined> {
  const { task, key, version } = instance;
  const { signal, known, begin } = how;
  const { clock, metadata } = context;
  const change = begin({ maxTries: task.retries, now: clock.now() });
  const started = change && (await metadata.taskInstances.update({ key, ...change }));
  if (!started) return undefined;
  const { tryNumber, maxTries } = started;
  let reads: TaskCall["reads"];
  try {
    if (tryNumber > 1 && tryNumber !== known?.tryNumber) {
      await retry(clock, () => metadata.xcoms.delete(key), { signal });
    }
    reads = await retry(clock, () => readInputs(context, key, task), { signal });
  } catch (problem) {
    return { started, unreadable: toTaskError(problem) };
  }
  const isIsolated = isToBeIsolated(context, started);
  if (isIsolated) await reportIsolation(context, started);
  const ending = await slot.run(callForTask(instance, { tryNumber, maxTries, reads }), {
    bundleHash: version.bundleHash,
    signal,
    services: createTaskServices(context, key),
    ...(task.executionTimeout === undefined ? {} : { timeout: task.executionTimeout }),
    ...(isIsolated ? { isIsolated } : {}),
  });
  return { started, ending };
}

/** Says in the try's log and in the product's own why the try has a process of its own. */
async function reportIsolation(
  { logs, clock, report }: ServiceContext,
  started: TaskInstanceRecord,
): Promise<void> {
  const { dagId, runId, taskId } = started;
  const why = `in a process of its own: ${describeLostTries(started)}`;
  report.info(`Task "${taskId}" of run "${runId}" of DAG "${dagId}" runs ${why}`);
  const timestamp = toIso(clock.now());
  await logs.append(started, [
    { timestamp, level: "warning", event: `The try runs ${why}`, logger: "stepwind" },
  ]);
}
