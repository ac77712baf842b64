// What is kept of a DAG's runs beside them, so that a list of thousands of DAGs reads one record of
// each: the newest runs, the last one that has ended, the last one that the schedule made, and how
// many have ended in each quarter of an hour of the last day. Each change of a run changes it.
import type { DagRunRecord } from "../records.ts";
import { type DagRunState, isRunFinished } from "../states.ts";
import type { RunFailure } from "./run-failure.ts";

/** A run as lists show it. */
export type RecentRun = Pick<
  DagRunRecord,
  | "runId"
  | "runType"
  | "state"
  | "runAfter"
  | "startDate"
  | "endDate"
  | "clearNumber"
  | "versionHash"
  | "failure"
>;

/** The run that the schedule goes on from. */
export type LastScheduled = Pick<
  DagRunRecord,
  "runId" | "logicalDate" | "dataIntervalStart" | "dataIntervalEnd" | "runAfter"
>;

/** How many runs have ended so in a quarter of an hour. */
export interface EndedRuns {
  /** Quarters of an hour since 1970. */
  readonly quarter: number;
  readonly success: number;
  readonly failed: number;
}

export interface DagActivity {
  /** Newest `runAfter` first, `RECENT_RUNS` at most. */
  readonly runs: readonly RecentRun[];
  /** Of the runs that have ended, the one with the newest `runAfter`. */
  readonly lastEnded?: RecentRun;
  /** How many runs have failed in a row, up to that one. */
  readonly failedInARow: number;
  /** The scheduled or backfill run with the latest logical date; absent before the first. */
  readonly lastScheduled?: LastScheduled;
  /** Oldest first, of the last day. */
  readonly ended: readonly EndedRuns[];
}

/** Runs that lists show of a DAG. */
export const RECENT_RUNS = 18;
export const QUARTER_MS = 900_000;
/** A day, and the quarter that has begun. */
const QUARTERS = 97;

export const NO_ACTIVITY: DagActivity = { runs: [], failedInARow: 0, ended: [] };

/** A run as it was and as it is: one of them is absent for a run that was made or removed. */
export interface RunChanged {
  readonly before?: DagRunRecord | undefined;
  readonly after?: DagRunRecord | undefined;
}

/** Whether the change says something that is kept. */
export function concernsActivity({ before, after }: RunChanged): boolean {
  if (!before || !after) return true;
  return (
    before.state !== after.state ||
    before.runAfter !== after.runAfter ||
    before.logicalDate !== after.logicalDate ||
    before.startDate !== after.startDate ||
    before.endDate !== after.endDate
  );
}

/**
 * The activity after the change of a run. Repeating is safe while the run is among the newest. A
 * change that another one of the run has overtaken is left out.
 */
export function noteRun(activity: DagActivity, change: RunChanged): DagActivity {
  const { before, after } = change;
  const runId = (after ?? before)?.runId;
  const known = activity.runs.find((run) => run.runId === runId);
  if (known && after && isOvertaken(after, known)) return activity;
  const others = activity.runs.filter((run) => run.runId !== runId);
  const runs = (after ? [...others, toRecent(after)] : others)
    .sort(newestFirst)
    .slice(0, RECENT_RUNS);
  const lastEnded = lastEndedOf(activity, runs, runId);
  const lastScheduled = lastScheduledOf(activity, change);
  return {
    runs,
    failedInARow: countFailures(activity, { runs, lastEnded }),
    ended: isEndKnown(known, change) ? activity.ended : countEnd(activity.ended, change),
    ...(lastEnded ? { lastEnded } : {}),
    ...(lastScheduled ? { lastScheduled } : {}),
  };
}

const PROGRESS: Readonly<Record<DagRunState, number>> = {
  queued: 0,
  running: 1,
  success: 2,
  failed: 2,
};

/** A run goes back to an earlier state only with the next clear number. */
function isOvertaken(after: DagRunRecord, known: RecentRun): boolean {
  if (after.clearNumber !== known.clearNumber) return after.clearNumber < known.clearNumber;
  return PROGRESS[after.state] < PROGRESS[known.state];
}

function toRecent(run: DagRunRecord): RecentRun {
  const { runId, runType, state, runAfter, startDate, endDate, clearNumber, versionHash, failure } =
    run;
  return {
    runId,
    runType,
    state,
    runAfter,
    clearNumber,
    versionHash,
    ...(startDate === undefined ? {} : { startDate }),
    ...(endDate === undefined ? {} : { endDate }),
    ...(failure === undefined ? {} : { failure }),
  };
}

function newestFirst(a: RecentRun, b: RecentRun): number {
  if (a.runAfter !== b.runAfter) return a.runAfter < b.runAfter ? 1 : -1;
  return a.runId < b.runId ? 1 : -1;
}

/** Many queued runs may hide those that have ended. */
function lastEndedOf(
  { lastEnded }: DagActivity,
  runs: readonly RecentRun[],
  changed: string | undefined,
): RecentRun | undefined {
  const found = runs.find(({ state }) => isRunFinished(state));
  if (found) return found;
  return lastEnded?.runId === changed ? undefined : lastEnded;
}

