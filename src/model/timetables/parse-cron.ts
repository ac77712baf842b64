// Reads cron texts as Airflow's library croniter does: five fields or six (seconds come last),
// names, steps, ranges that wrap around, "L", "W" and "#", and the presets. What comes out is ready
// for arithmetic in cron-ticks.ts.
import { RecentMap } from "../values/recent-map.ts";
import type { CronDays, CronExpression, CronField } from "./cron-expression.ts";
import { nextTick } from "./cron-ticks.ts";

export type ParsedCron =
  | { readonly ok: true; readonly cron: CronExpression }
  /** Reason for people, without the cron text itself; the hint says what to write. */
  | { readonly ok: false; readonly reason: string; readonly hint: string };

const PRESETS = new Map(
  Object.entries({
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
  }),
);
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun"].concat([
  "jul",
  "aug",
  "sep",
  "oct",
  "nov",
  "dec",
]);
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const FIELD_HINT = `write "minute hour day-of-month month day-of-week", such as "0 6 * * 1-5", or a preset such as "@daily"`;

interface FieldKind {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names of the values from `min` on. */
  readonly names?: readonly string[];
}

const MINUTE: FieldKind = { name: "minute", min: 0, max: 59 };
const HOUR: FieldKind = { name: "hour", min: 0, max: 23 };
const DAY_OF_MONTH: FieldKind = { name: "day of the month", min: 1, max: 31 };
const MONTH: FieldKind = { name: "month", min: 1, max: 12, names: MONTHS };
const DAY_OF_WEEK: FieldKind = { name: "day of the week", min: 0, max: 6, names: WEEKDAYS };
const SECOND: FieldKind = { name: "second", min: 0, max: 59 };

/** A mistake in a cron text, on its way to parseCron's answer. */
class CronMistake extends Error {
  readonly hint: string;

  constructor(reason: string, hint = FIELD_HINT) {
    super(reason);
    this.hint = hint;
  }
}

const MOST_PARSED = 20_000;
const parsed = new RecentMap<string, ParsedCron>(MOST_PARSED);

/**
 * Reads a cron text or preset, upper or lower case; answers are cached. A text that never fires is
 * refused.
 */
export function parseCron(text: string): ParsedCron {
  let answer = parsed.get(text);
  if (!answer) {
    answer = readCron(text);
    parsed.set(text, answer);
  }
  return answer;
}

function readCron(text: string): ParsedCron {
  try {
    const cron = readFields(text.trim().toLowerCase());
    if (nextTick(cron, Date.UTC(2000, 0, 1)) === undefined) {
      throw new CronMistake("no date ever matches it", "check the day of the month and the month");
    }
    return { ok: true, cron };
  } catch (mistake) {
    if (!(mistake instanceof CronMistake)) throw mistake;
    return { ok: false, reason: mistake.message, hint: mistake.hint };
  }
}

function readFields(given: string): CronExpression {
  const text = PRESETS.get(given) ?? given;
  if (text.startsWith("@")) {
    const presets = [...PRESETS.keys()].join(", ");
    throw new CronMistake(`"${text}" is not a preset`, `the presets are ${presets}`);
  }
  const [minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = "", second, ...rest] =
    text.split(/\s+/);
  const count = text === "" ? 0 : text.split(/\s+/).length;
  if (count < 5 || rest.length > 0) {
    throw new CronMistake(`it has ${count} field${count === 1 ? "" : "s"}, not 5 or 6`);
  }
  const hours = readField(HOUR, hour);
  return {
    text,
    seconds: toField(SECOND, second === undefined ? new Set([0]) : readField(SECOND, second)),
    minutes: toField(MINUTE, readField(MINUTE, minute)),
    hours: toField(HOUR, hours),
    months: readField(MONTH, month),
    days: readDays(dayOfMonth, dayOfWeek),
    // croniter takes "*,5" for a list of its own kind, not for "every".
    coversEveryHour: hours.size === 24 && (hour === "*" || !hour.split(",").includes("*")),
  };
}

function readField(kind: FieldKind, text: string): ReadonlySet<number> {
  return new Set(text.split(",").flatMap((item) => readItem(kind, item)));
}

function toField({ max }: FieldKind, values: ReadonlySet<number>): CronField {
  const next = Array<number>(max + 2).fill(-1);
  const previous = Array<number>(max + 1).fill(-1);
  for (let value = max; value >= 0; value -= 1) {
    next[value] = values.has(value) ? value : (next[value + 1] ?? -1);
  }
  for (let value = 0; value <= max; value += 1) {
    previous[value] = values.has(value) ? value : (previous[value - 1] ?? -1);
  }
  return { next, previous, first: next[0] ?? -1, last: previous[max] ?? -1 };
}

/** One item of a list: a value, "*", a range, each with or without a step. */
function readItem(kind: FieldKind, item: string): readonly number[] {
  const [, from = "", to, stepText] = /^([^-/]+)(?:-([^-/]+))?(?:\/(\d+))?$/.exec(item) ?? [];
  if (from === "") throw notUnderstood(kind, item);
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step === 0) throw new CronMistake(`the step of "${item}" is 0`, "write a step from 1 on");
  if (from === "*") {
    if (to !== undefined) throw notUnderstood(kind, item);
    return stepThrough(kind.min, kind.max, step);
  }
  const first = readValue(kind, from);
  if (to !== undefined) return stepAround(kind, first, readValue(kind, to), step);
  return stepText === undefined ? [first] : stepThrough(first, kind.max, step);
}

