// Sensors in the worker: each call pokes once. The engine's call brings the token of the sensor's
// state, the triggerer's calls follow; recording the end propagates it, and that gives the token
// back. A sensor never asks to be called again by throwing: whatever must be waited for is a
// message to the triggerer.
import { keyText } from "../../model/instance-key.ts";
import type { TaskInstanceRecord } from "../../model/records.ts";
import { dueOf, pokeEndsBy } from "../../model/scheduling/sensors.ts";
import { isFinished } from "../../model/states.ts";
import { holdToken, poke } from "../../model/task-instance.ts";
import type { ServiceContext } from "../service-context.ts";
import { finishEnd } from "./task-ends.ts";
import { mayStart, type RunTry } from "./tries.ts";
import { recordDeath } from "./try-ends.ts";
import type { InstanceScope } from "./verdicts.ts";
import { RetryLater, type WorkerEvent } from "./worker-events.ts";

/** Pokes that go on in this process. */
export interface PokesUnderWay {
  begin(instance: InstanceScope): { end(): void };
  has(instance: InstanceScope): boolean;
}

export interface SensorContext extends ServiceContext {
  readonly pokesUnderWay: PokesUnderWay;
}

/** What a call of the worker pokes with. */
interface Poking {
  readonly signal: AbortSignal;
  readonly run: RunTry;
}

interface PokeCall extends Poking {
  readonly pokedBy: "engine" | "triggerer";
}

/** When a sensor is looked at again whose trigger rule is not met, against expectation; in ms. */
const NOT_YET_MS = 10_000;

export function createPokesUnderWay(): PokesUnderWay {
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

/** One call of the worker for a sensor. Repeating is safe. */
export async function executeSensor(
  context: SensorContext,
  instance: InstanceScope,
  { event, ...poking }: Poking & { readonly event: WorkerEvent },
): Promise<void> {
  const { token, pokes } = event;
  if (token !== undefined) await enterSensor(context, instance, { ...poking, token });
  else if (pokes !== undefined) await followMessage(context, instance, { ...poking, pokes });
}

/**
 * The engine's call. The token is stored before anything else, so that the sensor's end finds it.
 */
async function enterSensor(
  context: SensorContext,
  instance: InstanceScope,
  { token, ...poking }: Poking & { readonly token: string },
): Promise<void> {
  const { metadata, clock, stateMachines } = context;
  const { limit } = context.runner;
  const { key } = instance;
  const before = await metadata.taskInstances.get(key);
  const change = holdToken(before, { token, maxTries: instance.task.retries });
  let known = await metadata.taskInstances.update({ key, ...change });
  if (!known) {
    // The call that recorded the end may have died before it was propagated.
    const ended = await metadata.taskInstances.get(key);
    if (ended) await finishEnd(context, instance, ended, { isRepeated: true });
    await stateMachines.release(token);
    return;
  }
  const pokes = known.pokes ?? 0;
  if (known.state === "running") {
    // The engine calls again only when its own call has failed; the triggerer's may go on.
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
    return leaveNextPoke(context, instance, known);
  }
  // Should this call die unnoticed, the message finds out.
  if (limit !== undefined) {
    await leaveMessage(context, instance, { pokes, dueAt: clock.now() + limit * 1_000 });
  }
  await pokeOnce(context, instance, { known, call: { pokedBy: "engine", ...poking } });
}

/**
 * A call of the triggerer: does nothing unless the sensor waits for exactly this poke, or lost it.
 */
async function followMessage(
  context: SensorContext,
  instance: InstanceScope,
  { pokes, ...poking }: Poking & { readonly pokes: number },
): Promise<void> {
  const known = await context.metadata.taskInstances.get(instance.key);
  const { state = null, pokes: seen = 0 } = known ?? {};
  if (known && isFinished(state)) {
    return finishEnd(context, instance, known, { isRepeated: true });
  }
  if (known && state === "running") {
    if (seen !== pokes + 1 || !isLost(context, instance, known)) return;
    return leaveNextPoke(context, instance, await recordDeath(context, instance, known));
  }
  if (seen !== pokes) return;
  await pokeOnce(context, instance, { known, call: { pokedBy: "triggerer", ...poking } });
}

async function pokeOnce(
  context: SensorContext,
  instance: InstanceScope,
  { known, call }: { readonly known: TaskInstanceRecord | undefined; readonly call: PokeCall },
): Promise<void> {
  const { clock, pokesUnderWay } = context;
  const { pokedBy, signal, run } = call;
  const dueAt = dueOf(known);
  if (dueAt !== undefined && dueAt > clock.now()) return leaveNextPoke(context, instance, known);
  let underWay: { end(): void } | undefined;
  let ended: Awaited<ReturnType<RunTry>>;
  try {
    if (dueAt === undefined && !(await mayStart(context, instance, known))) return;
    underWay = pokesUnderWay.begin(instance);
    ended = await run(context, instance, {
      signal,
      known,
      begin: (facts) => poke(known, { ...facts, pokedBy }),
    });
  } catch (problem) {
    if (!(problem instanceof RetryLater)) throw problem;
    // Either another worker was faster, which leaves a message itself, or the rule is not met yet.
    if (pokedBy === "engine") {
      const pokes = known?.pokes ?? 0;
      await leaveMessage(context, instance, { pokes, dueAt: clock.now() + NOT_YET_MS });
    }
    return;
  } finally {
    underWay?.end();
  }
  // Whoever ends it there leaves the message.
  if (ended !== "elsewhere") await leaveNextPoke(context, instance, ended);
}

/** Whether a poke that is recorded as running can't go on any more. */
function isLost(
  { runner: { limit }, clock, pokesUnderWay }: SensorContext,
  instance: InstanceScope,
  known: TaskInstanceRecord,
): boolean {
  if (limit === undefined) return !pokesUnderWay.has(instance);
  return pokeEndsBy(known, limit) <= clock.now();
}

/** Leaves the message for what the instance waits for, if it does. Repeating is harmless. */
export async function leaveNextPoke(
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
