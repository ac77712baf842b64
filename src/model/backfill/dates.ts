// The dates of a backfill, as the schedule has them (Airflow: iter_dagrun_infos_between). They are
// counted once; after that any of them is found by a few steps from a mark near it, so that nothing
// ever holds all of them, in either order.
import { timeScheduleOf } from "../assets/schedules.ts";
import type { DagDocument, Schedule } from "../document.ts";
import { isPartitioned } from "../partitions/schedules.ts";
import { createTimetable } from "../timetables/create.ts";
import type { DataInterval, NextRun } from "../timetables/timetable.ts";

/** The dates of a range, with all that is needed to find each. */
export interface BackfillDates extends Pick<DagDocument, "schedule" | "timezone"> {
  /** The range of logical or partition dates, both of which belong to it; epoch ms. */
  readonly from: number;
  readonly to: number;
  readonly total: number;
  /** Of every hundredth date from the hundredth on: its data interval, epoch ms. */
  readonly marks: readonly (readonly [start: number, end: number])[];
  /** The data interval of the last date; absent without dates. */
  readonly last?: DataInterval;
}

export interface BackfillRange extends Pick<BackfillDates, "schedule" | "timezone"> {
  readonly from: number;
  readonly to: number;
  /** Only intervals that have ended by then, and partitions that have begun; epoch ms. */
  readonly now: number;
}

/** Dates between two marks. */
const MARK_EVERY = 100;

/** A backfill with more dates is refused: its record holds a mark for every hundred. */
export const MOST_BACKFILL_DATES = 100_000;

const NOT_PERIODIC: readonly Schedule["kind"][] = [
  "none",
  "once",
  "continuous",
  "partitioned-at-runtime",
];

/** Whether a DAG with the schedule can be backfilled (Airflow: Timetable.periodic). */
export function isPeriodic(schedule: Schedule): boolean {
  return !NOT_PERIODIC.includes(timeScheduleOf(schedule).kind);
}

/**
 * Counts the dates; undefined if there are more than a backfill may have. Throws what the timetable
 * throws, such as for a time zone that this runtime doesn't know.
 */
export function countDates(range: BackfillRange): BackfillDates | undefined {
  const { schedule, timezone, from, to, now } = range;
  const marks: [number, number][] = [];
  let total = 0;
  let last: DataInterval | undefined;
  const isAhead = (end: number) => (isPartitioned(schedule) ? end > now : end >= now);
  for (const { start, end } of walk(range, undefined)) {
    if (isAhead(end)) break;
    total += 1;
    if (total > MOST_BACKFILL_DATES) return undefined;
    last = { start, end };
    if (total % MARK_EVERY === 0) marks.push([start, end]);
  }
  return { schedule, timezone, from, to, total, marks, ...(last ? { last } : {}) };
}

/** `count` dates in the order of the calendar; the first one of all has the index 0. */
export function datesFrom(
  dates: BackfillDates,
  { index, count }: { readonly index: number; readonly count: number },
): readonly NextRun[] {
  const end = Math.min(index + count, dates.total);
  if (index >= end) return [];
  const marked = Math.min(Math.floor(index / MARK_EVERY), dates.marks.length);
  const mark = dates.marks[marked - 1];
  const found: NextRun[] = [];
  let position = marked * MARK_EVERY;
  const before = mark && { start: mark[0], end: mark[1] };
  for (const run of walk(dates, before)) {
    if (position >= index) found.push(run);
    position += 1;
    if (position >= end) break;
  }
  return found;
}

/** The dates behind `last`. The walk ends where the timetable doesn't go on. */
function* walk(
  { schedule, timezone, from, to }: Pick<BackfillDates, "schedule" | "timezone" | "from" | "to">,
  last: DataInterval | undefined,
): Generator<NextRun> {
  const timetable = createTimetable(byOwnDates(schedule), timezone);
  // Bounds of partitions are what clocks show in the schedule's time zone.
  const { localize = (moment: number) => moment } = timetable.partitions ?? {};
  const [earliest, latest] = [localize(from), localize(to)];
  for (let before = last; ; ) {
    const query = { last: before, earliest, latest, catchup: true, now: latest };
    const run = timetable.nextRun(query);
    if (!run || run.logicalDate > latest) return;
    if (before && run.start <= before.start && run.end <= before.end) return;
    yield run;
    before = run;
  }
}

/**
 * Partitions go by their own ticks, whatever the offset of their runs (Airflow: run_after is the
 * partition's date).
 */
function byOwnDates(schedule: Schedule): Schedule {
  return schedule.kind === "cron-partition" ? { ...schedule, runOffset: 0 } : schedule;
}
