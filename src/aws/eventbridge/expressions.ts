// From a DAG's schedule to what EventBridge can say: "cron(…)" and "rate(…)" that fire at least
// whenever the schedule needs it, and single moments for what they would miss. Surplus fires are
// harmless: the planner ignores them.
import type { TimeSchedule } from "../../model/document.ts";
import type { CronExpression, CronField } from "../../model/timetables/cron-expression.ts";
import { nextTick } from "../../model/timetables/cron-ticks.ts";
import { parseCron } from "../../model/timetables/parse-cron.ts";
import { toWallClock } from "../../model/values/time-zones.ts";
import type { ScheduleWish } from "../../ports/schedules.ts";

/** When EventBridge is to wake the scheduler for a DAG. */
export interface Wakes {
  /** Expressions that repeat, read in `timezone`. */
  readonly repeating: readonly string[];
  /** IANA name. */
  readonly timezone: string;
  /** A moment (epoch ms) that they may miss. */
  readonly once?: number;
}

/** The finest that EventBridge has: covers every moment within a minute. */
export const EVERY_MINUTE = "rate(1 minute)";
/** Wakes a DAG that lives from one moment to the next, should the fire of a moment be lost. */
const EVERY_HOUR = "rate(1 hour)";
/** Deltas shorter than this, in seconds, are left to EVERY_MINUTE. */
const SHORT_DELTA = 120;
/** More expressions than this for one DAG aren't worth their number. */
const MAX_EXPRESSIONS = 8;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const UTC_NAMES: ReadonlySet<string> = new Set(["UTC", "Etc/UTC", "GMT", "Etc/GMT"]);

/**
 * Every tick of the schedule, if it is given as `nextFireAt`, is covered within a minute. `zones`
 * false: expressions in UTC only, so that a schedule in another zone goes from moment to moment.
 */
export function toWakes(wish: ScheduleWish, { zones }: { readonly zones: boolean }): Wakes {
  const { schedule, nextFireAt, hasRunsToCome } = wish;
  const isUtc = UTC_NAMES.has(wish.timezone);
  const timezone = isUtc ? "UTC" : wish.timezone;
  const crons = zones || isUtc ? cronsOf(schedule) : [];
  const repeating = hasRunsToCome ? toRepeating(schedule, crons) : [];
  const isCovered =
    nextFireAt === undefined ||
    repeating.includes(EVERY_MINUTE) ||
    (hasRunsToCome && isFired(crons, nextFireAt, timezone));
  return {
    repeating,
    timezone: zones ? timezone : "UTC",
    ...(isCovered ? {} : { once: nextFireAt }),
  };
}

/** "at(…)" in UTC, no earlier than the moment (epoch ms). */
export function toAt(moment: number): string {
  return `at(${toSecond(moment)})`;
}

/** The moment in UTC to the second, rounded up: "2026-01-31T06:00:00". */
export function toSecond(moment: number): string {
  return new Date(Math.ceil(moment / 1_000) * 1_000).toISOString().slice(0, 19);
}

/**
 * Fires at the moment, rounded up to a minute, and each hour after it: for rules, which know no
 * single moments.
 */
export function toHourly(moment: number): string {
  return `cron(${new Date(Math.ceil(moment / MINUTE_MS) * MINUTE_MS).getUTCMinutes()} * * * ? *)`;
}

function cronsOf(schedule: TimeSchedule): readonly CronExpression[] {
  const texts =
    schedule.kind === "multi-cron" ? schedule.crons : "cron" in schedule ? [schedule.cron] : [];
  return texts.flatMap((text) => {
    const parsed = parseCron(text);
    return parsed.ok ? [parsed.cron] : [];
  });
}

function toRepeating(schedule: TimeSchedule, crons: readonly CronExpression[]): readonly string[] {
  if ("delta" in schedule && schedule.delta < SHORT_DELTA) return [EVERY_MINUTE];
  if (crons.length === 0) return [EVERY_HOUR];
  // A fire at the start of its minute comes before a tick within the minute.
  if (crons.some(({ seconds }) => seconds.last !== 0)) return [EVERY_MINUTE];
  const expressions = [...new Set(crons.flatMap(toExpressions))];
  return expressions.length > MAX_EXPRESSIONS ? [EVERY_MINUTE] : expressions;
}

/**
 * Two when both the day of the month and the weekday are restricted: EventBridge takes one of them.
 */
