// The worker: what each Task state calls. It asks the metadata what the task may do, runs one try,
// records how it ended, and propagates that. The engine knows two answers: it returns (go on) or it
// throws (call me again). No failure of the storage is a task's failure: before a try starts
// nothing is lost by another call, and once user code has run its end is recorded as soon as that
// can be.
import { graphOf } from "../../model/graph.ts";
import { instanceKey } from "../../model/instance-key.ts";
import type { TaskInstanceRecord } from "../../model/records.ts";
import { isFinished } from "../../model/states.ts";
import { start } from "../../model/task-instance.ts";
import type { ServiceContext } from "../service-context.ts";
import { untilRetryIsDue } from "./retry-wait.ts";
import { createPokesUnderWay, executeSensor } from "./sensor.ts";
import { finishEnd } from "./task-ends.ts";
import { mayStart, runTry } from "./tries.ts";
import { recordDeath } from "./try-ends.ts";
import type { InstanceScope } from "./verdicts.ts";
import { RetryLater, type WorkerEvent } from "./worker-events.ts";

export interface Worker {
  /**
   * Returns when the task has a final state, or a sensor was poked; throws RetryLater otherwise.
   * Repeating is safe.
   */
  execute(event: WorkerEvent, signal: AbortSignal): Promise<void>;
}

export function createWorker(context: ServiceContext): Worker {
  const withPokes = { ...context, pokesUnderWay: createPokesUnderWay() };

  async function execute(event: WorkerEvent, signal: AbortSignal): Promise<void> {
    try {
      const instance = await findInstance(context, event);
      if (!instance) return;
      if (instance.task.sensor) await executeSensor(withPokes, instance, { event, signal });
      else await executeTask(context, instance, signal);
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

  return { execute };
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

/** Runs tries until the task has ended, or the next one must wait. */
async function executeTask(
  context: ServiceContext,
  instance: InstanceScope,
  signal: AbortSignal,
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
    known = await runTry(context, instance, {
      signal,
      known: before,
      begin: (facts) => start(before, facts),
    });
    if (known?.state !== "up_for_retry") return;
    ask = "Stepwind.Retry";
  }
}
