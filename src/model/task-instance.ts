// The state machine of a task instance. Each event says from which states it is legal and what it
// changes; the metadata refuses the change if the instance has moved on by then. What follows from
// an end (callbacks, verdicts below, notifications) is in services/tasks/task-ends.ts.
import type { Changes, TaskInstanceKey, TaskInstanceRecord } from "./records.ts";
import { isRetryAllowed, type RetryPolicy, retryDelay } from "./scheduling/retries.ts";
import type { TaskInstanceState } from "./states.ts";
import { toIso } from "./values/time.ts";
import { isWaitingState, stateOfWait, type Wait } from "./waits/waits.ts";

/** A change of an instance, with what must hold for it. */
export interface TaskInstanceTransition {
  /**
   * The change is refused unless the instance is in one of these states (null: None, or no record
   * yet).
   */
  readonly from: readonly (TaskInstanceState | null)[];
  /** The change is refused unless this is the instance's try number; absent: any. */
  readonly tryNumber?: number;
  /** The change is refused unless the instance, a sensor, was poked so often; absent: any. */
  readonly pokes?: number;
  readonly set: Changes<Omit<TaskInstanceRecord, keyof TaskInstanceKey>>;
}

/** All states but the finished ones (Airflow: State.unfinished). */
const UNFINISHED = [
  null,
  "scheduled",
  "queued",
  "running",
  "restarting",
  "up_for_retry",
  "up_for_reschedule",
  "deferred",
  "awaiting_input",
] as const satisfies readonly (TaskInstanceState | null)[];

/** The states that each event is legal in. */
const LEGAL = {
  /** A try begins. */
  start: [null, "scheduled", "queued", "up_for_retry"],
  /** A sensor's try goes on with another poke. */
  pokeAgain: ["up_for_reschedule"],
  succeed: ["running", "deferred", "awaiting_input"],
  skip: ["running", "deferred", "awaiting_input"],
  fail: ["running", "deferred", "awaiting_input"],
  reschedule: ["running"],
  /** The try waits for something else than its next poke. */
  defer: ["running"],
  /** The server stopped while the try ran. */
  free: ["running", "restarting"],
  /** A dependency ends the task without running it. */
  decide: [null, "scheduled"],
  /** The same for one that has run, of a run that people have changed. */
  decideAgain: [null, "scheduled", "up_for_retry", "up_for_reschedule"],
  /** The engine gave up on the worker. */
  settle: UNFINISHED,
  /** The run is ended from outside. */
  abandon: UNFINISHED,
  /** The engine's token of a task that waits is stored; the state stays. */
  holdToken: UNFINISHED,
  /** The worker is called once more; the state stays. */
  lookAgain: UNFINISHED,
  /** The try goes on, though the execution that called for it has ended; the state stays. */
  disown: ["running", "restarting"],
} as const satisfies Readonly<Record<string, readonly (TaskInstanceState | null)[]>>;

/** The instance that an event happens to; undefined while it has no record. */
type Known = TaskInstanceRecord | undefined;

interface Moment {
  /** Epoch ms. */
  readonly now: number;
}

/**
 * A new try; undefined if the instance may not start one. `maxTries` counts for an instance that
 * has not begun.
 */
export function start(
  known: Known,
  { maxTries, now }: Moment & { readonly maxTries: number },
): TaskInstanceTransition | undefined {
  const { state = null, tryNumber = 0, pokes = 0 } = known ?? {};
  if (!isLegal("start", state)) return undefined;
  return {
    from: LEGAL.start,
    tryNumber,
    // Refused if the instance was cleared since it was read.
    pokes,
    set: {
      ...RUNNING,
      tryNumber: tryNumber + 1,
      maxTries: known?.maxTries ?? maxTries,
      startDate: toIso(now),
      pokedBy: undefined,
    },
  };
}

export interface PokeFacts extends Moment {
  readonly maxTries: number;
  /** Who called the worker for it. */
  readonly pokedBy: "engine" | "triggerer";
  /** Of the call, if the triggerer didn't wait for it. */
  readonly callId?: string | undefined;
}

