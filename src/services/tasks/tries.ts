// One try: it waits for a slot, is recorded as running, gets what the task reads, and the task
// runner runs it. Where user code runs apart from the worker, the same try is begun by one call and
// ended by another. How it ended is recorded by try-ends.ts.
import type { TaskInstanceRecord } from "../../model/records.ts";
import { totalPriorityWeight } from "../../model/scheduling/priority.ts";
import { describeLostTries } from "../../model/scheduling/suspects.ts";
import type { TaskCall, TaskError, TaskOutcome } from "../../model/task-call.ts";
import type { TaskInstanceTransition } from "../../model/task-instance.ts";
import { toIso } from "../../model/values/time.ts";
import type { DiedTry, Slot } from "../../ports/task-runner.ts";
import { whileWanted } from "../../ports/watched-tries.ts";
import { findInactiveAssets } from "../assets/task-assets.ts";
import { refuseWhilePaused } from "../limits/pausing.ts";
import { retry } from "../retry.ts";
import type { ServiceContext } from "../service-context.ts";
import { propagate } from "./propagate.ts";
import { isToBeAsked, recordVerdict } from "./see-instance.ts";
import { whyUnwanted } from "./stopped-tries.ts";
import { callForTask, readInputs } from "./task-call-inputs.ts";
import { createTaskServices } from "./task-services.ts";
import {
  isToBeIsolated,
  recordEnding,
  recordFailure,
  recordRestart,
  toTaskError,
} from "./try-ends.ts";
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
  // What the dependencies said before the first try, or before it waited for slots, still holds,
  // unless people have changed the run.
  const state = known?.state ?? null;
  if (state === "scheduled" || state === "queued") return true;
  if (!isToBeAsked(instance.run, state)) return true;
  const verdict = await decideVerdict(context, instance, known);
  if (verdict.kind === "met") return true;
  if (verdict.kind === "waits") throw new RetryLater("Stepwind.NotYet", verdict.reason);
  await propagate(context, instance, await recordVerdict(context, instance, verdict));
  return false;
}

export interface TryStart {
  readonly signal: AbortSignal;
  /** The instance before the try. */
  readonly known: TaskInstanceRecord | undefined;
  /** The event that the try begins with, at the moment when it has a slot. */
  begin(facts: {
    /** The instance by then. */
    readonly known: TaskInstanceRecord | undefined;
    readonly maxTries: number;
    readonly now: number;
  }): TaskInstanceTransition | undefined;
}

/** A try that is recorded as running, with what it is to run. */
export interface BegunTry {
  readonly started: TaskInstanceRecord;
  readonly call: TaskCall;
}

/** A begun try that runs apart from the worker, and the instance that it belongs to. */
export interface HandedTry extends BegunTry {
  readonly instance: InstanceScope;
}

/** Runs one try; answers the instance after it, or where it goes on elsewhere. */
export type RunTry = (
  context: ServiceContext,
  instance: InstanceScope,
  how: TryStart,
) => Promise<TaskInstanceRecord | "elsewhere" | undefined>;

/** A try that is recorded as running, and how it ended. */
interface RanTry {
  readonly started: TaskInstanceRecord;
  readonly ending: TaskOutcome | DiedTry | Unreadable;
}

/** What the task reads could not be fetched. */
interface Unreadable {
  readonly kind: "unreadable";
  readonly error: TaskError;
}

/**
 * Runs one try here and records how it ended; undefined when that was not ours to record. Throws
 * RetryLater when another worker is at the task.
 */
async function runTry(
  context: ServiceContext,
  instance: InstanceScope,
  how: TryStart,
): Promise<TaskInstanceRecord | undefined> {
  const { signal } = how;
  const known = await admit(context, instance, how.known);
  const askedAt = context.clock.now();
  const slot = await context.runner.reserve({
    signal,
    instance: instance.key,
    bundleHash: instance.version.bundleHash,
    priority: () => totalPriorityWeight(instance.version.document, instance.task.taskId),
  });
  // Nothing of the try is read before it has a slot: many tries may wait for one.
  let ran: RanTry | undefined;
  try {
    if (slot) {
      await refuseAfterWait(context, instance, { known, since: askedAt });
      ran = await runInSlot(context, slot, { instance, how: { ...how, known } });
    }
  } finally {
    slot?.release();
  }
  if (signal.aborted) return undefined;
  if (!ran) throw new RetryLater("Stepwind.NotYet", ANOTHER_WORKER);
  return endTry(context, instance, ran);
}

/**
 * Lets a task pass whose DAG isn't paused and whose limits have room for it. Answers the instance
 * by then; throws HeldBack for another, which somebody lets go on.
 */
async function admit(
  context: ServiceContext,
  instance: InstanceScope,
  known: TaskInstanceRecord | undefined,
): Promise<TaskInstanceRecord | undefined> {
  await refuseWhilePaused(context, instance, known);
  return context.limits.admit(instance, known);
}

/** How old a look at the run may be, in ms, that says whether its DAG is paused. */
const FRESH_MS = 1_000;

/** A try that has waited for a worker does not start if its DAG was paused meanwhile. */
async function refuseAfterWait(
  context: ServiceContext,
  instance: InstanceScope,
  { known, since }: { readonly known: TaskInstanceRecord | undefined; readonly since: number },
): Promise<void> {
  const { metadata, clock } = context;
  if (clock.now() - since < FRESH_MS) return;
  const run = await metadata.runs.get(instance.run.dagId, instance.run.runId);
  if (run) await refuseWhilePaused(context, { ...instance, run }, known);
}

