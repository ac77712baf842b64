// Properties and methods that pendulum's DateTime has besides those of Python's datetime.

import { SECOND } from "../../model/python/calendar.ts";
import { typeError } from "../../model/python/errors.ts";
import { isTrue } from "../python/compare.ts";
import { parameters } from "../python/functions.ts";
import { floorDivide } from "../python/numbers.ts";
import type { Arguments, Value } from "../python/values.ts";
import { replaceParts } from "./datetime-members.ts";
import type { DateTimeSelf } from "./datetime-self.ts";
import { members } from "./members.ts";
import { formatPendulum } from "./pendulum-format.ts";
import { differenceInWords } from "./words.ts";
import { toZone } from "./zone.ts";

function formatted(format: string): (self: DateTimeSelf) => Value {
  return (self) => formatPendulum(self.moment(), format);
}

const inIso = (self: DateTimeSelf) => self.isoformat();
const RFC_SHORT = "ddd, DD MMM YY HH:mm:ss ZZ";
const RFC_LONG = "ddd, DD MMM YYYY HH:mm:ss ZZ";

const readSet = parameters(
  "set",
  "year?",
  "month?",
  "day?",
  "hour?",
  "minute?",
  "second?",
  "microsecond?",
  "tz?",
);
const readOn = parameters("on", "year", "month", "day");
const readAt = parameters("at", "hour", "minute?", "second?", "microsecond?");
const readZone = parameters("in_timezone", "tz");
const readDiff = parameters("diff", "dt", "abs?");
const readHumans = parameters("diff_for_humans", "other?", "absolute?");
const readOther = parameters("the method", "dt");

function inZone(self: DateTimeSelf, args: Arguments): Value {
  return self.inZone(toZone(readZone(args)[0] ?? null));
}

function requireDateTime(
  self: DateTimeSelf,
  value: Value | undefined,
  method: string,
): DateTimeSelf {
  const other = self.asDateTime(value ?? null);
  if (!other) throw typeError(`${method}() needs a datetime`);
  return other;
}

/** "2 days after", of the other or, without one, of now. */
function forHumans(self: DateTimeSelf, args: Arguments): Value {
  const [other = null, absolute = false] = readHumans(args);
  const isNow = other === null;
  const base = isNow ? self.now() : requireDateTime(self, other, "diff_for_humans");
  const size = self.difference(base, true);
  return differenceInWords(size.units, {
    isLater: self.instant > base.instant,
    isNow,
    isAbsolute: isTrue(absolute),
  });
}

export const PENDULUM_DATETIME_MEMBERS = members<DateTimeSelf>(
  {
    timezone: ({ zone }) => (zone?.typeName === "timezone" ? null : (zone ?? null)),
    tz: ({ zone }) => (zone?.typeName === "timezone" ? null : (zone ?? null)),
    timezone_name: ({ zone }) => zone?.name ?? null,
    offset: ({ offset }) => (offset === undefined ? null : BigInt(offset)),
    offset_hours: ({ offset }) => (offset === undefined ? null : offset / 3_600),
    int_timestamp: ({ instant, zone }) => {
      if (!zone) throw typeError("a datetime without a time zone has no timestamp");
      return floorDivide(instant, SECOND);
    },
    float_timestamp: ({ timestamp }) => timestamp,
  },
  {
    in_timezone: inZone,
    in_tz: inZone,
    naive: (self) => self.with({ zone: null }),
    set: (self, args) => {
      const given = readSet(args);
      const zone = given[7] ?? null;
      const parts = replaceParts(self.parts, given);
      return self.with({ parts, ...(zone === null ? {} : { zone: toZone(zone) }) });
    },
    on: (self, args) => self.with({ parts: replaceParts(self.parts, readOn(args)) }),
    at: (self, args) => {
      const [hour, minute = 0n, second = 0n, microsecond = 0n] = readAt(args);
      const given = [null, null, null, hour, minute, second, microsecond];
      return self.with({ parts: replaceParts(self.parts, given) });
    },
    is_utc: ({ offset }) => offset === 0,
    is_past: (self) => self.instant < self.now().instant,
    is_future: (self) => self.instant > self.now().instant,
    is_same_day: (self, args) => {
      const other = requireDateTime(self, readOther(args)[0], "is_same_day");
      return ["year", "month", "day"].every(
        (name) => Reflect.get(self.parts, name) === Reflect.get(other.parts, name),
      );
    },
    diff: (self, args) => {
      const [other, absolute = true] = readDiff(args);
      return self.difference(requireDateTime(self, other, "diff"), isTrue(absolute));
    },
    diff_for_humans: forHumans,
    to_time_string: formatted("HH:mm:ss"),
    to_datetime_string: formatted("YYYY-MM-DD HH:mm:ss"),
    to_day_datetime_string: formatted("ddd, MMM D, YYYY h:mm A"),
    to_atom_string: formatted("YYYY-MM-DDTHH:mm:ssZ"),
    to_cookie_string: formatted("dddd, DD-MMM-YYYY HH:mm:ss zz"),
    to_rfc822_string: formatted(RFC_SHORT),
    to_rfc850_string: formatted("dddd, DD-MMM-YY HH:mm:ss zz"),
    to_rfc1036_string: formatted(RFC_SHORT),
    to_rfc1123_string: formatted(RFC_LONG),
    to_rfc2822_string: formatted(RFC_LONG),
    to_rss_string: formatted(RFC_LONG),
    to_w3c_string: formatted("YYYY-MM-DDTHH:mm:ssZ"),
    to_rfc3339_string: inIso,
    to_iso8601_string: (self) => {
      const text = self.isoformat();
      return self.zone?.name === "UTC" ? text.replace("+00:00", "Z") : text;
    },
  },
);
