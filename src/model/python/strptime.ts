// Python's strptime, in the C locale: reads a text by a format (CPython: Lib/_strptime.py).
import {
  fromDays,
  isLeapYear,
  MONTHS,
  type MomentParts,
  toDays,
  toMicroseconds,
  WEEKDAYS,
  weekdayOf,
} from "./calendar.ts";
import { valueError } from "./errors.ts";

/** What a text says; the offset is in seconds where the format has "%z". */
export interface ReadMoment {
  readonly parts: MomentParts;
  readonly offset?: number;
}

const shorten = (name: string) => name.slice(0, 3);
const PATTERNS: Readonly<Record<string, string>> = {
  Y: String.raw`\d{4}`,
  G: String.raw`\d{4}`,
  y: String.raw`\d{2}`,
  m: "1[0-2]|0[1-9]|[1-9]",
  d: String.raw`3[01]|[12]\d|0[1-9]|[1-9]| [1-9]`,
  H: String.raw`2[0-3]|[01]\d|\d`,
  I: "1[0-2]|0[1-9]|[1-9]",
  M: String.raw`[0-5]\d|\d`,
  S: String.raw`6[01]|[0-5]\d|\d`,
  f: String.raw`\d{1,6}`,
  j: String.raw`36[0-6]|3[0-5]\d|[12]\d{2}|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9]`,
  U: String.raw`5[0-3]|[0-4]\d|\d`,
  W: String.raw`5[0-3]|[0-4]\d|\d`,
  V: String.raw`5[0-3]|0[1-9]|[1-4]\d|\d`,
  w: "[0-6]",
  u: "[1-7]",
  p: "am|pm",
  B: MONTHS.join("|"),
  b: MONTHS.map(shorten).join("|"),
  A: WEEKDAYS.join("|"),
  a: WEEKDAYS.map(shorten).join("|"),
  z: String.raw`[+-]\d{2}:?[0-5]\d(?::?[0-5]\d)?|Z`,
  Z: "utc|gmt",
};
/** Directives that are written with others. */
const COMPOSED: Readonly<Record<string, string>> = {
  c: "%a %b %d %H:%M:%S %Y",
  x: "%m/%d/%y",
  X: "%H:%M:%S",
};

type Groups = Readonly<Record<string, string | undefined>>;

/** Throws ValueError for a text that doesn't match, and for a directive that isn't known. */
export function strptime(text: string, format: string): ReadMoment {
  const match = new RegExp(`^${patternOf(format)}`, "i").exec(text);
  if (!match) throw valueError(`time data '${text}' does not match format '${format}'`);
  if (match[0].length < text.length) {
    throw valueError(`unconverted data remains: ${text.slice(match[0].length)}`);
  }
  const groups: Groups = match.groups ?? {};
  const parts = { ...dateOf(groups), ...timeOf(groups) };
  toMicroseconds(parts); // refuses what doesn't exist
  const offset = readOffset(groups.z);
  return { parts, ...(offset === undefined ? {} : { offset }) };
}

/** Throws ValueError for a format that no text can be read by. */
export function checkStrptimeFormat(format: string): void {
  patternOf(format);
}

function patternOf(format: string): string {
  const seen = new Set<string>();
  return format
    .replaceAll(/%([cxX])/g, (_, letter: string) => COMPOSED[letter] ?? "")
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\s+/g, String.raw`\s+`)
    .replaceAll(/%([\s\S]|$)/g, (directive, letter: string) => {
      if (letter === "%") return "%";
      const part = PATTERNS[letter];
      if (part === undefined) throw valueError(`strptime has no directive "${directive}"`);
      if (seen.has(letter)) throw valueError(`"${directive}" is in the format twice`);
      seen.add(letter);
      return `(?<${letter}>${part})`;
    });
}

function dateOf(groups: Groups) {
  const number = (letter: string) =>
    groups[letter] === undefined ? undefined : Number(groups[letter]);
  const stated = expandYear(number("y")) ?? number("Y");
  const weekday = weekdayIn(groups);
  checkIsoWeek(groups, { hasYear: stated !== undefined, weekday });
  const year = stated ?? 1900;
  const ordinal = number("j") ?? ordinalOfWeek(groups, { year, weekday });
  if (ordinal !== undefined) {
    return fromDays(toDays({ year, month: 1, day: 1 }) + ordinal - 1);
  }
  const isoYear = number("G");
  const isoWeek = number("V");
  if (stated === undefined && isoYear !== undefined && isoWeek !== undefined) {
    return dateOfIsoWeek({ year: isoYear, week: isoWeek, weekday: weekday ?? 0 });
  }
  const month = number("m") ?? monthNumber(groups.B ?? groups.b) ?? 1;
  return { year, month, day: number("d") ?? 1 };
}