function toExpressions(cron: CronExpression): readonly string[] {
  const minutes = toText(valuesOf(cron.minutes), { first: 0, last: 59 });
  const hours = toText(valuesOf(cron.hours), { first: 0, last: 23 });
  const months = toText([...cron.months], { first: 1, last: 12 });
  return daysOf(cron).map(
    // Ranges keep even the most scattered values below the 256 characters that EventBridge takes.
    ([dayOfMonth, dayOfWeek]) => `cron(${minutes} ${hours} ${dayOfMonth} ${months} ${dayOfWeek} *)`,
  );
}

/**
 * Days of the month and days of the week, one of each pair "?". What depends on the month's length
 * or weekdays is widened.
 */
function daysOf({ months, days }: CronExpression): readonly (readonly [string, string])[] {
  const { daysOfMonth, weekdays, lastDay, nearestWeekday, nthWeekdays } = days;
  if (nearestWeekday !== undefined) return inMonth(around(nearestWeekday), months);
  if (nthWeekdays.length > 0) return inWeek(nthWeekdays.map(({ weekday }) => weekday));
  if (!daysOfMonth) return weekdays ? inWeek([...weekdays]) : [["*", "?"]];
  return [
    ...inMonth([...daysOfMonth, ...(lastDay ? [28, 29, 30, 31] : [])], months),
    ...(weekdays ? inWeek([...weekdays]) : []),
  ];
}

function inMonth(days: readonly number[], months: ReadonlySet<number>) {
  const longest = Math.max(...[...months].map((month) => (month === 2 ? 29 : lengthOf(month))));
  const possible = days.filter((day) => day >= 1 && day <= longest);
  if (possible.length === 0) return [];
  return [[toText(possible, { first: 1, last: 31 }), "?"] as const];
}

/** EventBridge counts weekdays from 1, Sunday. */
function inWeek(weekdays: readonly number[]) {
  const counted = weekdays.map((weekday) => weekday + 1);
  return [["?", toText(counted, { first: 1, last: 7 })] as const];
}

/** Where the workday nearest to a day of the month may lie. */
function around(wanted: number): readonly number[] {
  const days: number[] = [];
  for (let length = 28; length <= 31; length += 1) {
    const day = Math.min(wanted, length);
    for (let near = day - 2; near <= day + 2; near += 1) if (near <= length) days.push(near);
  }
  return days;
}

function lengthOf(month: number): number {
  return new Date(Date.UTC(2001, month, 0)).getUTCDate();
}

function valuesOf(field: CronField): readonly number[] {
  const values: number[] = [];
  for (let value = field.first; value >= 0; value = field.next[value + 1] ?? -1) values.push(value);
  return values;
}

/** A field of an expression, short: "*", "3/15", "1-5,7". */
function toText(
  values: readonly number[],
  { first, last }: { readonly first: number; readonly last: number },
): string {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  const [start = first, second = first] = sorted;
  if (sorted.length === last - first + 1) return "*";
  const step = second - start;
  const stepped = sorted.every((value, index) => value === start + index * step);
  if (sorted.length > 2 && step > 1 && stepped && (sorted.at(-1) ?? last) + step > last) {
    return `${start}/${step}`;
  }
  const runs: { from: number; to: number }[] = [];
  for (const value of sorted) {
    const run = runs.at(-1);
    if (run && run.to === value - 1) run.to = value;
    else runs.push({ from: value, to: value });
  }
  return runs.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

/**
 * Whether EventBridge fires at the moment. Where clocks change it skips times that don't exist and
 * fires once for those that come twice, so neither counts (EventBridge Scheduler: daylight savings
 * time).
 */
function isFired(crons: readonly CronExpression[], moment: number, timezone: string): boolean {
  const wall = toWallClock(moment, timezone);
  const isTick = crons.some((cron) => nextTick(cron, wall - 1) === wall);
  return isTick && !comesTwice(moment, timezone);
}

/** Whether the zone's clocks show the same time at another moment too. */
function comesTwice(moment: number, timezone: string): boolean {
  const wallAt = (instant: number) => toWallClock(instant, timezone);
  const back = wallAt(moment - DAY_MS) - wallAt(moment + DAY_MS) + 2 * DAY_MS;
  if (back <= 0) return false;
  const wall = wallAt(moment);
  return wallAt(moment - back) === wall || wallAt(moment + back) === wall;
}