/** Counted in the runs that are kept; a row that is longer goes on from what was known. */
function countFailures(
  activity: DagActivity,
  {
    runs,
    lastEnded,
  }: { readonly runs: readonly RecentRun[]; readonly lastEnded?: RecentRun | undefined },
): number {
  if (lastEnded?.state !== "failed") return 0;
  const ended = runs.filter(({ state }) => isRunFinished(state));
  const success = ended.findIndex(({ state }) => state === "success");
  if (success >= 0) return success;
  if (ended.length === 0) return activity.failedInARow;
  const isNew = activity.lastEnded?.runId !== lastEnded.runId;
  return Math.max(ended.length, activity.failedInARow + (isNew ? 1 : 0));
}

function lastScheduledOf(
  { lastScheduled }: DagActivity,
  { before, after }: RunChanged,
): LastScheduled | undefined {
  const known = after || lastScheduled?.runId !== before?.runId ? lastScheduled : undefined;
  if (!after || (after.runType !== "scheduled" && after.runType !== "backfill")) return known;
  if (after.logicalDate === null) return known;
  if (known?.logicalDate && known.logicalDate > after.logicalDate) return known;
  const { runId, logicalDate, dataIntervalStart, dataIntervalEnd, runAfter } = after;
  return { runId, logicalDate, dataIntervalStart, dataIntervalEnd, runAfter };
}

/** Whether the run has ended before by what is kept of it. */
function isEndKnown(known: RecentRun | undefined, { after }: RunChanged): boolean {
  if (!known || !after || !isRunFinished(known.state)) return false;
  return known.clearNumber === after.clearNumber;
}

function countEnd(
  ended: readonly EndedRuns[],
  { before, after }: RunChanged,
): readonly EndedRuns[] {
  if (!after || !isRunFinished(after.state) || after.endDate === undefined) return ended;
  if (before && isRunFinished(before.state)) return ended;
  const quarter = Math.floor(Date.parse(after.endDate) / QUARTER_MS);
  const newest = Math.max(quarter, ended.at(-1)?.quarter ?? quarter);
  const counts = new Map(ended.map((each) => [each.quarter, each]));
  const { success = 0, failed = 0 } = counts.get(quarter) ?? {};
  counts.set(quarter, {
    quarter,
    success: success + Number(after.state === "success"),
    failed: failed + Number(after.state === "failed"),
  });
  return [...counts.values()]
    .filter((each) => each.quarter > newest - QUARTERS)
    .sort((a, b) => a.quarter - b.quarter);
}

/** Whether the DAG's last run that has ended has failed, and is not about to run again. */
export function isFailing({ lastEnded }: DagActivity): boolean {
  return lastEnded?.state === "failed";
}

export function hasRunIn({ runs }: DagActivity, state: DagRunState): boolean {
  return runs.some((run) => run.state === state);
}

type PackedRun = readonly [
  runId: string,
  runType: string,
  state: string,
  runAfter: string,
  startDate: number | null,
  endDate: number | null,
  clearNumber: number,
  versionHash: string,
  failure?: RunFailure,
];

/** The activity as short JSON text. */
export function packActivity(activity: DagActivity): string {
  const { runs, lastEnded, failedInARow, lastScheduled, ended } = activity;
  const isKept = runs.some(({ runId }) => runId === lastEnded?.runId);
  return JSON.stringify({
    r: runs.map(packRun),
    f: failedInARow,
    e: ended.map(({ quarter, success, failed }) => [quarter, success, failed]),
    ...(lastEnded && !isKept ? { l: packRun(lastEnded) } : {}),
    ...(lastScheduled ? { s: lastScheduled } : {}),
  });
}

/** Of a text that `packActivity` has made. */
export function unpackActivity(text: string): DagActivity {
  const packed: {
    readonly r: readonly PackedRun[];
    readonly f: number;
    readonly e: readonly (readonly [number, number, number])[];
    readonly l?: PackedRun;
    readonly s?: LastScheduled;
  } = JSON.parse(text);
  const runs = packed.r.map(unpackRun);
  const lastEnded =
    runs.find(({ state }) => isRunFinished(state)) ?? (packed.l && unpackRun(packed.l));
  return {
    runs,
    failedInARow: packed.f,
    ended: packed.e.map(([quarter, success, failed]) => ({ quarter, success, failed })),
    ...(lastEnded ? { lastEnded } : {}),
    ...(packed.s ? { lastScheduled: packed.s } : {}),
  };
}

function packRun(run: RecentRun): PackedRun {
  const { runId, runType, state, runAfter, startDate, endDate, clearNumber, versionHash, failure } =
    run;
  const start = startDate === undefined ? null : Date.parse(startDate);
  const end = endDate === undefined ? null : Date.parse(endDate);
  const packed = [runId, runType, state, runAfter, start, end, clearNumber, versionHash] as const;
  return failure === undefined ? packed : [...packed, failure];
}

function unpackRun([
  id,
  runType,
  state,
  runAfter,
  start,
  end,
  clears,
  versionHash,
  failure,
]: PackedRun): RecentRun {
  return {
    runId: id,
    clearNumber: clears,
    versionHash,
    runType: runType as RecentRun["runType"],
    state: state as DagRunState,
    runAfter,
    ...(start === null ? {} : { startDate: new Date(start).toISOString() }),
    ...(end === null ? {} : { endDate: new Date(end).toISOString() }),
    ...(failure === undefined ? {} : { failure }),
  };
}