/**
 * What a message has the worker run: a new try, or a sensor's next poke, which belongs to the same
 * try if the instance was rescheduled.
 */
export function poke(known: Known, facts: PokeFacts): TaskInstanceTransition | undefined {
  const { state = null, pokes = 0, firstPokeAt } = known ?? {};
  const at = toIso(facts.now);
  const resumes = isLegal("pokeAgain", state) || (known?.resumesTry && state === "queued");
  const begun =
    known && resumes
      ? { from: [state], tryNumber: known.tryNumber, set: RUNNING }
      : start(known, facts);
  if (!begun) return undefined;
  const { pokedBy, callId } = facts;
  return {
    ...begun,
    pokes,
    set: {
      ...begun.set,
      pokes: pokes + 1,
      firstPokeAt: firstPokeAt ?? at,
      pokedAt: at,
      pokedBy,
      callId,
    },
  };
}

type FoundName = "skips" | "lengths" | "assetEvents";
type Found = { readonly [K in FoundName]?: TaskInstanceRecord[K] | undefined };

/** The try has succeeded, with what its result means for tasks below, and events of its outlets. */
export function succeed(
  record: TaskInstanceRecord,
  { skips, lengths, assetEvents, now }: Moment & Found,
): TaskInstanceTransition | undefined {
  const toTell = { ...(lengths && { lengths }), ...(assetEvents && { assetEvents }) };
  const found = { ...(skips && { skips }), ...toTell };
  return endTry("succeed", record, { state: "success", ...found, endDate: toIso(now) });
}

/** The try has skipped its task. */
export function skip(
  record: TaskInstanceRecord,
  { message, now }: Moment & { readonly message: string },
): TaskInstanceTransition | undefined {
  return endTry("skip", record, { state: "skipped", message, endDate: toIso(now) });
}

export interface FailFacts extends Moment {
  readonly message: string;
  readonly policy: RetryPolicy;
  /** Seconds until the next try, in the place of what the policy says. */
  readonly delay?: number | undefined;
  /** No further try, whatever is left (Airflow: AirflowFailException). */
  readonly isFinal?: boolean;
}

/** The try has failed: up_for_retry while tries are left, else failed. */
export function fail(
  record: TaskInstanceRecord,
  { message, policy, delay, isFinal = false, now }: FailFacts,
): TaskInstanceTransition | undefined {
  const { tryNumber, maxTries } = record;
  const endDate = toIso(now);
  if (isFinal || !isRetryAllowed(tryNumber, maxTries)) {
    return endTry("fail", record, { state: "failed", message, endDate });
  }
  const delayMs = (delay ?? retryDelay(policy, tryNumber)) * 1_000;
  return endTry("fail", record, {
    state: "up_for_retry",
    endDate,
    message,
    nextRetryAt: toIso(now + delayMs),
    tries: [...record.tries, { ...tryOf(record), state: "failed", endDate }],
  });
}

/** A sensor's poke said "not yet": its try goes on at this moment, epoch ms. */
export function reschedule(
  record: TaskInstanceRecord,
  { nextAt, now }: Moment & { readonly nextAt: number },
): TaskInstanceTransition | undefined {
  return endTry("reschedule", record, {
    state: "up_for_reschedule",
    endDate: toIso(now),
    rescheduleDate: toIso(nextAt),
  });
}

/** The try waits for something, which is looked at at this moment, epoch ms; absent: never. */
export function defer(
  record: TaskInstanceRecord,
  { wait, wakeAt }: { readonly wait: Wait; readonly wakeAt: number | undefined },
): TaskInstanceTransition | undefined {
  return endTry("defer", record, {
    state: stateOfWait(wait),
    wait,
    ...(wakeAt === undefined ? {} : { wakeAt: toIso(wakeAt) }),
  });
}

/**
 * The server stopped while the try ran. The try is kept in the history, and the next one, due at
 * once, doesn't use up a retry (Airflow: a task that is cleared while it runs).
 */
export function free(
  record: TaskInstanceRecord,
  { now }: Moment,
): TaskInstanceTransition | undefined {
  const endDate = toIso(now);
  return endTry("free", record, {
    state: "up_for_retry",
    nextRetryAt: endDate,
    endDate,
    maxTries: record.maxTries + 1,
    message: "the server stopped while it ran",
    tries: [...record.tries, { ...tryOf(record), state: "failed", endDate, isLost: true }],
  });
}

