// What people do to a task instance: clear it, or mark it. Like the events of task-instance.ts,
// each says from which state it is legal, and the metadata refuse the change if the instance has
// moved on by then.
import type { TaskInstanceKey, TaskInstanceRecord, TaskTry } from "../records.ts";
import { isUnderWay } from "../states.ts";
import type { TaskInstanceTransition } from "../task-instance.ts";
import { toIso } from "../values/time.ts";

interface Moment {
  /** Epoch ms. */
  readonly now: number;
}

export interface ClearFacts {
  /** Of the task; absent where the DAG has it no more. */
  readonly retries?: number | undefined;
  readonly note?: string | undefined;
}

const IDS: ReadonlySet<string> = new Set<keyof TaskInstanceKey>([
  "dagId",
  "runId",
  "taskId",
  "mapIndex",
]);

/** What a cleared instance keeps; all else belongs to the tries before. */
const KEPT: ReadonlySet<string> = new Set<string>([
  ...IDS,
  "tryNumber",
  "note",
  // Of a success whose end was recorded and not spread.
  "assetEvents",
]);

/**
 * The instance is cleared: it has state None and as many retries as at first. One whose try is
 * under way is restarting: its try is to be stopped, and another one follows whatever retries are
 * left. Undefined for one that is restarting already. (Airflow: clear_task_instances)
 *
 * Each clear counts as a poke, so that messages and writes that were meant for the instance as it
 * was before are refused.
 */
export function clear(
  known: TaskInstanceRecord,
  { retries, note }: ClearFacts,
): TaskInstanceTransition | undefined {
  const { state, tryNumber, maxTries, pokes = 0 } = known;
  if (state === "restarting") return undefined;
  const condition = { from: [state], tryNumber, pokes };
  const noted = note === undefined ? {} : { note };
  if (state === "running") return { ...condition, set: { state: "restarting", ...noted } };
  const dropped: Readonly<Record<string, undefined>> = Object.fromEntries(
    Object.keys(known)
      .filter((name) => !KEPT.has(name))
      .map((name) => [name, undefined]),
  );
  return {
    ...condition,
    set: {
      ...dropped,
      state: null,
      maxTries: retries === undefined ? Math.max(maxTries, tryNumber) : tryNumber + retries,
      pokes: pokes + 1,
      tries: triesOf(known),
      ...noted,
    },
  };
}

/**
 * All that became of the instance is forgotten but the number of its tries, by which late messages
 * and logs are told apart.
 */
export function forget(
  known: TaskInstanceRecord | undefined,
  { retries }: { readonly retries: number },
): TaskInstanceTransition {
  const { state = null, tryNumber = 0, pokes = 0, ...rest } = known ?? {};
  const dropped: Readonly<Record<string, undefined>> = Object.fromEntries(
    Object.keys(rest)
      .filter((name) => !IDS.has(name))
      .map((name) => [name, undefined]),
  );
  const maxTries = tryNumber + retries;
  return {
    from: [state],
    ...(known ? { tryNumber, pokes } : {}),
    set: { ...dropped, state: null, maxTries, pokes: pokes + 1, tries: [] },
  };
}

/** The try of an instance that was cleared while it ran is over: the next one is due at once. */
export function restart(
  { tryNumber, maxTries, ...known }: TaskInstanceRecord,
  { now }: Moment,
): TaskInstanceTransition {
  const endDate = toIso(now);
  const { startDate, tries } = known;
  const begun = startDate === undefined ? {} : { startDate };
  return {
    from: ["restarting"],
    tryNumber,
    set: {
      state: "up_for_retry",
      nextRetryAt: endDate,
      endDate,
      maxTries: maxTries + 1,
      message: "it was cleared while it ran",
      tries: [...tries, { tryNumber, state: "failed", ...begun, endDate }],
    },
  };
}

/** States that people may give to an instance (Airflow: PatchTaskInstanceBody). */
export const MARKS = ["success", "failed", "skipped"] as const;
export type Mark = (typeof MARKS)[number];

/**
 * People say what the instance has come to, whatever it is at; undefined if it is that already.
 * Its try, if one is under way, is to be stopped. (Airflow: TaskInstance.set_state)
 */
export function mark(
  known: TaskInstanceRecord | undefined,
  { state, maxTries, now }: Moment & { readonly state: Mark; readonly maxTries: number },
): TaskInstanceTransition | undefined {
  if (known?.state === state) return undefined;
  const at = toIso(now);
  const wasUnderWay = isUnderWay(known?.state);
  return {
    from: [known?.state ?? null],
    tryNumber: known?.tryNumber ?? 0,
    set: {
      state,
      startDate: known?.startDate ?? at,
      endDate: wasUnderWay ? at : (known?.endDate ?? at),
      nextRetryAt: undefined,
      rescheduleDate: undefined,
      message: `marked as ${state}`,
      ...(known ? {} : { maxTries }),
    },
  };
}

/**
 * The version that the run goes on with has the task no more; undefined while a try is under way
 * (Airflow: DagRun.verify_integrity).
 */
export function remove(
  { state, tryNumber, pokes = 0 }: TaskInstanceRecord,
  { now }: Moment,
): TaskInstanceTransition | undefined {
  if (state === "removed" || isUnderWay(state)) return undefined;
  const message = "the DAG has the task no more";
  return {
    from: [state],
    tryNumber,
    pokes,
    set: { state: "removed", message, endDate: toIso(now) },
  };
}

/**
 * The run that the try began in is not as it was then: people have marked instances of it. The
 * state stays.
 */
export function noteChange({ tryNumber }: TaskInstanceRecord): TaskInstanceTransition {
  return { from: ["running", "restarting"], tryNumber, set: { isRunChanged: true } };
}

/** A note of people's; the state stays. */
export function annotate(
  known: TaskInstanceRecord | undefined,
  { note, maxTries }: { readonly note: string | undefined; readonly maxTries: number },
): TaskInstanceTransition {
  return { from: [known?.state ?? null], set: { note, ...(known ? {} : { maxTries }) } };
}

/** The instance's tries with the present one, if it has ended. */
export function triesOf({
  state,
  tryNumber,
  startDate,
  endDate,
  tries,
}: Omit<TaskInstanceRecord, keyof TaskInstanceKey>): readonly TaskTry[] {
  const isListed = tries.at(-1)?.tryNumber === tryNumber;
  if (tryNumber === 0 || isListed || state === null || endDate === undefined) return tries;
  const begun = startDate === undefined ? {} : { startDate };
  return [...tries, { tryNumber, state, ...begun, endDate }];
}
