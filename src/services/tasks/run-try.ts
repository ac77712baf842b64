// One try in a slot: it is recorded as running, what it reads is fetched, and the task runner runs it.
// How it ended is for the worker to record.
import type { TaskInstanceRecord } from "../../model/records.ts";
import type { PokeStart } from "../../model/scheduling/sensors.ts";
import type { TaskCall, TaskError, TaskOutcome } from "../../model/task-call.ts";
import type { Platform } from "../../ports/platform.ts";
import type { DiedTry, Slot } from "../../ports/task-runner.ts";
import { retry } from "../retry.ts";
import { callForTask, readInputs } from "./task-call-inputs.ts";
import { createTaskServices } from "./task-services.ts";
import type { Attempt } from "./worker-events.ts";

/** How a try starts; a sensor's is a poke. */
export type TryStart = Omit<PokeStart, "pokes" | "set"> & Partial<PokeStart>;

/** A try that is recorded as running, and how it ended. */
export type RanTry = { readonly started: TaskInstanceRecord } & (
  | { readonly ending: TaskOutcome | DiedTry }
  /** What the task reads could not be fetched. */
  | { readonly unreadable: TaskError }
);

/** Undefined when another worker is at the task. Nothing large is held before the try has its slot. */
export async function runInSlot(
  platform: Platform,
  slot: Slot,
  {
    attempt,
    start,
    maxTries,
    signal,
  }: {
    readonly attempt: Attempt;
    readonly start: TryStart;
    readonly maxTries: number;
    readonly signal: AbortSignal;
  },
): Promise<RanTry | undefined> {
  const { scope, task, key } = attempt;
  const { tryNumber, isNewTry } = start;
  const { clock, metadata } = platform;
  const started = await recordStart(platform, attempt, { start, maxTries });
  if (!started) return undefined;
  let reads: TaskCall["reads"];
  try {
    if (tryNumber > 1 && isNewTry) {
      await retry(clock, () => metadata.xcoms.delete(key), { signal });
    }
    reads = await retry(clock, () => readInputs(platform, key, task), { signal });
  } catch (problem) {
    return { started, unreadable: toTaskError(problem) };
  }
  const ending = await slot.run(callForTask(scope, task, { tryNumber, maxTries, reads }), {
    bundleHash: scope.version.bundleHash,
    signal,
    services: createTaskServices(platform, key),
    ...(task.executionTimeout === undefined ? {} : { timeout: task.executionTimeout }),
  });
  return { started, ending };
}

function recordStart(
  { metadata, clock }: Platform,
  { key }: Attempt,
  { start, maxTries }: { readonly start: TryStart; readonly maxTries: number },
): Promise<TaskInstanceRecord | undefined> {
  const { from, lastTry, tryNumber, isNewTry, pokes } = start;
  const at = new Date(clock.now()).toISOString();
  return metadata.taskInstances.update({
    key,
    from,
    tryNumber: lastTry,
    ...(pokes === undefined ? {} : { pokes }),
    set: {
      state: "running",
      tryNumber,
      maxTries,
      ...(isNewTry ? { startDate: at } : {}),
      endDate: undefined,
      nextRetryAt: undefined,
      rescheduleDate: undefined,
      message: undefined,
      ...start.set?.(at),
    },
  });
}

/** A failure of the storage, as the error of the task that it stops. */
export function toTaskError(problem: unknown): TaskError {
  return problem instanceof Error
    ? { name: problem.name, message: problem.message }
    : { name: "Error", message: String(problem) };
}
