// The calendar of Python's dates: parts of a date and microseconds since 1970, weeks, names.
import { PythonError, valueError } from "./errors.ts";

export interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export interface MomentParts extends DateParts {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
}

export const SECOND = 1_000_000n;
export const DAY = 86_400n * SECOND;
export const MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );
/** Monday is 0. */
export const WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(" ");

/** Days since 1970-01-01 of a date that exists. */
export function toDays({ year, month, day }: DateParts): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export function fromDays(days: number): DateParts {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9);
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

/**
 * Microseconds since 1970-01-01 00:00 on the same clock. Throws for a date or time that doesn't
 * exist.
 */
export function toMicroseconds(parts: MomentParts): bigint {
  checkParts(parts);
  const seconds = toDays(parts) * 86_400 + parts.hour * 3_600 + parts.minute * 60 + parts.second;
  return BigInt(seconds) * SECOND + BigInt(parts.microsecond);
}

function checkParts(parts: MomentParts): void {
  const { year, month, day, hour, minute, second, microsecond } = parts;
  if (year < 1 || year > 9999) throw valueError(`the year ${year} is not in 1..9999`);
  if (month < 1 || month > 12) throw valueError("month must be in 1..12");
  if (day < 1 || day > daysInMonth(year, month)) throw valueError("day is out of range for month");
  const isTime =
    inRange(hour, 23) &&
    inRange(minute, 59) &&
    inRange(second, 59) &&
    inRange(microsecond, 999_999);
  if (!isTime) throw valueError("the hour, minute, second or microsecond is out of range");
}

function inRange(value: number, most: number): boolean {
  return value >= 0 && value <= most;
}

/** The parts of a moment. Throws outside the years 1 to 9999. */
export function fromMicroseconds(microseconds: bigint): MomentParts {
  const rest = ((microseconds % DAY) + DAY) % DAY;
  const days = Number((microseconds - rest) / DAY);
  if (days < -719_162 || days > 2_932_896) {
    throw new PythonError("OverflowError", "the date is outside of the years 1 to 9999");
  }
  const seconds = Number(rest / SECOND);
  return {
    ...fromDays(days),
    hour: Math.floor(seconds / 3_600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    microsecond: Number(rest % SECOND),
  };
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Monday is 0. */
export function weekdayOf(parts: DateParts): number {
  return (((toDays(parts) + 3) % 7) + 7) % 7;
}

/** January 1st is 1. */
export function dayOfYear(parts: DateParts): number {
  return toDays(parts) - toDays({ year: parts.year, month: 1, day: 1 }) + 1;
}

/** The ISO week is that of its Thursday. */
export function isoWeek(parts: DateParts): { readonly year: number; readonly week: number } {
  const thursday = fromDays(toDays(parts) + 3 - weekdayOf(parts));
  return { year: thursday.year, week: Math.ceil(dayOfYear(thursday) / 7) };
}

/** Months later or earlier; a day that the month doesn't have becomes its last. */
export function addMonths<Parts extends DateParts>(parts: Parts, months: number): Parts {
  const count = parts.year * 12 + parts.month - 1 + months;
  const year = Math.floor(count / 12);
  const month = count - year * 12 + 1;
  return { ...parts, year, month, day: Math.min(parts.day, daysInMonth(year, month)) };
}

export function pad(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}

/** "2026-01-31" */
export function isoDate({ year, month, day }: DateParts): string {
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}`;
}

const TIMESPECS = ["auto", "hours", "minutes", "seconds", "milliseconds", "microseconds"];

/** "06:30:00", with microseconds when there are some or the timespec asks for them. */
export function isoTime(
  { hour, minute, second, microsecond }: Omit<MomentParts, keyof DateParts>,
  timespec = "auto",
): string {
  if (!TIMESPECS.includes(timespec)) throw valueError(`isoformat() has no timespec "${timespec}"`);
  if (timespec === "hours") return pad(hour);
  if (timespec === "minutes") return `${pad(hour)}:${pad(minute)}`;
  const clock = `${pad(hour)}:${pad(minute)}:${pad(second)}`;
  if (timespec === "milliseconds") return `${clock}.${pad(Math.floor(microsecond / 1000), 3)}`;
  const withFraction = timespec === "microseconds" || (timespec === "auto" && microsecond !== 0);
  return withFraction ? `${clock}.${pad(microsecond, 6)}` : clock;
}

/** "+02:00"; seconds only when there are some. */
export function isoOffset(seconds: number, separator = ":"): string {
  const size = Math.abs(seconds);
  const [hours, minutes, rest] = [Math.floor(size / 3_600), Math.floor(size / 60) % 60, size % 60];
  const tail = rest === 0 ? "" : `${separator}${pad(rest)}`;
  return `${seconds < 0 ? "-" : "+"}${pad(hours)}${separator}${pad(minutes)}${tail}`;
}
