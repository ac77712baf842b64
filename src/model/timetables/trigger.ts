// The rule shared by timetables that run at their ticks (Airflow: timetables/trigger.py,
// _TriggerTimetable).
import type { Ticks } from "./ticks.ts";
import { isTooLate, type NextRun, type NextRunQuery, runOver } from "./timetable.ts";

export interface TriggerRules {
  readonly ticks: Ticks;
  /** Length of the data interval that ends at each tick. */
  readonly intervalMs: number;
  /** The first run of a DAG without a start date. */
  firstRun(now: number): number;
}

/**
 * With catchup the tick after the last run; without it the latest one that is due, or the next one.
 */
export function nextTriggeredRun(rules: TriggerRules, query: NextRunQuery): NextRun | undefined {
  const tick = query.catchup ? nextOfAll(rules, query) : nextOfLatest(rules, query);
  return isTooLate(tick, query)
    ? undefined
    : runOver({ start: tick - rules.intervalMs, end: tick });
}

function nextOfAll({ ticks, firstRun }: TriggerRules, query: NextRunQuery): number {
  const { last, earliest, now } = query;
  if (last) return ticks.next(last.end);
  return earliest === undefined ? firstRun(now) : ticks.alignToNext(earliest);
}

function nextOfLatest({ ticks, firstRun }: TriggerRules, query: NextRunQuery): number {
  const { last, earliest, now } = query;
  const candidates = [ticks.alignToPrevious(now)];
  if (last) candidates.push(ticks.next(last.end));
  else if (earliest === undefined) candidates.push(firstRun(now));
  if (earliest !== undefined) candidates.push(ticks.alignToNext(earliest));
  return Math.max(...candidates);
}