function readValue(kind: FieldKind, text: string): number {
  if (!/^\d+$/.test(text)) {
    const named = kind.names?.indexOf(text) ?? -1;
    if (named < 0) throw notUnderstood(kind, text);
    return kind.min + named;
  }
  const value = Number(text);
  if (kind === DAY_OF_WEEK && value === 7) return 0;
  if (value < kind.min || value > kind.max) {
    throw new CronMistake(`${value} is no ${kind.name}`, `write ${kind.min} to ${kind.max}`);
  }
  return value;
}

function notUnderstood({ name, min, max, names }: FieldKind, item: string): CronMistake {
  const also = names ? `, ${names.slice(0, 3).join(", ")} …` : "";
  const hint = `write ${min} to ${max}${also}, "*", a range such as "${min}-${min + 3}", or a step such as "*/5"`;
  return new CronMistake(`"${item}" is no ${name}`, hint);
}

function stepThrough(first: number, last: number, step: number): readonly number[] {
  const values: number[] = [];
  for (let value = first; value <= last; value += step) values.push(value);
  return values;
}

/**
 * A range: from a value to itself is the whole cycle; one that runs backwards goes on at the
 * field's start.
 */
function stepAround(kind: FieldKind, first: number, last: number, step: number): readonly number[] {
  const { min, max } = kind;
  if (first === last) return stepThrough(min, max, step);
  if (first < last) return stepThrough(first, last, step);
  const upper = stepThrough(first, max, step);
  const unused = max - (upper.at(-1) ?? max);
  // croniter's own count of what the step still skips after the turn.
  const skipped = unused < step - 1 ? step - unused : 0;
  return [...upper, ...stepThrough(min + skipped, last, step)];
}

function readDays(dayOfMonth: string, dayOfWeek: string): CronDays {
  const nearest = /^(?:(\d+)w|w(\d+))$/.exec(dayOfMonth);
  const nearestText = nearest?.[1] ?? nearest?.[2];
  const monthDays = nearestText === undefined ? readMonthDays(dayOfMonth) : undefined;
  const weekDays = readWeekdays(dayOfWeek);
  const { nthWeekdays } = weekDays;
  const daysOfMonth = monthDays?.any ? undefined : monthDays?.values;
  // A list of all 31 or 7 values counts as a restriction only beside another field that has no "*"
  // in it.
  const allMonthDays = daysOfMonth && daysOfMonth.size + Number(monthDays?.lastDay) === 31;
  const anyMonthDay = allMonthDays && dayOfWeek.includes("*");
  const anyWeekday = weekDays.any || (weekDays.values.size === 7 && dayOfMonth.includes("*"));
  return {
    nthWeekdays,
    lastDay: !anyMonthDay && (monthDays?.lastDay ?? false),
    ...(daysOfMonth && !anyMonthDay ? { daysOfMonth } : {}),
    ...(anyWeekday ? {} : { weekdays: weekDays.values }),
    ...(nearestText === undefined ? {} : { nearestWeekday: readValue(DAY_OF_MONTH, nearestText) }),
  };
}

function readMonthDays(text: string) {
  const values = new Set<number>();
  let any = false;
  let lastDay = false;
  for (const item of text.split(",")) {
    if (item === "*" || text === "?") any = true;
    else if (item === "l") lastDay = true;
    else
      for (const value of readItem(DAY_OF_MONTH, item.replace(/-l(?=\/|$)/, "-31")))
        values.add(value);
  }
  return { values, any, lastDay: lastDay && !any };
}

function readWeekdays(text: string) {
  const values = new Set<number>();
  const nthWeekdays: { readonly weekday: number; readonly nth: number }[] = [];
  let any = false;
  for (const item of text.split(",")) {
    const [, counted, nthText, lastOf] = /^(?:(.+)#(\d+)|l(\d+))$/.exec(item) ?? [];
    if (item === "*" || text === "?") any = true;
    else if (lastOf !== undefined) {
      nthWeekdays.push({ weekday: readValue(DAY_OF_WEEK, lastOf), nth: 0 });
    } else if (counted !== undefined) {
      const nth = Number(nthText);
      if (nth < 1 || nth > 5) {
        throw new CronMistake(`no month has a ${nthText}th ${counted}`, "write #1 to #5");
      }
      for (const weekday of readItem(DAY_OF_WEEK, counted)) nthWeekdays.push({ weekday, nth });
    } else for (const value of readItem(DAY_OF_WEEK, item)) values.add(value);
  }
  const plain = [...values].filter((value) =>
    nthWeekdays.every(({ weekday }) => weekday !== value),
  );
  if (nthWeekdays.length > 0 && plain.length > 0) {
    throw new CronMistake(
      `"${text}" mixes weekdays with counted ones`,
      `write all of them with "#" or "L", or none`,
    );
  }
  return { values, nthWeekdays, any };
}
