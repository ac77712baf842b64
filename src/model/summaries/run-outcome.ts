// What is kept of a run that has ended beside its task instances, so that a grid of many runs reads
// one record of each: a letter for the state of each task, and how long each took.
import type { DagDocument } from "../document.ts";
import { byTask, instancesOfTask } from "../mapping/instances.ts";
import { mappingOf } from "../mapping/mapped-tasks.ts";
import type { TaskInstanceRecord } from "../records.ts";
import type { TaskInstanceState } from "../states.ts";
import type { RunFailure } from "./run-failure.ts";

/** How many instances of a mapped task are in each state, by the state's letter. */
export type MappedCounts = Readonly<Record<string, number>>;

export interface TaskStates {
  /** A letter per task, in the order of the version's document. */
  readonly letters: string;
  /** Of mapped tasks, by their place in that order. */
  readonly mapped: Readonly<Record<string, MappedCounts>>;
  /** Seconds that each task took, in that order; null for one that has not run to its end. */
  readonly durations: readonly (number | null)[];
}

export interface RunOutcomeRecord extends TaskStates {
  readonly dagId: string;
  readonly runId: string;
  /** The version whose tasks they are. */
  readonly versionHash: string;
}

type State = TaskInstanceState | null;

/** One letter for each state, None included. */
export const STATE_LETTERS: ReadonlyMap<State, string> = new Map<State, string>([
  ["success", "s"],
  ["failed", "f"],
  ["running", "r"],
  ["queued", "q"],
  ["scheduled", "c"],
  [null, "n"],
  ["up_for_retry", "y"],
  ["up_for_reschedule", "w"],
  ["deferred", "d"],
  ["awaiting_input", "i"],
  ["upstream_failed", "u"],
  ["skipped", "k"],
  ["removed", "x"],
  ["restarting", "t"],
]);

/** From the worst to the best: of several states, the first one is shown. */
const WORST_FIRST: readonly State[] = [
  "failed",
  "upstream_failed",
  "awaiting_input",
  "up_for_retry",
  "restarting",
  "running",
  "up_for_reschedule",
  "deferred",
  "queued",
  "scheduled",
  "success",
  "skipped",
  "removed",
  null,
];

export function letterOf(state: State): string {
  return STATE_LETTERS.get(state) ?? "n";
}

/** The state that stands for all of them; None for none. */
function worstOf(states: Iterable<State>): State {
  const found = new Set(states);
  return WORST_FIRST.find((state) => found.has(state)) ?? null;
}

/** The states of a run's tasks; `records` are all of the run's. */
export function taskStatesOf(
  document: DagDocument,
  records: Iterable<TaskInstanceRecord>,
): TaskStates {
  const ofTasks = byTask(records);
  const mapped: Record<string, MappedCounts> = {};
  const durations: (number | null)[] = [];
  let letters = "";
  for (const [place, task] of document.tasks.entries()) {
    const own = ofTasks.get(task.taskId) ?? [];
    if (!mappingOf(document, task)) {
      letters += letterOf(own[0]?.state ?? null);
      durations.push(durationOf(own));
      continue;
    }
    const instances = instancesOfTask(document, task, own);
    letters += letterOf(worstOf(instances.map(({ state }) => state)));
    mapped[place] = countLetters(instances);
    durations.push(durationOf(own));
  }
  return { letters, mapped, durations };
}

function countLetters(instances: readonly { readonly state: State }[]): MappedCounts {
  const counts: Record<string, number> = {};
  for (const { state } of instances) {
    const letter = letterOf(state);
    counts[letter] = (counts[letter] ?? 0) + 1;
  }
  return counts;
}

/** From the first start to the last end, in seconds, where all that have begun have ended. */
function durationOf(records: readonly TaskInstanceRecord[]): number | null {
  let first = Infinity;
  let last = -Infinity;
  for (const { startDate, endDate, state, tryNumber } of records) {
    // One that never ran has start and end for the moment at which that was decided.
    if (tryNumber === 0) continue;
    if (startDate === undefined || endDate === undefined || state === "running") return null;
    first = Math.min(first, Date.parse(startDate));
    last = Math.max(last, Date.parse(endDate));
  }
  return last < first ? null : (last - first) / 1_000;
}

/** Letters of one version's tasks in the order of another's; "n" for a task that it hasn't. */
export function reorder(
  states: TaskStates,
  { from, to }: { readonly from: DagDocument; readonly to: DagDocument },
): TaskStates {
  const places = new Map(from.tasks.map(({ taskId }, place) => [taskId, place]));
  const order = to.tasks.map(({ taskId }) => places.get(taskId));
  const mapped: Record<string, MappedCounts> = {};
  for (const [place, before] of order.entries()) {
    const counts = before === undefined ? undefined : states.mapped[before];
    if (counts) mapped[place] = counts;
  }
  return {
    letters: order
      .map((before) => (before === undefined ? "n" : states.letters.charAt(before)))
      .join(""),
    mapped,
    durations: order.map((before) =>
      before === undefined ? null : (states.durations[before] ?? null),
    ),
  };
}

const LONGEST_MESSAGE = 300;

/**
 * The instance that failed first; undefined where none has failed. Those that failed because of
 * others count for nothing.
 */
export function firstFailureOf(records: Iterable<TaskInstanceRecord>): RunFailure | undefined {
  let first: TaskInstanceRecord | undefined;
  for (const record of records) {
    if (record.state !== "failed") continue;
    if (!first || (record.endDate ?? "~") < (first.endDate ?? "~")) first = record;
  }
  if (!first) return undefined;
  const message = firstLineOf(first.message);
  return {
    taskId: first.taskId,
    mapIndex: first.mapIndex,
    ...(message === undefined ? {} : { message }),
  };
}

/** The first line that says something, cut where it is long. */
export function firstLineOf(message: string | undefined): string | undefined {
  const line = message
    ?.split("\n")
    .map((each) => each.trim())
    .find(Boolean);
  if (line === undefined || line.length <= LONGEST_MESSAGE) return line;
  return `${line.slice(0, LONGEST_MESSAGE - 1)}…`;
}

/** The middle of the values; null for none. */
export function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** The value that so many of a hundred don't exceed; null for none. */
export function percentileOf(values: readonly number[], percent: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const place = Math.ceil((percent / 100) * sorted.length) - 1;
  return sorted[Math.max(place, 0)] ?? null;
}
