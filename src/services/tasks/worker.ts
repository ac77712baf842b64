// The worker: what each Task state calls. It asks the metadata what the task may do, runs one try,
// records how it ended, and propagates that. The engine knows two answers: it returns (go on) or it
// throws (call me again). No failure of the storage is a task's failure: before a try starts
// nothing is lost by another call, and once user code has run its end is recorded as soon as that
// can be.
import { graphOf } from "../../model/graph.ts";
import { instanceKey } from "../../model/instance-key.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../../model/records.ts";
import { isFinished, isRunFinished, isUnderWay } from "../../model/states.ts";
import type { TaskOutcome } from "../../model/task-call.ts";
import { start } from "../../model/task-instance.ts";
import type { DiedTry } from "../../ports/task-runner.ts";
import type { ServiceContext } from "../service-context.ts";
import {
  createTriesUnderWay,
  executeByMessage,
  isLost,
  leaveNext,
  type MessageContext,
} from "./message-calls.ts";
import { untilRetryIsDue } from "./retry-wait.ts";
import { finishEnd } from "./task-ends.ts";
import { endTry, type HandedTry, handOutTry, IN_PROCESS, mayStart, type TryHost } from "./tries.ts";
import { recordDeath } from "./try-ends.ts";
import type { InstanceScope } from "./verdicts.ts";
import { type Ask, RetryLater, type WorkerEvent } from "./worker-events.ts";

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

