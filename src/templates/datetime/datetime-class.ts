// The class `macros.datetime`: calling it makes a datetime, its members make one of a text or of
// now.

import { type MomentParts, toMicroseconds } from "../../model/python/calendar.ts";
import { typeError, valueError } from "../../model/python/errors.ts";
import { readOffset, strptime } from "../../model/python/strptime.ts";
import { NativeFunction, parameters, requireIndex } from "../python/functions.ts";
import { textOf } from "../python/markup.ts";
import { describe } from "../python/repr.ts";
import { type Arguments, floatOf, type Value } from "../python/values.ts";
import { DateTimeValue } from "./datetime.ts";
import { replaceParts, requireZone } from "./datetime-members.ts";
import { FixedZone, localZone, PYTHON_UTC, type Zone } from "./zone.ts";

function naive(parts: MomentParts, zone?: Zone | null): DateTimeValue {
  return new DateTimeValue(
    { wall: toMicroseconds(parts), zone: zone ?? undefined, fold: 0 },
    false,
  );
}

function withoutZone(instant: bigint, zone: Zone): DateTimeValue {
  return DateTimeValue.at(instant, zone, false).with({ zone: null });
}

function nowMicroseconds(): bigint {
  return BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1000));
}

const readDateTime = parameters(
  "datetime",
  "year",
  "month",
  "day",
  "hour?",
  "minute?",
  "second?",
  "microsecond?",
  "tzinfo?",
  "fold?",
);
const readText = parameters("the method", "text", "format?");
const readNow = parameters("now", "tz?");
const readTimestamp = parameters("fromtimestamp", "timestamp", "tz?");

function requireText(value: Value | undefined, method: string): string {
  const text = textOf(value ?? null);
  if (text === undefined)
    throw typeError(`${method}() needs a text, got ${describe(value ?? null)}`);
  return text;
}

/** A text read by a format, as a datetime without a zone unless the format has "%z". */
export function parseByFormat(text: string, format: string): DateTimeValue {
  const { parts, offset } = strptime(text, format);
  return naive(parts, offset === undefined ? undefined : zoneOf(offset));
}

function zoneOf(seconds: number): Zone {
  return seconds === 0 ? PYTHON_UTC : new FixedZone(seconds, false);
}

const ISO =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[^\d](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?)?$/;

/** An ISO 8601 text as Python's `fromisoformat` reads it. */
export function fromIsoFormat(text: string): DateTimeValue {
  const match = ISO.exec(text);
  if (!match) throw valueError(`${describe(text)} is not a date; write it as "2026-01-31"`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const microsecond = Number((match[7] ?? "").slice(0, 6).padEnd(6, "0"));
  const offset = readOffset(match[8]);
  const parts = { year, month, day, hour, minute, second, microsecond };
  return naive(parts, offset === undefined ? undefined : zoneOf(offset));
}

function fromTimestamp(args: Arguments): Value {
  const [timestamp = null, zone = null] = readTimestamp(args);
  const seconds = floatOf(timestamp);
  if (seconds === undefined) throw typeError("fromtimestamp() needs a number");
  const instant = BigInt(Math.round(seconds * 1e6));
  const given = requireZone(zone);
  return given ? DateTimeValue.at(instant, given, false) : withoutZone(instant, localZone());
}

function now(args: Arguments): Value {
  const zone = requireZone(readNow(args)[0] ?? null);
  return zone
    ? DateTimeValue.at(nowMicroseconds(), zone, false)
    : withoutZone(nowMicroseconds(), localZone());
}

/** `macros.datetime` */
export const datetimeClass = new NativeFunction(
  "datetime",
  (args) => {
    const given = readDateTime(args);
    const none = { year: 1, month: 1, day: 1, hour: 0, minute: 0, second: 0, microsecond: 0 };
    const [zone = null, fold = 0n] = given.slice(7);
    const made = naive(replaceParts(none, given), requireZone(zone));
    return requireIndex(fold, "fold") === 1 ? made.with({ fold: 1 }) : made;
  },
  new Map<string, Value>([
    ["now", new NativeFunction("now", now)],
    ["today", new NativeFunction("today", now)],
    ["utcnow", new NativeFunction("utcnow", () => withoutZone(nowMicroseconds(), PYTHON_UTC))],
    [
      "strptime",
      new NativeFunction("strptime", (args) => {
        const [text, format] = readText(args);
        return parseByFormat(requireText(text, "strptime"), requireText(format, "strptime"));
      }),
    ],
    [
      "fromisoformat",
      new NativeFunction("fromisoformat", (args) =>
        fromIsoFormat(requireText(readText(args)[0], "fromisoformat")),
      ),
    ],
    ["fromtimestamp", new NativeFunction("fromtimestamp", fromTimestamp)],
  ]),
);
