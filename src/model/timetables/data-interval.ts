// The rule shared by timetables that run when a data interval ends (Airflow:
// timetables/interval.py).
import type { Ticks } from "./ticks.ts";
import { isTooLate, type NextRun, type NextRunQuery, runOver } from "./timetable.ts";

export interface IntervalRules {
  readonly ticks: Ticks;
  /** Start of the last interval that is complete now. */
  lastCompleteStart(now: number): number;
}

/**
 * Intervals follow one another with catchup; without it the last complete one comes next, or a
 * later one.
 */
export function nextIntervalRun(rules: IntervalRules, query: NextRunQuery): NextRun | undefined {
  const { ticks } = rules;
  const start = nextStart(rules, query);
  if (start === undefined || isTooLate(start, query)) return undefined;
  return runOver({ start, end: ticks.next(start) });
}

function nextStart(
  { ticks, lastCompleteStart }: IntervalRules,
  { last, earliest, catchup, now }: NextRunQuery,
): number | undefined {
  const starts: number[] = [];
  if (earliest !== undefined) starts.push(ticks.alignToNext(earliest));
  if (!catchup) starts.push(lastCompleteStart(now));
  // The last run's end may not be a tick of this schedule if the schedule was changed.
  if (last) starts.push(ticks.alignToPrevious(last.end));
  if (starts.length === 0) return undefined;
  const start = Math.max(...starts);
  return last && start <= last.start ? nextAfter(last.start, start, ticks) : start;
}

/**
 * The start after a realignment that didn't lead beyond the last run's: a coarser schedule has its
 * previous tick before it, and so has one that counts elapsed time over a change of the clocks.
 * Airflow takes the tick after the realigned one, and fails where that isn't later either; here the
 * tick after the last start follows.
 */
function nextAfter(lastStart: number, realigned: number, ticks: Ticks): number {
  const next = ticks.next(realigned);
  return next > lastStart ? next : ticks.next(lastStart);
}