export function createWorker(services: ServiceContext): Worker {
  const context = { ...services, triesUnderWay: createTriesUnderWay() };

  /** Calls again for whatever fails, unless the failure says itself when to. */
  async function orCalledAgain<T>(
    event: WorkerEvent,
    signal: AbortSignal,
    work: (ask: (name: Ask) => void) => Promise<T>,
  ): Promise<T> {
    let name: Ask = "Stepwind.NotYet";
    try {
      return await work((asked) => {
        name = asked;
      });
    } catch (problem) {
      if (problem instanceof RetryLater) throw problem;
      const { dagId, runId, taskId } = event;
      const message = `Task "${taskId}" of run "${runId}" of DAG "${dagId}" is called again: ${String(problem)}`;
      if (!signal.aborted) context.report.warn(message);
      // What the next call finds in the metadata says what is left to do, a try whose end is
      // missing included.
      throw new RetryLater(name, message);
    }
  }

  async function executeAt(
    host: TryHost,
    event: WorkerEvent,
    { signal, ask }: { readonly signal: AbortSignal; readonly ask: (name: Ask) => void },
  ): Promise<void> {
    const instance = await findInstance(context, event);
    if (!instance) return;
    const isByMessage = goesOnByMessages(instance, event);
    if (isByMessage) await executeByMessage(context, instance, { event, signal, host });
    else {
      // What fails from then on has cost the try its end.
      const onBegin = () => ask("Stepwind.Lost");
      await executeTask(context, instance, { signal, host, onBegin });
    }
  }

  return {
    execute: (event, signal) =>
      orCalledAgain(event, signal, (ask) => executeAt(IN_PROCESS, event, { signal, ask })),

    begin: (event, signal) =>
      orCalledAgain(event, signal, async (ask) => {
        let handed: HandedTry | undefined;
        const host = handOutTry((begun) => {
          handed = begun;
        }, event.requestId);
        await executeAt(host, event, { signal, ask });
        return handed;
      }),

    end: (ended, signal) =>
      orCalledAgain(ended.event, signal, async (ask) => {
        ask("Stepwind.Lost");
        const instance = await findInstance(context, ended.event, { isEnd: true });
        if (!instance) return "ended";
        const known = await endHanded(context, instance, ended);
        if (goesOnByMessages(instance, ended.event)) await leaveNext(context, instance, known);
        else if (known?.state === "up_for_retry") {
          if (known.token !== undefined) await leaveNext(context, instance, known);
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
  if (isUnderWay(known.state)) return endTry(context, instance, { started: known, ending });
  if (isFinished(known.state)) await finishEnd(context, instance, known, { isRepeated: true });
  return known;
}

/** Sensors and other tasks that wait do so from the start, the rest from the message on that the engine has sent. */
function goesOnByMessages({ task }: InstanceScope, { pokes }: WorkerEvent): boolean {
  return task.sensor !== undefined || task.waits === true || pokes !== undefined;
}

/**
 * Undefined when the execution that calls was given up, or its run has ended. The end of a try
 * counts all the same where another execution has taken the place of the one that called for it.
 */
async function findInstance(
  { metadata, versions, stateMachines }: ServiceContext,
  event: WorkerEvent,
  { isEnd = false }: { readonly isEnd?: boolean } = {},
): Promise<InstanceScope | undefined> {
  const { dagId, runId } = event;
  const run = await metadata.runs.get(dagId, runId);
  const isCalled = run?.state === "running" && run.clearNumber === event.clearNumber;
  const isCurrent = run !== undefined && (isEnd ? !isRunFinished(run.state) : isCalled);
  const version = isCurrent ? await versions.get(dagId, run.versionHash) : undefined;
  const task = version && graphOf(version.document).task(event.taskId);
  if (isCurrent && task) return { run, version, task, key: instanceKey(run, event) };
  if (event.token !== undefined) await stateMachines.release(event.token);
  return undefined;
}

/** Runs tries until the task has ended, the next one must wait, or one goes on elsewhere. */
async function executeTask(
  context: MessageContext,
  scope: InstanceScope,
  how: {
    readonly signal: AbortSignal;
    readonly host: TryHost;
    /** Called when a try begins. */
    onBegin(): void;
  },
): Promise<void> {
  const { signal } = how;
  let instance = scope;
  let known = await context.metadata.taskInstances.get(instance.key);
  // The call that recorded the end may have died before it was propagated.
  if (known && isFinished(known.state)) {
    return finishEnd(context, instance, known, { isRepeated: true });
  }
  if (known && isUnderWay(known.state)) {
    if (await how.host.takesUp(context, instance, known)) return;
    // The engine makes one call of its own, so the try was begun by a message, or for an execution
    // that this one has taken the place of.
    known = isLost(context, instance, known)
      ? await recordDeath(context, instance, known)
      : undefined;
    if (!known) throw new RetryLater("Stepwind.NotYet", "another worker is at the task");
    if (known.state === "failed") return;
  }
  let ask: RetryLater["name"] = "Stepwind.NotYet";
  for (;;) {
    if (known?.state === "up_for_retry") {
      await untilRetryIsDue(context.clock, known, { ask, signal });
    }
    if (signal.aborted || !(await mayStart(context, instance, known))) return;
    const after = await runUnderWay(context, instance, { ...how, known });
    if (after === "elsewhere" || after?.state !== "up_for_retry") return;
    // By now another execution may wait for the task, by messages.
    if (after.token !== undefined) await leaveNext(context, instance, after);
    if (!(await isStillIn(context, instance.run))) return;
    known = after;
    ask = "Stepwind.Retry";
    // Its DAG may have been paused meanwhile.
    const { dagId, runId } = instance.run;
    const run = await context.metadata.runs.get(dagId, runId);
    if (run?.state !== "running") return;
    instance = { ...instance, run };
  }
}

/** Whether the run still goes on in the execution that has called. */
async function isStillIn(
  { metadata }: Pick<ServiceContext, "metadata">,
  { dagId, runId, clearNumber }: DagRunRecord,
): Promise<boolean> {
  const run = await metadata.runs.get(dagId, runId);
  return run?.state === "running" && run.clearNumber === clearNumber;
}

/** Runs one try, which counts as going on here until it has ended. */
async function runUnderWay(
  context: MessageContext,
  instance: InstanceScope,
  {
    signal,
    host,
    known,
    onBegin,
  }: {
    readonly signal: AbortSignal;
    readonly host: TryHost;
    readonly known: TaskInstanceRecord | undefined;
    onBegin(): void;
  },
): ReturnType<TryHost["run"]> {
  const underWay = context.triesUnderWay.begin(instance);
  try {
    return await host.run(context, instance, {
      signal,
      known,
      begin(facts) {
        onBegin();
        return start(facts.known, facts);
      },
    });
  } finally {
    underWay.end();
  }
}