function timeOf(groups: Groups) {
  const number = (letter: string) =>
    groups[letter] === undefined ? undefined : Number(groups[letter]);
  return {
    hour: readHour(number("H"), number("I"), groups.p),
    minute: number("M") ?? 0,
    second: number("S") ?? 0,
    microsecond: Number((groups.f ?? "0").padEnd(6, "0")),
  };
}

function expandYear(year: number | undefined): number | undefined {
  if (year === undefined) return undefined;
  return year <= 68 ? 2000 + year : 1900 + year;
}

function monthNumber(name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  return (
    MONTHS.findIndex((month) => shorten(month).toLowerCase() === shorten(name).toLowerCase()) + 1
  );
}

/** Monday is 0. */
function weekdayIn({ A, a, w, u }: Groups): number | undefined {
  const name = A ?? a;
  if (name !== undefined) {
    return WEEKDAYS.findIndex((day) => shorten(day).toLowerCase() === shorten(name).toLowerCase());
  }
  if (w !== undefined) return (Number(w) + 6) % 7;
  return u === undefined ? undefined : Number(u) - 1;
}

function checkIsoWeek(
  { G, V, U, W, j }: Groups,
  { hasYear, weekday }: { readonly hasYear: boolean; readonly weekday: number | undefined },
): void {
  if (!hasYear && G !== undefined) {
    if (V === undefined || weekday === undefined) {
      throw valueError("the ISO year %G needs the ISO week %V and a weekday (%A, %a, %w or %u)");
    }
    if (j !== undefined) throw valueError("%j does not go with the ISO year %G; use %Y");
  } else if (V !== undefined && U === undefined && W === undefined) {
    const reason = weekday === undefined ? "needs a weekday (%A, %a, %w or %u) and" : "needs";
    throw valueError(`the ISO week %V ${reason} the ISO year %G in place of %Y`);
  }
}

/** The day of the year of a week that is counted from January (%U, %W), with its weekday. */
function ordinalOfWeek(
  { U, W }: Groups,
  { year, weekday }: { readonly year: number; readonly weekday: number | undefined },
): number | undefined {
  const week = U ?? W;
  if (week === undefined || weekday === undefined) return undefined;
  const shift = W === undefined ? 1 : 0;
  const first = (weekdayOf({ year, month: 1, day: 1 }) + shift) % 7;
  const day = (weekday + shift) % 7;
  if (Number(week) === 0) return 1 + day - first;
  return 1 + ((7 - first) % 7) + 7 * (Number(week) - 1) + day;
}

function dateOfIsoWeek({
  year,
  week,
  weekday,
}: {
  readonly year: number;
  readonly week: number;
  readonly weekday: number;
}) {
  const fourth = { year, month: 1, day: 4 };
  const monday = toDays(fourth) - weekdayOf(fourth);
  const weekdayOfFirst = weekdayOf({ year, month: 1, day: 1 });
  const isLong = weekdayOfFirst === 3 || (weekdayOfFirst === 2 && isLeapYear(year));
  if (week < 1 || (week === 53 && !isLong)) throw valueError(`Invalid week: ${week}`);
  return fromDays(monday + (week - 1) * 7 + weekday);
}

function readHour(
  hour: number | undefined,
  of12: number | undefined,
  half: string | undefined,
): number {
  if (of12 === undefined) return hour ?? 0;
  return (of12 % 12) + (half?.toLowerCase() === "pm" ? 12 : 0);
}

/** "+0200" and "+02:00" in seconds. */
export function readOffset(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^z$/i.test(text)) return 0;
  const digits = text.slice(1).replaceAll(":", "").padEnd(6, "0");
  const seconds =
    Number(digits.slice(0, 2)) * 3_600 +
    Number(digits.slice(2, 4)) * 60 +
    Number(digits.slice(4, 6));
  return text.startsWith("-") ? -seconds : seconds;
}