/** Where a call of the worker has tries run. */
export interface TryHost {
  readonly run: RunTry;
  /**
   * Whether the same call has begun the try that is recorded as running, and it goes on: the answer
   * to the call was lost.
   */
  takesUp(
    context: ServiceContext,
    instance: InstanceScope,
    running: TaskInstanceRecord,
  ): Promise<boolean>;
}

/** Tries run in this process, so none outlives the call that began it. */
export const IN_PROCESS: TryHost = { run: runTry, takesUp: async () => false };

/**
 * Begins one try and hands it to `take`, which has it run elsewhere; what it reads being out of
 * reach ends the try here. Throws RetryLater when another worker is at the task.
 */
export function handOutTry(
  take: (handed: HandedTry) => void,
  begunBy: string | undefined,
): TryHost {
  return {
    async run(context, instance, how) {
      const known = await admit(context, instance, how.known);
      const begun = await beginTry(context, instance, { ...how, known, begunBy });
      if (!begun) throw new RetryLater("Stepwind.NotYet", ANOTHER_WORKER);
      if ("ending" in begun) return endTry(context, instance, begun);
      take({ ...begun, instance });
      return "elsewhere";
    },
    async takesUp(context, instance, running) {
      if (begunBy === undefined || running.begunBy !== begunBy) return false;
      take({ ...(await withCall(context, instance, running)), instance });
      return true;
    },
  };
}

const ANOTHER_WORKER = "another worker is at the task";

/** Records how a try ended, with all that follows; undefined when that was not ours to record. */
export async function endTry(
  context: ServiceContext,
  instance: InstanceScope,
  { started, ending }: RanTry,
): Promise<TaskInstanceRecord | undefined> {
  const recorded =
    ending.kind === "unreadable"
      ? await recordFailure(context, instance, { started, error: ending.error })
      : await recordEnding(context, instance, { started: withRendered(started, ending), ending });
  return recorded ?? recordRestart(context, instance, started);
}

/** The instance with the fields that the try rendered, which are recorded with its end. */
function withRendered(
  started: TaskInstanceRecord,
  ending: TaskOutcome | DiedTry,
): TaskInstanceRecord {
  if (ending.kind === "died") return started;
  const { renderedFields, renderedMapIndex } = ending;
  return {
    ...started,
    ...(renderedFields && { renderedFields }),
    ...(renderedMapIndex === undefined ? {} : { renderedMapIndex }),
  };
}

/**
 * Records the try as running and fetches what the task reads; undefined when another worker is at
 * the task.
 */
async function beginTry(
  context: ServiceContext,
  instance: InstanceScope,
  { signal, known, begin, begunBy }: TryStart & { readonly begunBy?: string | undefined },
): Promise<BegunTry | (RanTry & { readonly ending: Unreadable }) | undefined> {
  const { task, key } = instance;
  const { clock, metadata } = context;
  const change = begin({ known, maxTries: task.retries, now: clock.now() });
  if (!change) return undefined;
  const set = begunBy === undefined ? change.set : { ...change.set, begunBy };
  const started = await metadata.taskInstances.update({ key, ...change, set });
  if (!started) return undefined;
  const { tryNumber } = started;
  try {
    if (tryNumber > 1 && tryNumber !== known?.tryNumber) {
      await retry(clock, () => metadata.xcoms.delete(key), { signal });
    }
    const error = await retry(clock, () => findInactiveAssets(context, instance), { signal });
    if (error) return { started, ending: { kind: "unreadable", error } };
    return await retry(clock, () => withCall(context, instance, started), { signal });
  } catch (problem) {
    return { started, ending: { kind: "unreadable", error: toTaskError(problem) } };
  }
}

/** The try with what its task reads. */
async function withCall(
  context: ServiceContext,
  instance: InstanceScope,
  started: TaskInstanceRecord,
): Promise<BegunTry> {
  const { tryNumber, maxTries } = started;
  const inputs = await readInputs(context, instance);
  return { started, call: callForTask(instance, { tryNumber, maxTries, ...inputs }) };
}

/** Undefined when another worker is at the task. */
async function runInSlot(
  context: ServiceContext,
  slot: Slot,
  { instance, how }: { readonly instance: InstanceScope; readonly how: TryStart },
): Promise<RanTry | undefined> {
  const begun = await beginTry(context, instance, how);
  if (!begun || "ending" in begun) return begun;
  const { task, key, version } = instance;
  const { started, call } = begun;
  const isIsolated = isToBeIsolated(context, started);
  if (isIsolated) await reportIsolation(context, started);
  const run = (signal: AbortSignal) =>
    slot.run(call, {
      bundleHash: version.bundleHash,
      signal,
      services: createTaskServices(context, key),
      ...(task.executionTimeout === undefined ? {} : { timeout: task.executionTimeout }),
      ...(isIsolated ? { isIsolated } : {}),
    });
  // A runner in this process is told.
  const ending = context.runner.stop
    ? await run(how.signal)
    : await whileWanted(
        { ...context, signal: how.signal, look: () => whyUnwanted(context, started) },
        run,
      );
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
