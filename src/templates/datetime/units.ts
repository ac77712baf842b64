// Beginnings and ends of days, weeks, months and the like, and weekdays within them, as pendulum
// has them.

import {
  addMonths,
  daysInMonth,
  fromDays,
  type MomentParts,
  toDays,
  weekdayOf,
} from "../../model/python/calendar.ts";
import { valueError } from "../../model/python/errors.ts";

const MIDNIGHT = { hour: 0, minute: 0, second: 0, microsecond: 0 };
const LAST_MOMENT = { hour: 23, minute: 59, second: 59, microsecond: 999_999 };

/** Days later or earlier at the same time of day. */
export function addDays<Parts extends MomentParts>(parts: Parts, days: number): Parts {
  return { ...parts, ...fromDays(toDays(parts) + days) };
}

export function startOf(parts: MomentParts, unit: string): MomentParts {
  switch (unit) {
    case "second":
      return { ...parts, microsecond: 0 };
    case "minute":
      return { ...parts, second: 0, microsecond: 0 };
    case "hour":
      return { ...parts, minute: 0, second: 0, microsecond: 0 };
    case "day":
      return { ...parts, ...MIDNIGHT };
    case "week":
      return { ...addDays(parts, -weekdayOf(parts)), ...MIDNIGHT };
    case "month":
      return { ...parts, day: 1, ...MIDNIGHT };
    default:
      return {
        ...parts,
        year: firstYear(parts.year, unit, "start_of"),
        month: 1,
        day: 1,
        ...MIDNIGHT,
      };
  }
}

export function endOf(parts: MomentParts, unit: string): MomentParts {
  switch (unit) {
    case "second":
      return { ...parts, microsecond: 999_999 };
    case "minute":
      return { ...parts, second: 59, microsecond: 999_999 };
    case "hour":
      return { ...parts, minute: 59, second: 59, microsecond: 999_999 };
    case "day":
      return { ...parts, ...LAST_MOMENT };
    case "week":
      return { ...addDays(parts, 6 - weekdayOf(parts)), ...LAST_MOMENT };
    case "month":
      return { ...parts, day: daysInMonth(parts.year, parts.month), ...LAST_MOMENT };
    default: {
      const year = firstYear(parts.year, unit, "end_of") + (YEARS[unit] ?? 1) - 1;
      return { ...parts, year, month: 12, day: 31, ...LAST_MOMENT };
    }
  }
}

const YEARS: Readonly<Record<string, number>> = { year: 1, decade: 10, century: 100 };

/** Decades begin with the year 0 of them, centuries with the year 1. */
function firstYear(year: number, unit: string, method: string): number {
  if (unit === "year") return year;
  if (unit === "decade") return year - (year % 10);
  if (unit === "century") return year - 1 - ((year - 1) % 100) + 1;
  throw valueError(`${method}() has no unit "${unit}"`);
}

/** The next such weekday after the day, or the one before it. */
export function nearWeekday(parts: MomentParts, weekday: number, direction: 1 | -1): MomentParts {
  if (weekday < 0 || weekday > 6) throw valueError("a day of the week is 0 (Monday) to 6");
  const distance = (direction * (weekday - weekdayOf(parts)) + 7) % 7 || 7;
  return addDays(parts, direction * distance);
}

/** The first month of the unit, and how many it has. */
function monthsOf(parts: MomentParts, unit: string, method: string): readonly [number, number] {
  if (unit === "month") return [parts.month, 1];
  if (unit === "quarter") return [Math.ceil(parts.month / 3) * 3 - 2, 3];
  if (unit === "year") return [1, 12];
  throw valueError(`${method}() has no unit "${unit}"`);
}

/** The first day of the unit, or the first such weekday in it. */
export function firstOf(parts: MomentParts, unit: string, weekday?: number): MomentParts {
  const [month] = monthsOf(parts, unit, "first_of");
  const first = { ...parts, month, day: 1, ...MIDNIGHT };
  if (weekday === undefined || weekdayOf(first) === weekday) return first;
  return nearWeekday(first, weekday, 1);
}

/** The last day of the unit, or the last such weekday in it. */
export function lastOf(parts: MomentParts, unit: string, weekday?: number): MomentParts {
  const [month, count] = monthsOf(parts, unit, "last_of");
  const next = addMonths({ ...parts, month, day: 1, ...MIDNIGHT }, count);
  const last = addDays(next, -1);
  if (weekday === undefined || weekdayOf(last) === weekday) return last;
  return nearWeekday(last, weekday, -1);
}
