// What a backfill does next, from its record and the runs that it has: pure, so that it comes to
// the same however often it is asked, and wherever the process before died (Airflow:
// models/backfill.py).

import { partitionRunIdFor, runIdFor } from "../ids.ts";
import { isPartitioned } from "../partitions/schedules.ts";
import type { DagRunRecord } from "../records.ts";
import { isRunFinished } from "../states.ts";
import type { NextRun } from "../timetables/timetable.ts";
import { toIso } from "../values/time.ts";
import { datesFrom } from "./dates.ts";
import type {
  BackfillRecord,
  BackfillSkip,
  BackfillSkipReason,
  OpenBackfillRun,
} from "./records.ts";

/** A date in the order of the backfill. */
export interface BackfillDate {
  readonly ordinal: number;
  readonly run: NextRun;
}

/** What becomes of a date. */
export type DateAnswer =
  | { readonly kind: "create" }
  | { readonly kind: "clear"; readonly runId: string }
  | { readonly kind: "skip"; readonly reason: BackfillSkipReason };

type RunDates = Pick<DagRunRecord, "logicalDate" | "dataIntervalStart" | "dataIntervalEnd"> &
  Partial<Pick<DagRunRecord, "runAfter" | "partitionKey" | "partitionDate">>;
type FoundRun = Pick<DagRunRecord, "runId" | "state">;

/** `ordinal` is the first of the dates, from 1. */
export function datesAt(
  { dates, runBackwards }: Pick<BackfillRecord, "dates" | "runBackwards">,
  { ordinal, count }: { readonly ordinal: number; readonly count: number },
): readonly BackfillDate[] {
  const size = Math.min(count, dates.total - ordinal + 1);
  if (size < 1) return [];
  const index = runBackwards ? dates.total - ordinal - size + 1 : ordinal - 1;
  const found = datesFrom(dates, { index, count: size });
  const inOrder = runBackwards ? found.toReversed() : found;
  return inOrder.map((run, position) => ({ ordinal: ordinal + position, run }));
}

/**
 * Airflow: _get_dag_run_no_create_reason. A run for a partition is never cleared: another one is
 * made beside it.
 */
export function judgeDate(
  { reprocessBehavior, dates }: Pick<BackfillRecord, "reprocessBehavior" | "dates">,
  existing: FoundRun | undefined,
): DateAnswer {
  if (!existing) return { kind: "create" };
  const { runId, state } = existing;
  if (!isRunFinished(state)) return { kind: "skip", reason: "in flight" };
  const isCleared =
    reprocessBehavior === "completed" || (reprocessBehavior === "failed" && state === "failed");
  if (!isCleared) return { kind: "skip", reason: "already exists" };
  return isPartitioned(dates.schedule) ? { kind: "create" } : { kind: "clear", runId };
}

/** Whether the run is the backfill's: it made the run, or has cleared it. */
export function isOfBackfill(
  { id }: Pick<BackfillRecord, "id">,
  run: Pick<DagRunRecord, "backfillId"> | undefined,
): boolean {
  return run?.backfillId === id;
}

/**
 * The record without the runs that have ended, and with those that people have cleared, as far as
 * there is room. `runs` are the open ones that are there, by id; `active` all runs of the backfill
 * that are queued or running.
 */
export function followRuns(
  record: BackfillRecord,
  {
    runs,
    active,
  }: {
    readonly runs: ReadonlyMap<string, DagRunRecord>;
    readonly active: readonly DagRunRecord[];
  },
): BackfillRecord {
  const open = record.open.filter(({ runId }) => {
    const run = runs.get(runId);
    return !run || !isOfBackfill(record, run) || !isRunFinished(run.state);
  });
  const known = new Set(open.map(({ runId }) => runId));
  const again = active
    .filter(({ runId }) => !known.has(runId))
    .map(({ runId, backfillOrdinal = 1 }) => ({ runId, ordinal: backfillOrdinal }))
    .sort(byOrdinal)
    .slice(0, Math.max(record.maxActiveRuns - open.length, 0));
  if (again.length === 0 && open.length === record.open.length) return record;
  return { ...record, open: [...open, ...again].sort(byOrdinal) };
}

/** The record with the next dates dealt with, up to one that finds no room. */
export function takeDates(
  record: BackfillRecord,
  looked: readonly { readonly date: BackfillDate; readonly answer: DateAnswer }[],
  mostAtOnce: number,
): { readonly record: BackfillRecord; readonly skips: readonly BackfillSkip[] } {
  const open = [...record.open];
  const skips: BackfillSkip[] = [];
  let { dealtWith } = record;
  let begun = 0;
  for (const { date, answer } of looked) {
    const { ordinal, run } = date;
    if (answer.kind === "skip") {
      const { reason } = answer;
      skips.push({ ordinal, ...namesOf(run), reason });
    } else {
      if (open.length >= record.maxActiveRuns || begun === mostAtOnce) break;
      begun += 1;
      open.push(toOpenRun(record, date, answer));
    }
    dealtWith = ordinal;
  }
  return { record: withSkips({ ...record, open, dealtWith }, skips), skips };
}

