// Properties and methods of Python's datetime.

import { type MomentParts, SECOND } from "../../model/python/calendar.ts";
import { typeError } from "../../model/python/errors.ts";
import { parameters, requireIndex } from "../python/functions.ts";
import { toText } from "../python/repr.ts";
import type { Value } from "../python/values.ts";
import { DateValue } from "./date.ts";
import type { DateTimeSelf } from "./datetime-self.ts";
import { members } from "./members.ts";
import { TimeValue } from "./time.ts";
import { TimeDelta } from "./timedelta.ts";
import { FixedZone, localZone, toZone, Zone } from "./zone.ts";

const readIso = parameters("isoformat", "sep?", "timespec?");
const readReplace = parameters(
  "replace",
  "year?",
  "month?",
  "day?",
  "hour?",
  "minute?",
  "second?",
  "microsecond?",
  "tzinfo?",
  "fold?",
);
const readZone = parameters("astimezone", "tz?");
const PARTS = ["year", "month", "day", "hour", "minute", "second", "microsecond"] as const;

/** The parts with those that are given instead. */
export function replaceParts(
  parts: MomentParts,
  given: readonly (Value | undefined)[],
): MomentParts {
  const replaced = { ...parts };
  for (const [index, name] of PARTS.entries()) {
    const value = given[index];
    if (value !== undefined && value !== null) replaced[name] = requireIndex(value, name);
  }
  return replaced;
}

/** A zone as `tzinfo` has it; None means no zone. */
export function requireZone(value: Value): Zone | null {
  if (value === null || value instanceof Zone) return value;
  throw typeError("tzinfo needs a time zone");
}

export const DATETIME_MEMBERS = members<DateTimeSelf>(
  {
    hour: ({ parts }) => BigInt(parts.hour),
    minute: ({ parts }) => BigInt(parts.minute),
    second: ({ parts }) => BigInt(parts.second),
    microsecond: ({ parts }) => BigInt(parts.microsecond),
    tzinfo: ({ zone }) => zone ?? null,
    fold: ({ fold }) => BigInt(fold),
  },
  {
    date: ({ parts, isPendulum }) => new DateValue(parts, isPendulum),
    time: ({ parts, isPendulum }) => new TimeValue(parts, isPendulum),
    isoformat: (self, args) => {
      const [separator = "T", timespec = "auto"] = readIso(args);
      return self.isoformat(toText(separator), toText(timespec));
    },
    timestamp: ({ timestamp }) => timestamp,
    utcoffset: ({ offset }) =>
      offset === undefined ? null : new TimeDelta(BigInt(offset) * SECOND),
    tzname: (self) => self.abbreviation() ?? null,
    replace: (self, args) => {
      const given = readReplace(args);
      const [zone, fold] = given.slice(7);
      return self.with({
        parts: replaceParts(self.parts, given),
        ...(zone === undefined ? {} : { zone: requireZone(zone) }),
        ...(fold === undefined ? {} : { fold: requireIndex(fold, "fold") === 1 ? 1 : 0 }),
      });
    },
    astimezone: (self, args) => {
      const [zone = null] = readZone(args);
      if (zone !== null) return self.inZone(requireZone(zone) ?? toZone(zone));
      // The zone of the process is a fixed offset in Python.
      const local = self.inZone(localZone());
      return self.inZone(new FixedZone(local.offset ?? 0, self.isPendulum));
    },
  },
);
