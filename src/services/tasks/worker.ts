// The worker: what each Task state calls. It asks the metadata what the task may do, runs one try,
// records how it ended, and propagates that. The engine knows two answers: it returns (go on) or it
// throws (call me again). No failure of the storage is a task's failure: before a try starts
// nothing is lost by another call, and once user code has run its end is recorded as soon as that
// can be.
import { graphOf } from "../../model/graph.ts";
import { instanceKey } from "../../model/instance-key.ts";
import type { TaskInstanceRecord } from "../../model/records.ts";
import { isFinished } from "../../model/states.ts";
import type { TaskOutcome } from "../../model/task-call.ts";
import { start } from "../../model/task-instance.ts";
import type { DiedTry } from "../../ports/task-runner.ts";
import type { ServiceContext } from "../service-context.ts";
import { untilRetryIsDue } from "./retry-wait.ts";
import { createPokesUnderWay, executeSensor, leaveNextPoke } from "./sensor.ts";
import { finishEnd } from "./task-ends.ts";
import { endTry, type HandedTry, handOutTry, mayStart, type RunTry, runTry } from "./tries.ts";
import { recordDeath } from "./try-ends.ts";
import type { InstanceScope } from "./verdicts.ts";
import { RetryLater, type WorkerEvent } from "./worker-events.ts";

export interface Worker {
  /**
   * Returns when the task has a final state, or a sensor was poked; throws RetryLater otherwise.
   * Repeating is safe.
   */
  execute(event: WorkerEvent, signal: AbortSignal): Promise<void>;
  /**
   * The first half of `execute`, for user code that runs apart: answers the try that is recorded as
   * running by now, whose end is to be given to `end`. Undefined when nothing is to be run. Throws
   * RetryLater as `execute` does.
   */
  begin(event: WorkerEvent, signal: AbortSignal): Promise<HandedTry | undefined>;
  /**
   * The second half: records how the try ended, with all that follows. "again" when the next try is
   * due; throws RetryLater when that is later. Repeating is safe.
   */
  end(ended: EndedTry, signal: AbortSignal): Promise<"ended" | "again">;
}

/** How a try ended that ran apart. */
export interface EndedTry {
  /** Which task instance of which execution. */
  readonly event: WorkerEvent;
  readonly tryNumber: number;
  /** Of a sensor: the number of the poke. */
  readonly pokes?: number;
  readonly ending: TaskOutcome | DiedTry;
}

export function createWorker(context: ServiceContext): Worker {
  const withPokes = { ...context, pokesUnderWay: createPokesUnderWay() };

  /** Calls again for whatever fails, unless the failure says itself when to. */
  async function orCalledAgain<T>(
    event: WorkerEvent,
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (problem) {
      if (problem instanceof RetryLater) throw problem;
      const { dagId, runId, taskId } = event;
      const message = `Task "${taskId}" of run "${runId}" of DAG "${dagId}" is called again: ${String(problem)}`;
      if (!signal.aborted) context.report.warn(message);
      // What the next call finds in the metadata says what is left to do, a try whose end is
      // missing included.
      throw new RetryLater("Stepwind.NotYet", message);
    }
  }

  async function executeBy(run: RunTry, event: WorkerEvent, signal: AbortSignal): Promise<void> {
    const instance = await findInstance(context, event);
    if (!instance) return;
    if (instance.task.sensor) await executeSensor(withPokes, instance, { event, signal, run });
    else await executeTask(context, instance, { signal, run });
  }

  return {
    execute: (event, signal) =>
      orCalledAgain(event, signal, () => executeBy(runTry, event, signal)),

    begin: (event, signal) =>
      orCalledAgain(event, signal, async () => {
        let handed: HandedTry | undefined;
        const handOut = handOutTry((begun) => {
          handed = begun;
        });
        await executeBy(handOut, event, signal);
        return handed;
      }),

    end: (ended, signal) =>
      orCalledAgain(ended.event, signal, async () => {
        const instance = await findInstance(context, ended.event);
        if (!instance) return "ended";
        const known = await endHanded(context, instance, ended);
        if (instance.task.sensor) await leaveNextPoke(context, instance, known);
        else if (known?.state === "up_for_retry") {
          await untilRetryIsDue(context.clock, known, { ask: "Stepwind.Retry", signal });
          return "again";
        }
        return "ended";
      }),
  };
}

/** The instance as it is after the end, which an earlier call may have recorded. */
async function endHanded(
  context: ServiceContext,
  instance: InstanceScope,
  { tryNumber, pokes, ending }: EndedTry,
): Promise<TaskInstanceRecord | undefined> {
  const known = await context.metadata.taskInstances.get(instance.key);
  if (known?.tryNumber !== tryNumber || known.pokes !== pokes) return undefined;
  if (known.state === "running") return endTry(context, instance, { started: known, ending });
  if (isFinished(known.state)) await finishEnd(context, instance, known, { isRepeated: true });
  return known;
}

/** Undefined when the execution that calls was given up, or its run has ended. */
async function findInstance(
  { metadata, versions, stateMachines }: ServiceContext,
  event: WorkerEvent,
): Promise<InstanceScope | undefined> {
  const { dagId, runId } = event;
  const run = await metadata.runs.get(dagId, runId);
  const isCurrent = run?.state === "running" && run.clearNumber === event.clearNumber;
  const version = isCurrent ? await versions.get(dagId, run.versionHash) : undefined;
  const task = version && graphOf(version.document).task(event.taskId);
  if (isCurrent && task) return { run, version, task, key: instanceKey(run, event) };
  if (event.token !== undefined) await stateMachines.release(event.token);
  return undefined;
}

/** Runs tries until the task has ended, the next one must wait, or one goes on elsewhere. */
async function executeTask(
  context: ServiceContext,
  instance: InstanceScope,
  { signal, run }: { readonly signal: AbortSignal; readonly run: RunTry },
): Promise<void> {
  let known = await context.metadata.taskInstances.get(instance.key);
  // The call that recorded the end may have died before it was propagated.
  if (known && isFinished(known.state)) {
    return finishEnd(context, instance, known, { isRepeated: true });
  }
  if (known?.state === "running") {
    known = await recordDeath(context, instance, known);
    if (!known) throw new RetryLater("Stepwind.NotYet", "another worker is at the task");
    if (known.state === "failed") return;
  }
  let ask: RetryLater["name"] = "Stepwind.NotYet";
  for (;;) {
    if (known?.state === "up_for_retry") {
      await untilRetryIsDue(context.clock, known, { ask, signal });
    }
    if (signal.aborted || !(await mayStart(context, instance, known))) return;
    const before: TaskInstanceRecord | undefined = known;
    const after = await run(context, instance, {
      signal,
      known: before,
      begin: (facts) => start(before, facts),
    });
    if (after === "elsewhere" || after?.state !== "up_for_retry") return;
    known = after;
    ask = "Stepwind.Retry";
  }
}
