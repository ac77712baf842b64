// Tasks that go on by messages, in the worker: sensors, and tasks whose first call the engine could
// not make or did not end the task. Each call pokes a sensor once, or runs one try. The engine's
// call of a sensor brings the token of its state, the triggerer's calls follow; recording the end
// propagates it, and that gives the token back. Such a task never asks to be called again by
// throwing: whatever must be waited for is a message to the triggerer.
import { keyText } from "../../model/instance-key.ts";
import type { TaskInstanceRecord } from "../../model/records.ts";
import { isHeld } from "../../model/scheduling/holds.ts";
import { dueOf, pokeEndsBy } from "../../model/scheduling/sensors.ts";
import { isFinished, isUnderWay } from "../../model/states.ts";
import { holdToken, poke } from "../../model/task-instance.ts";
import { isWaitingState } from "../../model/waits/waits.ts";
import type { ServiceContext } from "../service-context.ts";
import { BY_MESSAGE } from "./gates.ts";
import { addLogLine } from "./log-line.ts";
import { lookAtGate } from "./propagate.ts";
import { isToBeAsked } from "./see-instance.ts";
import { finishEnd } from "./task-ends.ts";
import { mayStart, type TryHost } from "./tries.ts";
import { recordDeath, recordFailure } from "./try-ends.ts";
import type { InstanceScope } from "./verdicts.ts";
import { HeldBack, RetryLater, type WorkerEvent } from "./worker-events.ts";

/** Tries and pokes that go on in this process. */
export interface TriesUnderWay {
  begin(instance: InstanceScope): { end(): void };
  has(instance: InstanceScope): boolean;
}

export interface MessageContext extends ServiceContext {
  readonly triesUnderWay: TriesUnderWay;
}

/** What a call of the worker runs a try with. */
interface Running {
  readonly signal: AbortSignal;
  readonly host: TryHost;
}

/** What the triggerer has said. */
interface Message {
  readonly pokes: number;
  readonly isDead: boolean;
  readonly callId: string | undefined;
}

interface OneCall extends Running {
  readonly pokedBy: "engine" | "triggerer";
  readonly callId?: string | undefined;
}

/** When a task is looked at again whose trigger rule is not met, against expectation; in ms. */
const NOT_YET_MS = 10_000;

export function createTriesUnderWay(): TriesUnderWay {
  const counts = new Map<string, number>();
  const nameOf = ({ run, key }: InstanceScope) =>
    JSON.stringify([run.dagId, run.runId, keyText(key)]);
  return {
    has: (instance) => counts.has(nameOf(instance)),
    begin(instance) {
      const name = nameOf(instance);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return {
        end() {
          const left = (counts.get(name) ?? 0) - 1;
          if (left > 0) counts.set(name, left);
          else counts.delete(name);
        },
      };
    },
  };
}

/** One call of the worker for a task that goes on by messages. Repeating is safe. */
export async function executeByMessage(
  context: MessageContext,
  instance: InstanceScope,
  { event, ...running }: Running & { readonly event: WorkerEvent },
): Promise<void> {
  const { token, pokes, isDead = false, callId } = event;
  if (token !== undefined) await enterSensor(context, instance, { ...running, token });
  else if (pokes !== undefined) {
    await followMessage(context, instance, { ...running, pokes, isDead, callId });
  }
}

/**
 * The engine's call. The token is stored before anything else, so that the sensor's end finds it.
 */
async function enterSensor(
  context: MessageContext,
  instance: InstanceScope,
  { token, ...running }: Running & { readonly token: string },
): Promise<void> {
  const { metadata, clock, stateMachines } = context;
  const { limit } = context.runner;
  const { key } = instance;
  const before = await metadata.taskInstances.get(key);
  const change = holdToken(before, {
    token,
    maxTries: instance.task.retries,
    now: clock.now(),
  });
  let known = await metadata.taskInstances.update({ key, ...change });
  if (!known) {
    // The call that recorded the end may have died before it was propagated.
    const ended = await metadata.taskInstances.get(key);
    if (ended) await finishEnd(context, instance, ended, { isRepeated: true });
    await stateMachines.release(token);
    return;
  }
  const pokes = known.pokes ?? 0;
  if (isUnderWay(known.state)) {
    if (await running.host.takesUp(context, instance, known)) return;
    // A machine of Stepwind 0.1 calls again when its own call has failed; the triggerer's may go
    // on.
    const isEngines = limit !== undefined && known.pokedBy === "engine";
    if (!isEngines && !isLost(context, instance, known)) {
      if (limit !== undefined) {
        await leaveMessage(context, instance, {
          pokes: pokes - 1,
          dueAt: pokeEndsBy(known, limit),
        });
      }
      return;
    }
    known = await recordDeath(context, instance, known);
    return leaveNext(context, instance, known);
  }
  // Nothing runs: whether its wait is over is for the triggerer to find out.
  if (isWaitingState(known.state)) {
    return leaveMessage(context, instance, { pokes, dueAt: dueOf(known) ?? clock.now() });
  }
  // Should this call die unnoticed, the message finds out.
  if (limit !== undefined) {
    await leaveMessage(context, instance, { pokes, dueAt: clock.now() + limit * 1_000 });
  }
  await runOnce(context, instance, { known, call: { pokedBy: "engine", ...running } });
}

/**
 * A call of the triggerer: does nothing unless the task waits for exactly this call, or lost it.
 */
