// The recorder: what the engine itself reports. It holds gates, settles a task whose worker never
// answered, and ends a run.
import type { TaskDocument } from "../../model/document.ts";
import { graphOf } from "../../model/graph.ts";
import { instanceKey } from "../../model/instance-key.ts";
import type { DagRunRecord } from "../../model/records.ts";
import { isRunFinished } from "../../model/states.ts";
import { settle } from "../../model/task-instance.ts";
import type { ExecutionInput } from "../../ports/state-machines.ts";
import { completePending } from "../control/pending-changes.ts";
import { lookAtMappedTask } from "../mapping/expand-task.ts";
import type { ServiceContext } from "../service-context.ts";
import { releaseGate } from "../tasks/gates.ts";
import { addLogLine } from "../tasks/log-line.ts";
import { recordUnbegunDeath } from "../tasks/message-calls.ts";
import { lookAtGate, wakeOtherRuns } from "../tasks/propagate.ts";
import { applyEnd, finishEnd } from "../tasks/task-ends.ts";
import { withMeaning } from "../tasks/try-ends.ts";
import type { InstanceScope, RunScope } from "../tasks/verdicts.ts";
import { followWait } from "../tasks/waits/follow-wait.ts";
import { wakeWaiters } from "../tasks/waits/wake-waiters.ts";
import { type FailedCall, followFailedCall } from "./failed-calls.ts";
import { type AbandonReason, abandonRun, endByTasks } from "./run-ends.ts";
import { continueRun, type RecoveryContext, resumeRun } from "./run-recovery.ts";
import type { Scheduler } from "./scheduler.ts";

/** What the compiled machine and the triggerer send to the recorder. */
export type RecorderEvent = ExecutionInput &
  (
    | (InstanceName & { readonly action: "gate"; readonly token: string })
    | (InstanceName & { readonly action: "settle" })
    /** The worker died before it recorded the try after so many pokes. */
    | (InstanceName & {
        readonly action: "died";
        readonly pokes: number;
        readonly reason: string;
      })
    /** What the task waits for may have come; `pokes` as in the message that says so. */
    | (InstanceName & { readonly action: "wake"; readonly pokes: number })
    /** The call of a worker that wasn't waited for has failed, whatever it had done by then. */
    | (InstanceName & FailedCall & { readonly action: "callFailed" })
    /** A mapped task as a whole: its state was entered, or it is to be looked at again. */
    | { readonly action: "map"; readonly taskId: string; readonly token?: string }
    | { readonly action: "finish" }
    /** The DAG is to be planned; the event is of none of its runs. */
    | { readonly action: "plan" }
  );

interface InstanceName {
  readonly taskId: string;
  /** Absent for a task that isn't mapped. */
  readonly mapIndex?: number;
}

export interface Recorder {
  /**
   * Handles one event; repeating is safe. What it throws is for the engine, which calls again for
   * more than an hour.
   */
  handle(event: RecorderEvent): Promise<void>;
  /** Completes what people have asked of the run, and has it go on. Repeating is safe. */
  completeChange(run: DagRunRecord): Promise<void>;
  /** Takes up a running run whose engine died, when none of its executions is left. */
  resume(run: DagRunRecord): Promise<void>;
  /**
   * An execution has ended, failed or stopped, without the run's end: the run has failed, or goes
   * on in another execution if the history of this one was full. Repeating is safe.
   */
  executionEnded(input: ExecutionInput): Promise<void>;
  /** Ends a running run from outside. Nothing happens if it has ended. The caller plans on. */
  abandon(run: DagRunRecord, reason: AbandonReason): Promise<void>;
}

type RecorderContext = RecoveryContext & ServiceContext & { readonly scheduler: Scheduler };

export function createRecorder(context: RecorderContext): Recorder {
  return {
    handle: (event) => handle(context, event),
    async completeChange(run) {
      await completePending(context, run);
    },
    resume: (run) => resumeRun(context, run),
    executionEnded: (input) => executionEnded(context, input),
    abandon: (run, reason) => abandonRun(context, run, reason),
  };
}

