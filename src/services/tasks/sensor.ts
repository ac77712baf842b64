// Sensors in the worker: each call pokes once. The engine's call brings the token of the sensor's state, the triggerer's
// calls follow; whoever records the end spreads it, and that gives the token back. It never asks to be called again by
// throwing: whatever must be waited for is a message to the triggerer.
import type { TaskInstanceRecord } from "../../model/records.ts";
import { dueOf, type PokeStart, pokeEndsBy, startPoke } from "../../model/scheduling/sensors.ts";
import { isFinished, type TaskInstanceState } from "../../model/states.ts";
import type { TaskError } from "../../model/task-call.ts";
import type { Platform } from "../../ports/platform.ts";
import { type Attempt, RetryLater, type WorkerEvent } from "./worker-events.ts";

/** What the worker does for any task; each answers the instance as recorded, or undefined if that was not ours to do. */
export interface TryRunner {
  /** Spreads an end that is recorded. */
  propagateAgain(attempt: Attempt, ended: TaskInstanceRecord): Promise<void>;
  /** Whether a task that has not run may; one that ends without running is recorded and spread. Throws RetryLater. */
  mayStart(attempt: Attempt, known: TaskInstanceRecord | undefined): Promise<boolean>;
  /** Runs one poke and records how it ended. Throws RetryLater when another worker is at the task. */
  runTry(
    attempt: Attempt,
    known: TaskInstanceRecord | undefined,
    how: { readonly signal: AbortSignal; readonly start: PokeStart },
  ): Promise<TaskInstanceRecord | undefined>;
  recordFailure(
    attempt: Attempt,
    started: TaskInstanceRecord,
    error: TaskError,
  ): Promise<TaskInstanceRecord | undefined>;
}

export interface Sensors {
  /** One call of the worker for a sensor. Repeating is safe. */
  execute(attempt: Attempt, event: WorkerEvent, signal: AbortSignal): Promise<void>;
}

/** States in which a sensor may still be poked: its token is of use. */
const OPEN: readonly (TaskInstanceState | null)[] = [
  null,
  "queued",
  "running",
  "up_for_retry",
  "up_for_reschedule",
];
/** When a sensor is looked at again whose trigger rule is not met, against expectation; in ms. */
const NOT_YET_MS = 10_000;
const DIED: TaskError = {
  name: "WorkerDied",
  message: "the worker died before it reported how the poke ended",
};

export function createSensors(platform: Platform, tries: TryRunner): Sensors {
  const { metadata, clock, triggers, stateMachines } = platform;
  const { limit } = platform.runner;
  /** Pokes that go on in this process. */
  const going = new Set<{ readonly key: string }>();

  /** Leaves the message for the poke after the given ones. */
  function leave({ scope, key }: Attempt, pokes: number, dueAt: number): Promise<void> {
    return triggers.set({ ...key, clearNumber: scope.run.clearNumber, pokes, dueAt });
  }

  /** Leaves the message for what the instance waits for, if it does. */
  async function leaveNext(attempt: Attempt, known: TaskInstanceRecord | undefined): Promise<void> {
    const dueAt = dueOf(known);
    if (dueAt !== undefined) await leave(attempt, known?.pokes ?? 0, dueAt);
  }

  /** Whether a poke that is recorded as running can't go on any more. */
  function isLost(key: string, known: TaskInstanceRecord): boolean {
    if (limit === undefined) return ![...going].some((poke) => poke.key === key);
    return pokeEndsBy(known, limit) <= clock.now();
  }

  async function poke(
    attempt: Attempt,
    known: TaskInstanceRecord | undefined,
    how: { readonly pokedBy: "engine" | "triggerer"; readonly signal: AbortSignal },
  ): Promise<void> {
    const dueAt = dueOf(known);
    if (dueAt !== undefined && dueAt > clock.now()) return leaveNext(attempt, known);
    const own = { key: JSON.stringify(attempt.key) };
    let ended: TaskInstanceRecord | undefined;
    try {
      if (dueAt === undefined && !(await tries.mayStart(attempt, known))) return;
      going.add(own);
      ended = await tries.runTry(attempt, known, {
        signal: how.signal,
        start: startPoke(known, how.pokedBy),
      });
    } catch (problem) {
      if (!(problem instanceof RetryLater)) throw problem;
      // Either another worker was faster, which leaves a message itself, or the rule is not met yet.
      if (how.pokedBy === "engine")
        await leave(attempt, known?.pokes ?? 0, clock.now() + NOT_YET_MS);
      return;
    } finally {
      going.delete(own);
    }
    await leaveNext(attempt, ended);
  }

  /** The token is stored before anything else, so that whoever ends the sensor finds it. */
  async function enter(attempt: Attempt, token: string, signal: AbortSignal): Promise<void> {
    const key = JSON.stringify(attempt.key);
    const isNew = (await metadata.taskInstances.get(attempt.key)) === undefined;
    let known = await metadata.taskInstances.update({
      key: attempt.key,
      from: OPEN,
      set: { token, ...(isNew ? { maxTries: attempt.task.retries } : {}) },
    });
    if (!known) {
      // Whoever recorded the end may have died before it was spread.
      const ended = await metadata.taskInstances.get(attempt.key);
      if (ended) await tries.propagateAgain(attempt, ended);
      await stateMachines.release(token);
      return;
    }
    const pokes = known.pokes ?? 0;
    if (known.state === "running") {
      // The engine calls again only when its own call has failed; the triggerer's may go on.
      const isEngines = limit !== undefined && known.pokedBy === "engine";
      if (!isEngines && !isLost(key, known)) {
        if (limit !== undefined) await leave(attempt, pokes - 1, pokeEndsBy(known, limit));
        return;
      }
      known = await tries.recordFailure(attempt, known, DIED);
      return leaveNext(attempt, known);
    }
    // Should this call die unnoticed, the message finds out.
    if (limit !== undefined) await leave(attempt, pokes, clock.now() + limit * 1_000);
    await poke(attempt, known, { pokedBy: "engine", signal });
  }

  /** A call of the triggerer: does nothing unless the sensor waits for exactly this poke, or lost it. */
  async function follow(attempt: Attempt, pokes: number, signal: AbortSignal): Promise<void> {
    const known = await metadata.taskInstances.get(attempt.key);
    const { state = null, pokes: seen = 0 } = known ?? {};
    if (known && isFinished(state)) return tries.propagateAgain(attempt, known);
    if (known && state === "running") {
      if (seen !== pokes + 1 || !isLost(JSON.stringify(attempt.key), known)) return;
      return leaveNext(attempt, await tries.recordFailure(attempt, known, DIED));
    }
    if (seen === pokes) await poke(attempt, known, { pokedBy: "triggerer", signal });
  }

  return {
    async execute(attempt, { token, pokes }, signal) {
      if (token !== undefined) await enter(attempt, token, signal);
      else if (pokes !== undefined) await follow(attempt, pokes, signal);
    },
  };
}