async function followMessage(
  context: MessageContext,
  instance: InstanceScope,
  { pokes, isDead, callId, ...running }: Running & Message,
): Promise<void> {
  const known = await context.metadata.taskInstances.get(instance.key);
  const { state = null, pokes: seen = 0 } = known ?? {};
  if (known && isFinished(state)) {
    return finishEnd(context, instance, known, { isRepeated: true });
  }
  if (known && isUnderWay(state)) {
    if (await running.host.takesUp(context, instance, known)) return;
    const isReported = isDead && known.pokedBy !== "triggerer";
    if (seen !== pokes + 1 || !(isReported || isLost(context, instance, known))) return;
    return leaveNext(context, instance, await recordDeath(context, instance, known));
  }
  if (seen !== pokes || isWaitingState(state)) return;
  await runOnce(context, instance, { known, call: { pokedBy: "triggerer", callId, ...running } });
}

async function runOnce(
  context: MessageContext,
  instance: InstanceScope,
  { known, call }: { readonly known: TaskInstanceRecord | undefined; readonly call: OneCall },
): Promise<void> {
  const { clock, triesUnderWay } = context;
  const { pokedBy, callId, signal, host } = call;
  const dueAt = dueOf(known);
  if (dueAt !== undefined && dueAt > clock.now()) return leaveNext(context, instance, known);
  const underWay = triesUnderWay.begin(instance);
  let ended: Awaited<ReturnType<TryHost["run"]>>;
  try {
    if (!(await mayStart(context, instance, known))) return;
    ended = await host.run(context, instance, {
      signal,
      known,
      begin: (facts) => poke(facts.known, { ...facts, pokedBy, callId }),
    });
  } catch (problem) {
    if (!(problem instanceof RetryLater)) throw problem;
    // Who lets it go on leaves the message.
    if (problem instanceof HeldBack) return;
    return lookLater(context, instance, { known, pokedBy });
  } finally {
    underWay.end();
  }
  // Whoever ends it there leaves the message.
  if (ended !== "elsewhere") await leaveNext(context, instance, ended);
}

/**
 * Either another worker was faster, which leaves a message itself, or the rule is not met yet. Then
 * the task waits at its gate if it has one. A call by the triggerer is followed by a message anyhow
 * where workers may die unnoticed.
 */
async function lookLater(
  context: MessageContext,
  instance: InstanceScope,
  {
    known,
    pokedBy,
  }: {
    readonly known: TaskInstanceRecord | undefined;
    readonly pokedBy: OneCall["pokedBy"];
  },
): Promise<void> {
  const { clock, runner, metadata } = context;
  if (known?.token !== undefined && instance.version.gates.has(instance.task.taskId)) {
    const now = await metadata.taskInstances.get(instance.key);
    if (now && isToBeAsked(instance.run, now.state)) await waitAtGate(context, instance);
  }
  if (pokedBy === "triggerer" && runner.limit !== undefined) return;
  const pokes = known?.pokes ?? 0;
  await leaveMessage(context, instance, { pokes, dueAt: clock.now() + NOT_YET_MS });
}

/**
 * A task whose gate could not be entered waits at it all the same. The gate is recorded first and
 * looked at afterwards, so that no wake-up between the two is lost.
 */
async function waitAtGate(context: MessageContext, instance: InstanceScope): Promise<void> {
  await context.metadata.gates.put({ ...instance.key, token: BY_MESSAGE });
  await lookAtGate(context, instance);
}

/**
 * A worker died before it recorded the try after so many pokes: its function can't start, or is
 * killed at its start. The try is recorded as begun and failed, so that the task is not called
 * without end; nothing happens if it has begun, or waits for something else. Whoever dies in
 * between leaves a try that has not ended, as its worker would have. Repeating is safe.
 */
export async function recordUnbegunDeath(
  context: ServiceContext,
  instance: InstanceScope,
  { pokes, reason }: { readonly pokes: number; readonly reason: string },
): Promise<void> {
  const { clock, metadata } = context;
  const { key, task } = instance;
  const known = await metadata.taskInstances.get(key);
  const now = clock.now();
  if ((known?.pokes ?? 0) !== pokes || isHeld(known) || (dueOf(known) ?? now) > now) return;
  const change = poke(known, { maxTries: task.retries, now, pokedBy: "triggerer" });
  const started = change && (await metadata.taskInstances.update({ key, ...change }));
  if (!started) return;
  const message = `the worker died before the ${task.sensor ? "poke" : "try"} began: ${reason}`;
  await addLogLine(context, started, { level: "error", event: message });
  const error = { name: "WorkerDied", message };
  await leaveNext(context, instance, await recordFailure(context, instance, { started, error }));
}

/** Whether a try that is recorded as running can't go on any more. */
export function isLost(
  { runner: { limit }, clock, triesUnderWay }: MessageContext,
  instance: InstanceScope,
  known: TaskInstanceRecord,
): boolean {
  if (limit === undefined) return !triesUnderWay.has(instance);
  return pokeEndsBy(known, limit) <= clock.now();
}

/** Leaves the message for what the instance waits for, if it does. Repeating is harmless. */
export async function leaveNext(
  context: ServiceContext,
  instance: InstanceScope,
  known: TaskInstanceRecord | undefined,
): Promise<void> {
  const dueAt = dueOf(known);
  if (dueAt === undefined) return;
  await leaveMessage(context, instance, { pokes: known?.pokes ?? 0, dueAt });
}

/** Leaves the message for the poke after so many. */
function leaveMessage(
  { triggers }: ServiceContext,
  { run, key }: InstanceScope,
  message: { readonly pokes: number; readonly dueAt: number },
): Promise<void> {
  return triggers.set({ ...key, clearNumber: run.clearNumber, ...message });
}
