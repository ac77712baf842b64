// When sensors are poked: how long one waits, when its time is over; and what a message of the
// triggerer is for, about a sensor or another task that goes on by messages. (Airflow:
// sdk/bases/sensor.py in mode "reschedule", without its jitter.)
import type { SensorDocument } from "../document.ts";
import type { TaskInstanceKey, TaskInstanceRecord } from "../records.ts";
import { isFinished, isUnderWay, type TaskInstanceState } from "../states.ts";
import { isWaitingState } from "../waits/waits.ts";
import { isHeld } from "./holds.ts";

/** A message to the triggerer: the task instance is to be looked at. */
export interface Trigger extends TaskInstanceKey {
  /** Of the run: one for an execution that was given up is of no use. */
  readonly clearNumber: number;
  /**
   * The pokes that the instance had when it was left: it is for the poke after these, and for no
   * other.
   */
  readonly pokes: number;
  /** Epoch ms. */
  readonly dueAt: number;
  /** How often the worker was called for this poke by messages before; absent: never. */
  readonly looks?: number;
  /** When it was left, epoch ms; only in one with `looks`. */
  readonly leftAt?: number;
  /** Present for a mapped task as a whole, which the recorder is to look at. */
  readonly isMapped?: true;
}

/** The engine's message to the triggerer: the task goes on by messages until it has ended. */
export interface Deferral extends TaskInstanceKey {
  /** Of the run. */
  readonly clearNumber: number;
  /** What the engine wants back when the task has ended. */
  readonly token: string;
  /** The error that the engine's own call of the worker has ended with; absent without a call. */
  readonly error?: string;
  /** Present for a mapped task as a whole, whose state could not call the recorder. */
  readonly isMapped?: true;
}

/**
 * How long after a call of which nothing came the worker is called again where no try has begun, in
 * ms: at first, and at most. It may wait for others to leave room for it.
 */
const LOOK_AGAIN_MS = 10_000;
const LONGEST_LOOK_AGAIN_MS = 300_000;

/** States in which an instance has not begun, or may begin at once. */
export const UNBEGUN: ReadonlySet<TaskInstanceState | null> = new Set([
  null,
  "scheduled",
  "queued",
]);

/** States in which a sensor waits for a moment, or has not begun. */
const WAITING: ReadonlySet<TaskInstanceState | null> = new Set([
  ...UNBEGUN,
  "up_for_reschedule",
  "up_for_retry",
]);

/**
 * After a poke that said "not yet": that its time is over, with the reason, or when it is poked
 * next. Epoch ms.
 */
export function decideWait(
  sensor: SensorDocument,
  { firstPokeAt, now }: { readonly firstPokeAt: number; readonly now: number },
): { readonly timedOut: string } | { readonly nextAt: number } {
  const elapsed = (now - firstPokeAt) / 1_000;
  if (elapsed > sensor.timeout) return { timedOut: describeTimeout(sensor, elapsed) };
  return { nextAt: now + nextInterval(sensor, elapsed) * 1_000 };
}

/** Airflow's words for a sensor that has waited too long, in seconds. */
export function describeTimeout({ timeout }: SensorDocument, elapsed: number): string {
  return `Sensor has timed out; run duration of ${elapsed} seconds exceeds the specified timeout of ${timeout}.`;
}

/**
 * Seconds to the next poke. A growing interval follows from the time that has passed, as in
 * Airflow: half the poke interval, then the whole, twice that, and so on, never beyond the timeout.
 */
function nextInterval(
  { pokeInterval, timeout, exponentialBackoff, maxWait = Infinity }: SensorDocument,
  elapsed: number,
): number {
  if (!exponentialBackoff) return pokeInterval;
  let interval = 0;
  let power = 0.5;
  for (let passed = 0; passed <= elapsed; passed += interval) {
    interval = Math.max(Math.floor(pokeInterval * power), 1);
    power *= 2;
  }
  return Math.min(interval, timeout - Math.floor(elapsed), maxWait);
}

