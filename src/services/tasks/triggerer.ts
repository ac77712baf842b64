// The triggerer: on each message it asks the metadata what has become of the task, and has the
// worker run it if it still waits for that. The engine's own message is the first of a task whose
// call it could not make, or which did not end by it. It runs no code of users.
import { graphOf } from "../../model/graph.ts";
import { instanceKey } from "../../model/instance-key.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../../model/records.ts";
import { hasDiedUnbegun, isDeadBy } from "../../model/scheduling/deferrals.ts";
import { isPlanMessage, type PlanMessage } from "../../model/scheduling/plan-messages.ts";
import { type Deferral, followTrigger, type Trigger } from "../../model/scheduling/sensors.ts";
import { isFinished, isUnderWay } from "../../model/states.ts";
import { holdToken, lookAgain } from "../../model/task-instance.ts";
import { isWaitingState } from "../../model/waits/waits.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Versions } from "../dag-processing/versions.ts";
import type { RecorderEvent } from "../runs/recorder.ts";
import type { WorkerEvent } from "./worker-events.ts";

export interface Triggerer {
  /** Handles one message, at its moment or later; repeating is safe. */
  handle(message: Trigger | Deferral | PlanMessage, signal: AbortSignal): Promise<void>;
}

/**
 * Both may resolve before the function has done anything, where workers have a limit that tells
 * when it must have.
 */
export interface TriggererCalls {
  worker(event: WorkerEvent, signal: AbortSignal): Promise<void>;
  recorder(event: RecorderEvent): Promise<void>;
}

export type TriggererContext = Pick<Platform, "clock" | "triggers"> & {
  readonly metadata: Pick<Platform["metadata"], "runs" | "taskInstances">;
  readonly runner: Pick<Platform["runner"], "limit">;
  readonly stateMachines: Pick<Platform["stateMachines"], "release">;
  readonly versions: Pick<Versions, "get">;
};

export function createTriggerer(context: TriggererContext, calls: TriggererCalls): Triggerer {
  const { metadata, stateMachines } = context;
  const parts = { ...context, calls };
  return {
    async handle(message, signal) {
      if (isPlanMessage(message)) {
        const { plan: dagId } = message;
        return calls.recorder({ dagId, runId: "", clearNumber: 0, action: "plan" });
      }
      const { dagId, runId, clearNumber } = message;
      const run = await metadata.runs.get(dagId, runId);
      // While the run is being changed, what is left of it gets new messages after that.
      const isActive = run?.state === "running" && run.pending === undefined;
      if (isActive && message.isMapped && clearNumber <= run.clearNumber) {
        await lookAtMapped(parts, message, run);
      } else if ("token" in message) {
        if (isActive && run.clearNumber === clearNumber)
          await takeOver(parts, message, { run, signal });
        else await stateMachines.release(message.token);
      } else if (isActive && clearNumber <= run.clearNumber) {
        const known = await metadata.taskInstances.get(message);
        // It is for one call of the task, whatever execution the run has come to meanwhile.
        const current = { ...message, clearNumber: run.clearNumber };
        await follow(parts, current, { run, known, signal });
      }
    },
  };
}

type Parts = TriggererContext & { readonly calls: TriggererCalls };

/**
 * A mapped task as a whole is the recorder's; a token of an execution that was left is given back.
 */
async function lookAtMapped(
  { calls, stateMachines }: Parts,
  message: Trigger | Deferral,
  { dagId, runId, clearNumber }: DagRunRecord,
): Promise<void> {
  const event = { dagId, runId, clearNumber, action: "map", taskId: message.taskId } as const;
  if (!("token" in message)) return calls.recorder(event);
  const { token } = message;
  if (message.clearNumber === clearNumber) await calls.recorder({ ...event, token });
  else await stateMachines.release(token);
}

/**
 * A task goes on by messages from now on. The token is stored before anything else, so that the
 * task's end finds it.
 */
async function takeOver(
  parts: Parts,
  deferral: Deferral,
  { run, signal }: { readonly run: DagRunRecord; readonly signal: AbortSignal },
): Promise<void> {
  const { calls, stateMachines } = parts;
  const { dagId, runId, clearNumber, taskId, mapIndex, token, error } = deferral;
  const ids = { dagId, runId, clearNumber, taskId, mapIndex };
  const known = await hold(parts, deferral, run);
  if (!known) {
    // The call that recorded the end may have died before it was propagated.
    await calls.worker({ ...ids, pokes: 0 }, signal);
    await stateMachines.release(token);
    return;
  }
  const { pokes = 0, state } = known;
  if (hasDiedUnbegun(error, known)) {
    return calls.recorder({ ...ids, action: "died", pokes, reason: error });
  }
  const trigger = { ...ids, pokes: isUnderWay(state) ? pokes - 1 : pokes, dueAt: 0 };
  await follow(parts, trigger, { run, known, signal, isDead: isDeadBy(error, known) });
}

/** The instance with the token; undefined when it has ended. */
async function hold(
  { metadata, versions, clock }: Parts,
  { token, ...name }: Deferral,
  run: DagRunRecord,
): Promise<TaskInstanceRecord | undefined> {
  const key = instanceKey(run, name);
  const before = await metadata.taskInstances.get(key);
  if (before && isFinished(before.state)) return undefined;
  const { taskId } = name;
  const maxTries = before ? 0 : await retriesOf(versions, { run, taskId });
  const change = holdToken(before, { token, maxTries, now: clock.now() });
  return metadata.taskInstances.update({ key, ...change });
}

async function retriesOf(
  versions: Parts["versions"],
  { run, taskId }: { readonly run: DagRunRecord; readonly taskId: string },
): Promise<number> {
  const { document } = await versions.get(run.dagId, run.versionHash);
  return graphOf(document).task(taskId)?.retries ?? 0;
}

/** Does what the message is for, by what its instance has come to. */
async function follow(
  { metadata, clock, triggers, runner, versions, calls }: Parts,
  trigger: Trigger,
  {
    run,
    known,
    signal,
    isDead = false,
  }: {
    readonly run: DagRunRecord;
    readonly known: TaskInstanceRecord | undefined;
    readonly signal: AbortSignal;
    readonly isDead?: boolean;
  },
): Promise<void> {
  const { dagId, runId, taskId, mapIndex, clearNumber, pokes, looks = 0 } = trigger;
  const key = { dagId, runId, taskId, mapIndex };
  const now = clock.now();
  const { limit } = runner;
  const step = followTrigger(trigger, known, { now, limit });
  const { leave } = step;
  const isCalled = step.call || isDead;
  if (isCalled && looks > 0 && !isFinished(known?.state ?? null)) {
    const change = lookAgain(known ?? {}, { now });
    // An instance of a mapped task has no record until it is looked at.
    const set = known
      ? change.set
      : { ...change.set, maxTries: await retriesOf(versions, { run, taskId }) };
    const looked = await metadata.taskInstances.update({ key, ...change, set });
    if (!looked) return;
  }
  if (leave) {
    const next = { ...key, clearNumber, ...leave };
    const { leftAt = now } = trigger;
    if (isCalled) await triggers.set({ ...next, looks: looks + 1, leftAt: now });
    else await triggers.set(looks > 0 ? { ...next, looks, leftAt } : next);
  }
  if (!isCalled) return;
  if (known && isWaitingState(known.state)) {
    const ids = { dagId, runId, clearNumber, taskId, mapIndex };
    return calls.recorder({ ...ids, action: "wake", pokes });
  }
  const event = { dagId, runId, clearNumber, taskId, mapIndex, pokes };
  await calls.worker(isDead ? { ...event, isDead } : event, signal);
}
