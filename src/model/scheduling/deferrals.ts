// Tasks that go on by messages: what the error of a call says of a try, and which task has lost its
// message.
import { UNMAPPED } from "../instance-key.ts";
import type { TaskInstanceRecord } from "../records.ts";
import { isFinished, isUnderWay } from "../states.ts";
import { isWaitingState } from "../waits/waits.ts";
import { isHeld } from "./holds.ts";
import { dueOf, pokeEndsBy, type Trigger, UNBEGUN } from "./sensors.ts";

/**
 * Errors of a call after which the worker may be at the task all the same: it was not
 * called, the call was lost on the way, the engine could not read its answer, or it has found
 * another worker at the task. (AWS Lambda: "Invoke", errors; Step Functions: "Handle transient Lambda
 * service exceptions", and the error names of the states language)
 */
const SAY_NOTHING: ReadonlySet<string> = new Set([
  "Lambda.TooManyRequestsException",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "States.Runtime",
  "Stepwind.NotYet",
  "Stepwind.Retry",
]);

/** The worker itself says that it could not record how its try ended. */
const LOST = "Stepwind.Lost";

/** Before the message of an error, or of one in an engine's cause. */
const OWN_ERROR = /(?:^|"errorMessage": ?")(Stepwind\.(?:NotYet|Retry|Lost)): /;

/**
 * The name of an error of the product's own, by its message or an engine's cause: emulators give
 * all errors of functions one name.
 */
export function ownErrorIn(text: string): string | undefined {
  return OWN_ERROR.exec(text)?.[1];
}

/** Whether a try that the engine called for, and that is recorded as running, has died. */
export function isDeadBy(
  error: string | undefined,
  { state, pokedBy }: Pick<TaskInstanceRecord, "state" | "pokedBy">,
): boolean {
  const isOver = error !== undefined && !SAY_NOTHING.has(error);
  return isOver && isUnderWay(state) && pokedBy !== "triggerer";
}

/** Whether the error of a call says that the worker died, and it has not recorded what happened. */
export function saysDied(error: string): boolean {
  return !SAY_NOTHING.has(error) && error !== LOST;
}

/** Whether the worker died that the engine called, before it recorded a try. */
export function hasDiedUnbegun(
  error: string | undefined,
  known: Pick<TaskInstanceRecord, "state" | "waiter" | "pausedAt">,
): error is string {
  // A worker that has recorded why the task waits did not die.
  return error !== undefined && saysDied(error) && UNBEGUN.has(known.state) && !isHeld(known);
}

/** What a message may be late by before it counts as lost, in ms. */
export const LATE_MS = 300_000;

/**
 * The message that an instance has lost: one that holds the engine's token, and that long since
 * should have been looked at. Undefined for one that hasn't. `limit` is the longest that a worker
 * lives, in seconds.
 */
export function findLostMessage(
  known: TaskInstanceRecord,
  { now, limit }: { readonly now: number; readonly limit: number },
): Pick<Trigger, "pokes" | "dueAt" | "looks" | "leftAt"> | undefined {
  const { token, state, mapIndex, pokes = 0 } = known;
  // Of a mapped task the token is that of the task as a whole.
  const goesOnByMessages = token !== undefined || mapIndex !== UNMAPPED;
  if (!goesOnByMessages || isFinished(state) || isHeld(known)) return undefined;
  // It waits to be woken, and no message is on its way.
  if (isWaitingState(state) && known.wakeAt === undefined) return undefined;
  const isRunning = isUnderWay(state);
  const looked = Date.parse(known.lookedAt ?? "") || 0;
  const held = Date.parse(known.heldAt ?? "") || 0;
  const wanted = Math.max(held, isRunning ? pokeEndsBy(known, limit) : (dueOf(known) ?? 0));
  // After a look, the next one is some time away.
  const latest = looked > wanted ? looked + limit * 1_000 : wanted;
  if (latest + LATE_MS > now) return undefined;
  return { pokes: isRunning ? pokes - 1 : pokes, dueAt: now, looks: 1, leftAt: now };
}