/**
 * A dependency ends the task, which has not run; with `isAgain`, it may wait for its next try or
 * poke.
 */
export function decide({
  state,
  message,
  isAgain = false,
  now,
}: Moment & {
  readonly state: "skipped" | "upstream_failed" | "removed";
  readonly message: string;
  readonly isAgain?: boolean;
}): TaskInstanceTransition {
  const at = toIso(now);
  return {
    from: isAgain ? LEGAL.decideAgain : LEGAL.decide,
    set: {
      state,
      message,
      startDate: at,
      endDate: at,
      ...(isAgain && { nextRetryAt: undefined, rescheduleDate: undefined }),
    },
  };
}

/** The engine gave up on a worker that never reported: failed, whatever tries are left. */
export function settle({
  message,
  now,
}: Moment & { readonly message: string }): TaskInstanceTransition {
  return { from: LEGAL.settle, set: { state: "failed", endDate: toIso(now), message } };
}

/** The run is ended from outside. */
export function abandon({
  state,
  message,
  now,
}: Moment & {
  readonly state: "skipped" | "failed";
  readonly message: string;
}): TaskInstanceTransition {
  return { from: LEGAL.abandon, set: { state, endDate: toIso(now), message } };
}

/**
 * The engine's token of a task that has not ended; `maxTries` counts for one that has no record
 * yet.
 */
export function holdToken(
  known: Known,
  { token, maxTries, now }: Moment & { readonly token: string; readonly maxTries: number },
): TaskInstanceTransition {
  return {
    from: LEGAL.holdToken,
    set: { token, heldAt: toIso(now), ...(known ? {} : { maxTries }) },
  };
}

/** The worker is called once more, since nothing came of a call; refused when something has. */
export function lookAgain(
  { pokes = 0 }: Pick<TaskInstanceRecord, "pokes">,
  { now }: Moment,
): TaskInstanceTransition {
  return { from: LEGAL.lookAgain, pokes, set: { lookedAt: toIso(now) } };
}

/** The try goes on for another execution: the end of a call by that one says nothing of it. */
export function disown({ tryNumber }: TaskInstanceRecord): TaskInstanceTransition {
  return { from: LEGAL.disown, tryNumber, set: { pokedBy: "triggerer", isRunChanged: true } };
}

/** What every try begins with; it leaves nothing of what was waited for before. */
const RUNNING = {
  state: "running",
  endDate: undefined,
  nextRetryAt: undefined,
  rescheduleDate: undefined,
  message: undefined,
  renderedFields: undefined,
  wait: undefined,
  wakeAt: undefined,
  resumesTry: undefined,
  pausedAt: undefined,
  isRunChanged: undefined,
} as const;

/** What a wait leaves nothing of. */
const WAITED = { wait: undefined, wakeAt: undefined, message: undefined } as const;

function isLegal(event: keyof typeof LEGAL, state: TaskInstanceState | null): boolean {
  const legal: readonly (TaskInstanceState | null)[] = LEGAL[event];
  return legal.includes(state);
}

/**
 * The end of the try that the record has, with the fields that it rendered; undefined if it doesn't
 * run.
 */
function endTry(
  event: "succeed" | "skip" | "fail" | "reschedule" | "defer" | "free",
  { state, tryNumber, renderedFields, renderedMapIndex }: TaskInstanceRecord,
  set: TaskInstanceTransition["set"],
): TaskInstanceTransition | undefined {
  if (!isLegal(event, state)) return undefined;
  return {
    from: [state],
    tryNumber,
    set: {
      ...(isWaitingState(state) && WAITED),
      ...set,
      ...(renderedFields && { renderedFields }),
      ...(renderedMapIndex === undefined ? {} : { renderedMapIndex }),
    },
  };
}

function tryOf({ tryNumber, startDate }: TaskInstanceRecord) {
  return { tryNumber, ...(startDate === undefined ? {} : { startDate }) };
}
