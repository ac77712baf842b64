// What dates and datetimes share: their parts, and the members that only depend on the day.

import {
  addMonths,
  dayOfYear,
  daysInMonth,
  isLeapYear,
  isoDate,
  isoWeek,
  MONTHS,
  type MomentParts,
  pad,
  toDays,
  WEEKDAYS,
  weekdayOf,
} from "../../model/python/calendar.ts";
import { typeError } from "../../model/python/errors.ts";
import { type Moment, strftime } from "../../model/python/strftime.ts";
import { isTrue } from "../python/compare.ts";
import { parameters, requireIndex } from "../python/functions.ts";
import { textOf } from "../python/markup.ts";
import { describe } from "../python/repr.ts";
import { Tuple } from "../python/tuple.ts";
import { type Arguments, PythonObject, type Value } from "../python/values.ts";
import { members } from "./members.ts";
import { formatPendulum } from "./pendulum-format.ts";
import { amountOf } from "./timedelta.ts";
import { addDays, endOf, firstOf, lastOf, nearWeekday, startOf } from "./units.ts";

/** Amounts by which `add` moves a date; the clock is in microseconds. */
export interface Shift {
  readonly months: number;
  readonly days: number;
  readonly clock: bigint;
}

export abstract class DateLike extends PythonObject {
  abstract readonly parts: MomentParts;
  /** Whether it is pendulum's, with its further members. */
  abstract readonly isPendulum: boolean;
  abstract moment(): Moment & { readonly zone: string };
  /** The same with other parts. */
  abstract withParts(parts: MomentParts): DateLike;
  abstract shift(shift: Shift): DateLike;

  override format(spec: string): string {
    const isStrftime = !this.isPendulum || spec.includes("%");
    return isStrftime ? strftime(this.moment(), spec) : formatPendulum(this.moment(), spec);
  }
}

/** The parts that many months and days later. */
export function shiftParts(parts: MomentParts, { months, days }: Shift): MomentParts {
  return addDays(addMonths(parts, months), days);
}

/** "Thu Feb 29 06:30:00 2024" */
function ctime({ parts }: DateLike): string {
  const { year, month, day, hour, minute, second } = parts;
  const names = `${WEEKDAYS[weekdayOf(parts)]?.slice(0, 3)} ${MONTHS[month - 1]?.slice(0, 3)}`;
  return `${names} ${String(day).padStart(2)} ${pad(hour)}:${pad(minute)}:${pad(second)} ${year}`;
}

class IsoCalendarDate extends Tuple {
  override repr(): string {
    const [year, week, weekday] = this.items;
    return `datetime.IsoCalendarDate(year=${year}, week=${week}, weekday=${weekday})`;
  }
}

const readFormat = parameters("strftime", "format");

/** Members of Python's own dates. */
export const DATE_MEMBERS = members<DateLike>(
  {
    year: ({ parts }) => BigInt(parts.year),
    month: ({ parts }) => BigInt(parts.month),
    day: ({ parts }) => BigInt(parts.day),
  },
  {
    weekday: ({ parts }) => BigInt(weekdayOf(parts)),
    isoweekday: ({ parts }) => BigInt(weekdayOf(parts) + 1),
    isocalendar: ({ parts }) => {
      const { year, week } = isoWeek(parts);
      const items = [BigInt(year), BigInt(week), BigInt(weekdayOf(parts) + 1)];
      return new IsoCalendarDate(items, ["year", "week", "weekday"]);
    },
    toordinal: ({ parts }) => BigInt(toDays(parts) + 719_163),
    ctime,
    strftime: (self, args) => strftime(self.moment(), requireFormat(readFormat(args)[0])),
  },
);

function requireFormat(value: Value | undefined): string {
  const text = textOf(value ?? null);
  if (text === undefined) throw typeError(`a format is a text, got ${describe(value ?? null)}`);
  return text;
}

const readPendulumFormat = parameters("format", "fmt", "locale?");
const readUnit = parameters("the method", "unit", "day_of_week?");
const readWeekday = parameters("the method", "day_of_week?", "keep_time?");

/** The weekday that an argument gives; `undefined` when it is left out. */
function weekdayGiven(value: Value | undefined): number | undefined {
  return (value ?? null) === null ? undefined : requireIndex(value ?? null, "day_of_week");
}

function inUnit(find: (parts: MomentParts, unit: string, weekday?: number) => MomentParts) {
  return (self: DateLike, args: Arguments) => {
    const [unit, weekday] = readUnit(args);
    return self.withParts(find(self.parts, requireFormat(unit), weekdayGiven(weekday)));
  };
}

function near(direction: 1 | -1) {
  return (self: DateLike, args: Arguments) => {
    const [weekday, keepTime = false] = readWeekday(args);
    const parts = isTrue(keepTime) ? self.parts : startOf(self.parts, "day");
    return self.withParts(nearWeekday(parts, weekdayGiven(weekday) ?? weekdayOf(parts), direction));
  };
}

/** Members of pendulum's dates and datetimes. */
export const PENDULUM_MEMBERS = members<DateLike>(
  {
    day_of_week: ({ parts }) => BigInt(weekdayOf(parts)),
    day_of_year: ({ parts }) => BigInt(dayOfYear(parts)),
    week_of_year: ({ parts }) => BigInt(isoWeek(parts).week),
    week_of_month: ({ parts }) =>
      BigInt(Math.ceil((parts.day + weekdayOf({ ...parts, day: 1 })) / 7)),
    days_in_month: ({ parts }) => BigInt(daysInMonth(parts.year, parts.month)),
    quarter: ({ parts }) => BigInt(Math.ceil(parts.month / 3)),
  },
  {
    format: (self, args) => {
      const [format, locale = null] = readPendulumFormat(args);
      if (locale !== null && locale !== "en") throw typeError("format() writes in English only");
      return formatPendulum(self.moment(), requireFormat(format));
    },
    to_date_string: ({ parts }) => isoDate(parts),
    to_formatted_date_string: (self) => strftime(self.moment(), "%b %d, %Y"),
    is_leap_year: ({ parts }) => isLeapYear(parts.year),
    is_long_year: ({ parts }) => isoWeek({ year: parts.year, month: 12, day: 28 }).week === 53,
    start_of: inUnit(startOf),
    end_of: inUnit(endOf),
    first_of: inUnit(firstOf),
    last_of: inUnit(lastOf),
    next: near(1),
    previous: near(-1),
    add: (self, args) => self.shift(readShift("add", args, 1)),
    subtract: (self, args) => self.shift(readShift("subtract", args, -1)),
  },
);

const SHIFT_UNITS = {
  hours: 3_600_000_000n,
  minutes: 60_000_000n,
  seconds: 1_000_000n,
  microseconds: 1n,
};

function readShift(method: string, args: Arguments, sign: 1 | -1): Shift {
  const read = parameters(
    method,
    "years?",
    "months?",
    "weeks?",
    "days?",
    "hours?",
    "minutes?",
    "seconds?",
    "microseconds?",
  );
  const [years = 0n, months = 0n, weeks = 0n, days = 0n, ...clock] = read(args);
  const whole = (value: Value, unit: string) => requireIndex(value, `${method}(${unit}=…)`) * sign;
  let microseconds = 0n;
  for (const [index, [unit, size]] of Object.entries(SHIFT_UNITS).entries()) {
    microseconds += amountOf(clock[index] ?? 0n, size, unit) * BigInt(sign);
  }
  return {
    months: whole(years, "years") * 12 + whole(months, "months"),
    days: whole(weeks, "weeks") * 7 + whole(days, "days"),
    clock: microseconds,
  };
}
