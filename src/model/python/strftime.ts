// Python's strftime, in the C locale and with the flags of Linux ("%-d").

import {
  dayOfYear,
  isoDate,
  isoOffset,
  isoTime,
  isoWeek,
  MONTHS,
  type MomentParts,
  pad,
  toMicroseconds,
  WEEKDAYS,
  weekdayOf,
} from "./calendar.ts";
import { valueError } from "./errors.ts";

/** What is written; without an offset the moment has no time zone. */
export interface Moment {
  readonly parts: MomentParts;
  /** In seconds. */
  readonly offset?: number;
  readonly zoneName?: () => string;
  /** What a date or a time of day has none of. */
  readonly lacks?: "date" | "time";
}

/** Throws for a directive that isn't known. */
export function strftime(moment: Moment, format: string): string {
  return format.replaceAll(/%([-_0^#]?)([\s\S]|$)/g, (directive, flag: string, letter: string) => {
    const write = DIRECTIVES[letter];
    if (!write) throw valueError(`strftime has no directive "${directive}"`);
    return applyFlag(write(moment), flag);
  });
}

function applyFlag(text: string, flag: string): string {
  if (flag === "-") return text.replace(/^[0 ]+(?=\d)/, "");
  if (flag === "_") return text.replace(/^0+(?=\d)/, (zeros) => " ".repeat(zeros.length));
  if (flag === "0") return text.replace(/^ +(?=\d)/, (spaces) => "0".repeat(spaces.length));
  if (flag === "^") return text.toUpperCase();
  if (flag === "#") return text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase();
  return text;
}

const year = ({ parts }: Moment) => parts.year;
const hour12 = ({ parts }: Moment) => parts.hour % 12 || 12;
const monthName = ({ parts }: Moment) => MONTHS[parts.month - 1] ?? "";
const dayName = ({ parts }: Moment) => WEEKDAYS[weekdayOf(parts)] ?? "";
const half = ({ parts }: Moment) => (parts.hour < 12 ? "AM" : "PM");
const clock = ({ parts }: Moment) => isoTime(parts, "seconds");
const shortDate = ({ parts }: Moment) =>
  `${pad(parts.month)}/${pad(parts.day)}/${pad(parts.year % 100)}`;

const DIRECTIVES: Readonly<Record<string, (moment: Moment) => string>> = {
  Y: (moment) => String(year(moment)),
  C: (moment) => pad(Math.floor(year(moment) / 100)),
  y: (moment) => pad(year(moment) % 100),
  m: ({ parts }) => pad(parts.month),
  d: ({ parts }) => pad(parts.day),
  e: ({ parts }) => String(parts.day).padStart(2),
  H: ({ parts }) => pad(parts.hour),
  k: ({ parts }) => String(parts.hour).padStart(2),
  I: (moment) => pad(hour12(moment)),
  l: (moment) => String(hour12(moment)).padStart(2),
  M: ({ parts }) => pad(parts.minute),
  S: ({ parts }) => pad(parts.second),
  f: ({ parts }) => pad(parts.microsecond, 6),
  p: half,
  P: (moment) => half(moment).toLowerCase(),
  B: monthName,
  b: (moment) => monthName(moment).slice(0, 3),
  h: (moment) => monthName(moment).slice(0, 3),
  A: dayName,
  a: (moment) => dayName(moment).slice(0, 3),
  w: ({ parts }) => String((weekdayOf(parts) + 1) % 7),
  u: ({ parts }) => String(weekdayOf(parts) + 1),
  j: ({ parts }) => pad(dayOfYear(parts), 3),
  U: ({ parts }) => pad(Math.floor((dayOfYear(parts) + 6 - ((weekdayOf(parts) + 1) % 7)) / 7)),
  W: ({ parts }) => pad(Math.floor((dayOfYear(parts) + 6 - weekdayOf(parts)) / 7)),
  V: ({ parts }) => pad(isoWeek(parts).week),
  G: ({ parts }) => String(isoWeek(parts).year),
  g: ({ parts }) => pad(isoWeek(parts).year % 100),
  F: ({ parts }) => isoDate(parts),
  D: shortDate,
  x: shortDate,
  T: clock,
  X: clock,
  R: ({ parts }) => isoTime(parts, "minutes"),
  r: (moment) => `${pad(hour12(moment))}${clock(moment).slice(2)} ${half(moment)}`,
  c: (moment) =>
    `${dayName(moment).slice(0, 3)} ${monthName(moment).slice(0, 3)} ${String(moment.parts.day).padStart(2)} ${clock(moment)} ${year(moment)}`,
  // Linux reads the parts in the zone of the process, whatever the zone of the moment.
  s: ({ parts }) => String(toMicroseconds(parts) / 1_000_000n),
  z: ({ offset }) => (offset === undefined ? "" : isoOffset(offset, "")),
  Z: ({ zoneName }) => zoneName?.() ?? "",
  n: () => "\n",
  t: () => "\t",
  "%": () => "%",
};