/** By what people know a date. */
function namesOf({ logicalDate, partition }: NextRun) {
  const partitionKey = partition?.key;
  return {
    logicalDate: toIso(logicalDate),
    ...(partitionKey === undefined ? {} : { partitionKey }),
  };
}

/** The run of a date; each backfill has one of its own for a partition. */
export function backfillRunId({ id }: Pick<BackfillRecord, "id">, run: NextRun): string {
  const { runAfter, partition } = run;
  if (!partition) return runIdFor("backfill", { ...run, random: "" });
  return partitionRunIdFor("backfill", { runAfter, key: partition.key, attempt: id });
}

function toOpenRun(
  record: BackfillRecord,
  { ordinal, run }: BackfillDate,
  answer: DateAnswer & { readonly kind: "create" | "clear" },
): OpenBackfillRun {
  if (answer.kind === "clear") return { ordinal, runId: answer.runId, isReprocessed: true };
  return { ordinal, runId: backfillRunId(record, run) };
}

/**
 * The later of the newest automated run and the last date of a backfill that is going on: all of
 * its dates count as made, so that the schedule goes on behind them (in Airflow they are made at
 * once).
 */
export function newestAutomated(
  run: RunDates | undefined,
  record: Pick<BackfillRecord, "dates" | "completedAt"> | undefined,
): RunDates | undefined {
  const last = record?.completedAt === undefined ? record?.dates.last : undefined;
  if (!last) return run;
  const [start, end] = [toIso(last.start), toIso(last.end)];
  const newest = run?.partitionDate ?? run?.logicalDate;
  if (newest && Date.parse(newest) >= last.start) return run;
  const dates = { logicalDate: start, dataIntervalStart: start, dataIntervalEnd: end };
  // What a schedule with partitions goes on from is when its last one was due.
  return isPartitioned(record?.dates.schedule)
    ? { ...dates, runAfter: start, partitionKey: "" }
    : dates;
}

/** Dates whose run could not be made, since somebody else was faster, are left out. */
export function leaveOut(
  record: BackfillRecord,
  lost: readonly OpenBackfillRun[],
): { readonly record: BackfillRecord; readonly skips: readonly BackfillSkip[] } {
  const gone = new Set(lost.map(({ ordinal }) => ordinal));
  const skips = lost.map(({ ordinal }) => {
    return { ordinal, ...namesOf(dateOf(record, ordinal)), reason: "in flight" } as const;
  });
  const open = record.open.filter(({ ordinal }) => !gone.has(ordinal));
  return { record: withSkips({ ...record, open }, skips), skips };
}

/** The date of an ordinal that the backfill has. */
export function dateOf(record: BackfillRecord, ordinal: number): NextRun {
  const [date] = datesAt(record, { ordinal, count: 1 });
  if (date) return date.run;
  throw new Error(`Backfill ${record.id} has no date ${ordinal}: the schedule ends before it`);
}

/** The record as completed if nothing is left to do. */
export function completeIfDone(
  record: BackfillRecord,
  { isIdle, now }: { readonly isIdle: boolean; readonly now: number },
): BackfillRecord {
  const isDone = record.dealtWith >= record.dates.total && record.open.length === 0 && isIdle;
  return isDone ? complete(record, now) : record;
}

function complete(record: BackfillRecord, now: number): BackfillRecord {
  return { ...record, completedAt: toIso(now), updatedAt: toIso(now) };
}

/** No further run of it starts (Airflow: is_paused); undefined if that is so already. */
export function setPaused(
  record: BackfillRecord,
  { isPaused, now }: { readonly isPaused: boolean; readonly now: number },
): BackfillRecord | undefined {
  return record.isPaused === isPaused ? undefined : { ...record, isPaused, updatedAt: toIso(now) };
}

/** It makes no further run, and its queued ones are to fail. */
export function cancel(record: BackfillRecord, now: number): BackfillRecord {
  return { ...complete(record, now), isPaused: true, isCancelled: true };
}

function withSkips(record: BackfillRecord, skips: readonly BackfillSkip[]): BackfillRecord {
  if (skips.length === 0) return record;
  const skipped = { ...record.skipped };
  for (const { reason } of skips) skipped[reason] = (skipped[reason] ?? 0) + 1;
  return { ...record, skipped };
}

function byOrdinal(a: OpenBackfillRun, b: OpenBackfillRun): number {
  return a.ordinal - b.ordinal;
}
