// Python's strptime: reads a text by a format.
import { valueError } from "../python/errors.ts";
import { describe } from "../python/repr.ts";
import { fromDays, MONTHS, type MomentParts, toDays, WEEKDAYS } from "./calendar.ts";

/** What a text says; the offset is in seconds where the format has "%z". */
export interface ReadMoment {
  readonly parts: MomentParts;
  readonly offset?: number;
}

const shorten = (name: string) => name.slice(0, 3);
const PATTERNS: Readonly<Record<string, string>> = {
  Y: String.raw`\d{4}`,
  y: String.raw`\d{2}`,
  m: "1[0-2]|0[1-9]|[1-9]",
  d: String.raw`3[01]|[12]\d|0[1-9]|[1-9]| [1-9]`,
  H: String.raw`2[0-3]|[01]\d|\d`,
  I: "1[0-2]|0[1-9]|[1-9]",
  M: String.raw`[0-5]\d|\d`,
  S: String.raw`6[01]|[0-5]\d|\d`,
  f: String.raw`\d{1,6}`,
  j: String.raw`36[0-6]|3[0-5]\d|[12]\d{2}|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9]`,
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

/** Throws ValueError for a text that doesn't match, and for a directive that isn't known. */
export function strptime(text: string, format: string): ReadMoment {
  const seen = new Set<string>();
  const pattern = format
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
  const groups = new RegExp(`^${pattern}$`, "i").exec(text)?.groups;
  if (!groups && seen.size > 0) throw mismatch(text, format);
  if (!groups && text !== format) throw mismatch(text, format);
  return toMoment(groups ?? {}, text, format);
}

function mismatch(text: string, format: string): Error {
  return valueError(`${describe(text)} does not match the format ${describe(format)}`);
}

function toMoment(
  groups: Readonly<Record<string, string | undefined>>,
  text: string,
  format: string,
): ReadMoment {
  const number = (letter: string) =>
    groups[letter] === undefined ? undefined : Number(groups[letter]);
  const year = number("Y") ?? expandYear(number("y")) ?? 1900;
  const date = {
    year,
    month: number("m") ?? monthNumber(groups.B ?? groups.b) ?? 1,
    day: number("d") ?? 1,
  };
  const ordinal = number("j");
  const parts = {
    ...(ordinal === undefined ? date : fromDays(toDays({ year, month: 1, day: 1 }) + ordinal - 1)),
    hour: readHour(number("H"), number("I"), groups.p),
    minute: number("M") ?? 0,
    second: number("S") ?? 0,
    microsecond: Number((groups.f ?? "0").padEnd(6, "0")),
  };
  if (date.day > 28 && ordinal === undefined) {
    const back = fromDays(toDays(date));
    if (back.day !== date.day) throw mismatch(text, format);
  }
  const offset = readOffset(groups.z);
  return { parts, ...(offset === undefined ? {} : { offset }) };
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