async function handle(context: RecorderContext, event: RecorderEvent): Promise<void> {
  if (event.action === "finish") return finishRun(context, event);
  if (event.action === "plan") return context.scheduler.schedule(event.dagId);
  // A call belongs to one try, whatever execution the run has come to meanwhile.
  const scope = await scopeOf(context, event, { orLater: event.action === "callFailed" });
  if (!scope) {
    if ("token" in event && event.token !== undefined) {
      await context.stateMachines.release(event.token);
    }
    return;
  }
  const instance = instanceOf(scope, event);
  if (event.action === "callFailed") return followFailedCall(context, instance, event);
  if (event.action === "wake") return followWait(context, instance, event);
  if (event.action === "map") return lookAtMappedTask(context, instance, event.token);
  if (event.action === "died") return recordUnbegunDeath(context, instance, event);
  return event.action === "gate"
    ? holdGate(context, instance, event.token)
    : settleInstance(context, instance);
}

/**
 * The run that the execution is for; undefined when the execution was given up, or the run has
 * ended.
 */
async function scopeOf(
  { metadata, versions }: RecorderContext,
  { dagId, runId, clearNumber }: ExecutionInput,
  { orLater = false }: { readonly orLater?: boolean } = {},
): Promise<RunScope | undefined> {
  const run = await metadata.runs.get(dagId, runId);
  if (run?.state !== "running") return undefined;
  const isCurrent = orLater ? run.clearNumber >= clearNumber : run.clearNumber === clearNumber;
  if (!isCurrent) return undefined;
  return { run, version: await versions.get(dagId, run.versionHash) };
}

function instanceOf(scope: RunScope, name: InstanceName): InstanceScope {
  const { version, run } = scope;
  const task: TaskDocument | undefined = graphOf(version.document).task(name.taskId);
  if (!task) {
    throw new Error(`DAG "${run.dagId}" has no task "${name.taskId}" in version ${version.hash}`);
  }
  return { ...scope, task, key: instanceKey(run, name) };
}

/** Records the token first and looks afterwards, so that no wake-up between the two is lost. */
async function holdGate(
  context: RecorderContext,
  instance: InstanceScope,
  token: string,
): Promise<void> {
  await context.metadata.gates.put({ ...instance.key, token });
  const known = await context.metadata.taskInstances.get(instance.key);
  if (known && known.state !== null) return releaseGate(context, instance, instance.key);
  await lookAtGate(context, instance);
}

/**
 * The engine gave up on a worker that never reported, or that recorded its end and failed to
 * propagate it.
 */
async function settleInstance(context: RecorderContext, instance: InstanceScope): Promise<void> {
  const { key } = instance;
  const message = withMeaning(context.runner, "the worker died and all tries are used up");
  const before = await context.metadata.taskInstances.get(key);
  if (before?.state === "running") {
    await addLogLine(context, before, { level: "error", event: `The try died: ${message}` });
  }
  const change = settle({ message, now: context.clock.now() });
  const error = { name: "WorkerDied", message };
  if (await applyEnd(context, instance, { key, change, error })) return;
  const known = await context.metadata.taskInstances.get(key);
  if (known) await finishEnd(context, instance, known, { isRepeated: true });
}

/**
 * Ends the run, and lets others know; the latter also if the run has ended by now, since they may
 * not have heard.
 */
async function finishRun(context: RecorderContext, event: ExecutionInput): Promise<void> {
  const scope = await scopeOf(context, event);
  if (scope) await endByTasks(context, scope);
  else await wakeWaitersAgain(context, event);
  await wakeOtherRuns(context, event);
  await context.scheduler.schedule(event.dagId);
}

/** The call that recorded the run's end may have died before it woke who waits for it. */
async function wakeWaitersAgain(
  context: RecorderContext,
  { dagId, runId }: ExecutionInput,
): Promise<void> {
  const run = await context.metadata.runs.get(dagId, runId);
  if (run && isRunFinished(run.state)) await wakeWaiters(context, run.awaitedBy);
}

async function executionEnded(context: RecorderContext, input: ExecutionInput): Promise<void> {
  const scope = await scopeOf(context, input);
  if (!scope) return;
  const { run } = scope;
  const { dagId, versionHash: hash } = run;
  const status = await context.stateMachines.executionStatus({ dagId, hash, input });
  if (status === "outgrown" && run.reason === undefined) return continueRun(context, run);
  await abandonRun(context, run, "task_failure");
  await context.scheduler.schedule(input.dagId);
}
