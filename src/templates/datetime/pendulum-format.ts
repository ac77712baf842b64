// pendulum's `date.format("YYYY-MM-DD")`, in English.

import {
  dayOfYear,
  isoWeek,
  MONTHS,
  pad,
  toMicroseconds,
  WEEKDAYS,
  weekdayOf,
} from "../../model/python/calendar.ts";
import { valueError } from "../../model/python/errors.ts";
import type { Moment } from "../../model/python/strftime.ts";

const TOKENS =
  /\[([^[]*)\]|\\(.)|(Mo|MM?M?M?|Do|DDDo|DD?D?D?|ddd?d?|do?|eo?|E{1,4}|w[o|w]?|W[o|W]?|Qo?|YYYY|YY|Y|gg(?:ggg?)?|GG(?:GGG?)?|a|A|hh?|HH?|kk?|mm?|ss?|S{1,9}|x|X|zz?|ZZ?|LTS|LT|LL?L?L?)/g;

interface PendulumMoment extends Moment {
  /** The zone's name, not its abbreviation. */
  readonly zone: string;
}

const FORMATS: Readonly<Record<string, string>> = {
  LTS: "h:mm:ss A",
  LT: "h:mm A",
  L: "MM/DD/YYYY",
  LL: "MMMM D, YYYY",
  LLL: "MMMM D, YYYY h:mm A",
  LLLL: "dddd, MMMM D, YYYY h:mm A",
};

/** Text in brackets stands as it is. Throws for a token that pendulum leaves as it is. */
export function formatPendulum(moment: PendulumMoment, format: string): string {
  return format.replaceAll(
    TOKENS,
    (match, bracketed?: string, escaped?: string, token?: string) => {
      if (bracketed) return bracketed;
      if (escaped) return escaped;
      if (token === undefined) throw valueError(`format() can't read "${match}"`);
      const whole = FORMATS[token];
      if (whole !== undefined) return formatPendulum(moment, whole);
      const write = WRITERS[token];
      if (!write) return token;
      if (moment.lacks && isOf(moment.lacks, token)) {
        throw valueError(`format() can't write "${token}", as the value has no ${moment.lacks}`);
      }
      return write(moment);
    },
  );
}

/** Whether a token needs the date or the time of day. */
function isOf(part: "date" | "time", token: string): boolean {
  const isTime = /^(?:[HhmsAXx]|S+|HH|hh|mm|ss)$/.test(token);
  const isDate = !/^(?:[HhmsA]|S+|HH|hh|mm|ss|Z|ZZ|z|zz)$/.test(token);
  return part === "time" ? isTime : isDate;
}

function ordinal(value: number): string {
  const isTeen = Math.floor((value % 100) / 10) === 1;
  return `${value}${(isTeen ? undefined : ["th", "st", "nd", "rd"][value % 10]) ?? "th"}`;
}

function fraction(digits: number): (moment: PendulumMoment) => string {
  return ({ parts }) => pad(Math.floor(parts.microsecond / 10 ** (6 - digits)), digits);
}

function offset(separator: string): (moment: PendulumMoment) => string {
  return ({ offset: seconds }) => {
    if (seconds === undefined) return "";
    const minutes = Math.floor(Math.abs(seconds) / 60);
    return `${seconds < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}${separator}${pad(minutes % 60)}`;
  };
}

/** Seconds since 1970 in UTC. */
function timestamp({ parts, offset: seconds = 0 }: PendulumMoment): bigint {
  const microseconds = toMicroseconds(parts) - BigInt(seconds) * 1_000_000n;
  const rest = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return (microseconds - rest) / 1_000_000n;
}

const quarter = ({ parts }: PendulumMoment) => Math.ceil(parts.month / 3);
const hour12 = ({ parts }: PendulumMoment) => parts.hour % 12 || 12;
const month = ({ parts }: PendulumMoment) => MONTHS[parts.month - 1] ?? "";
const weekday = ({ parts }: PendulumMoment) => WEEKDAYS[weekdayOf(parts)] ?? "";
/** Sunday is 0. */
const fromSunday = ({ parts }: PendulumMoment) => (weekdayOf(parts) + 1) % 7;

const WRITERS: Readonly<Record<string, (moment: PendulumMoment) => string>> = {
  YYYY: ({ parts }) => String(parts.year),
  YY: ({ parts }) => String(parts.year).slice(2),
  Y: ({ parts }) => String(parts.year),
  Q: (moment) => String(quarter(moment)),
  Qo: (moment) => ordinal(quarter(moment)),
  MMMM: month,
  MMM: (moment) => month(moment).slice(0, 3),
  MM: ({ parts }) => pad(parts.month),
  M: ({ parts }) => String(parts.month),
  Mo: ({ parts }) => ordinal(parts.month),
  DDDD: ({ parts }) => pad(dayOfYear(parts), 3),
  DDDo: ({ parts }) => ordinal(dayOfYear(parts)),
  DDD: ({ parts }) => String(dayOfYear(parts)),
  DD: ({ parts }) => pad(parts.day),
  Do: ({ parts }) => ordinal(parts.day),
  D: ({ parts }) => String(parts.day),
  dddd: weekday,
  ddd: (moment) => weekday(moment).slice(0, 3),
  dd: (moment) => weekday(moment).slice(0, 2),
  do: (moment) => ordinal(fromSunday(moment)),
  d: (moment) => String(fromSunday(moment)),
  e: (moment) => String(fromSunday(moment)),
  eo: (moment) => ordinal(fromSunday(moment) + 1),
  E: ({ parts }) => String(weekdayOf(parts) + 1),
  wo: ({ parts }) => ordinal(isoWeek(parts).week),
  HH: ({ parts }) => pad(parts.hour),
  H: ({ parts }) => String(parts.hour),
  hh: (moment) => pad(hour12(moment)),
  h: (moment) => String(hour12(moment)),
  mm: ({ parts }) => pad(parts.minute),
  m: ({ parts }) => String(parts.minute),
  ss: ({ parts }) => pad(parts.second),
  s: ({ parts }) => String(parts.second),
  S: fraction(1),
  SS: fraction(2),
  SSS: fraction(3),
  SSSS: fraction(4),
  SSSSS: fraction(5),
  SSSSSS: fraction(6),
  A: ({ parts }) => (parts.hour < 12 ? "AM" : "PM"),
  X: (moment) => String(timestamp(moment)),
  x: (moment) =>
    String(timestamp(moment) * 1000n + BigInt(Math.floor(moment.parts.microsecond / 1000))),
  Z: offset(":"),
  ZZ: offset(""),
  zz: ({ zoneName }) => zoneName?.() ?? "",
  z: ({ zone }) => zone,
};