/** The moment that a waiting instance waits for, epoch ms; undefined where it waits for none. */
export function dueOf(
  known:
    | Pick<TaskInstanceRecord, "state" | "nextRetryAt" | "rescheduleDate" | "wakeAt">
    | undefined,
): number | undefined {
  if (known && isWaitingState(known.state)) {
    return known.wakeAt === undefined ? undefined : Date.parse(known.wakeAt);
  }
  if (known?.state === "up_for_retry") return Date.parse(known.nextRetryAt ?? "") || 0;
  if (known?.state === "up_for_reschedule") return Date.parse(known.rescheduleDate ?? "") || 0;
  return undefined;
}

/**
 * When the worker of the instance's try must have ended, epoch ms; `limit` is the longest that one
 * lives, in seconds.
 */
export function pokeEndsBy(
  { startDate, pokedAt }: Pick<TaskInstanceRecord, "startDate" | "pokedAt">,
  limit: number,
): number {
  // The last try may have been begun by a message or without one.
  const begun = [startDate, pokedAt].map((moment) => Date.parse(moment ?? "") || 0);
  return Math.max(...begun) + limit * 1_000;
}

/**
 * What to do on a message. A message to leave comes first: if nothing came of the call, it is the
 * one that notices.
 */
export interface TriggerStep {
  readonly leave?: Pick<Trigger, "pokes" | "dueAt">;
  /**
   * Whether the worker is to be called: it pokes, counts a lost poke as died, or ends what was not
   * ended whole.
   */
  readonly call: boolean;
}

const NOTHING: TriggerStep = { call: false };

/**
 * What a message is for, by what its instance has come to. Messages may be late, doubled or lost on
 * the way of others: one whose poke has been, and has been followed by another, does nothing, so
 * chains that doubled melt into one. One whose poke is the last there was looks after it until that
 * is sure to have been followed. `limit` is the longest that a worker lives, in seconds; absent
 * where a worker's death is always reported.
 */
export function followTrigger(
  { pokes, looks = 0, leftAt = 0 }: Pick<Trigger, "pokes" | "looks" | "leftAt">,
  known: TaskInstanceRecord | undefined,
  { now, limit }: { readonly now: number; readonly limit: number | undefined },
): TriggerStep {
  const { state = null, pokes: seen = 0 } = known ?? {};
  if (seen !== pokes && seen !== pokes + 1) return NOTHING;
  if (isFinished(state)) return { call: true };
  const after = (moment: number) => (limit === undefined ? Infinity : moment + limit * 1_000);
  const leave = (dueAt: number, call: boolean): TriggerStep =>
    dueAt < Infinity ? { leave: { pokes, dueAt }, call } : { call };
  // Another message has had the worker called since this one was left, and was followed by one.
  if (leftAt > 0 && leftAt < Date.parse(known?.lookedAt ?? "")) return NOTHING;
  const dueAt = dueOf(known);
  if (seen === pokes) {
    if (isHeld(known)) return NOTHING;
    if (isWaitingState(state) && (dueAt === undefined || dueAt > now)) {
      // Something has woken it. What comes of nothing twice is left to the one who looks for
      // orphans.
      return looks === 0 ? leave(after(now), true) : { call: looks === 1 };
    }
    if (!isWaitingState(state) && !WAITING.has(state)) return NOTHING;
    if (UNBEGUN.has(state) && limit !== undefined) {
      return leave(now + Math.min(LOOK_AGAIN_MS * 2 ** looks, LONGEST_LOOK_AGAIN_MS), true);
    }
    return dueAt !== undefined && dueAt > now ? leave(dueAt, false) : leave(after(now), true);
  }
  if (isUnderWay(state) && known) {
    if (limit === undefined) return { call: true };
    const endsBy = pokeEndsBy(known, limit);
    return endsBy > now ? leave(endsBy, false) : leave(after(now), true);
  }
  // The poke has been; whether the message for the next one was left shows when that is overdue.
  if (dueAt === undefined || limit === undefined) return NOTHING;
  if (after(dueAt) > now) return leave(after(dueAt), false);
  return { leave: { pokes: seen, dueAt: now }, call: false };
}
