// The span between two dates, as pendulum's subtraction gives it: it knows its ends, and counts
// years and months.

import {
  DAY,
  daysInMonth,
  fromMicroseconds,
  type MomentParts,
  SECOND,
  toDays,
} from "../../model/python/calendar.ts";
import { parameters } from "../python/functions.ts";
import { floorDivide } from "../python/numbers.ts";
import { toText } from "../python/repr.ts";
import type { Value } from "../python/values.ts";
import { memberOf, members } from "./members.ts";
import { TimeDelta } from "./timedelta.ts";
import { inWords, type SpanUnits } from "./words.ts";

/** One end of an interval. */
export interface IntervalEnd {
  readonly value: Value;
  readonly parts: MomentParts;
  /** Microseconds since 1970 in UTC, or on the clock of a date without a zone. */
  readonly instant: bigint;
  readonly zone: string | undefined;
}

export class Interval extends TimeDelta {
  readonly start: IntervalEnd;
  readonly end: IntervalEnd;
  readonly isInverted: boolean;
  #units: (SpanUnits & { readonly totalDays: number }) | undefined;

  constructor(start: IntervalEnd, end: IntervalEnd, isAbsolute = false) {
    const isInverted = start.instant > end.instant;
    const [first, last] = isAbsolute && isInverted ? [end, start] : [start, end];
    super(last.instant - first.instant, "Interval");
    this.start = first;
    this.end = last;
    this.isInverted = isInverted;
  }

  get units(): SpanUnits & { readonly totalDays: number } {
    this.#units ??= countUnits(this.start, this.end);
    return this.#units;
  }

  override repr(): string {
    return `<Interval [${toText(this.start.value)} -> ${toText(this.end.value)}]>`;
  }
  override toText(): string {
    return this.repr();
  }
  override equals(other: Value): boolean {
    if (!(other instanceof Interval)) return super.equals(other);
    return other.start.instant === this.start.instant && other.end.instant === this.end.instant;
  }
  override attribute(name: string): Value | undefined {
    return memberOf<Interval>(this, name, INTERVAL) ?? super.attribute(name);
  }
  override sign(operator: "-" | "+" | "abs"): Value {
    if (operator === "+") return super.sign(operator);
    return operator === "-"
      ? new Interval(this.end, this.start)
      : new Interval(this.start, this.end, true);
  }
}

const readWords = parameters("in_words", "locale?", "separator?");

const INTERVAL = members<Interval>(
  {
    start: (self) => self.start.value,
    end: (self) => self.end.value,
    years: (self) => BigInt(self.units.years),
    months: (self) => BigInt(self.units.months),
    weeks: (self) => BigInt(self.units.weeks),
    remaining_days: (self) => BigInt(self.units.days),
    hours: (self) => BigInt(self.units.hours),
    minutes: (self) => BigInt(self.units.minutes),
    invert: (self) => self.isInverted,
  },
  {
    in_years: (self) => BigInt(self.units.years),
    in_months: (self) => BigInt(self.units.years * 12 + self.units.months),
    in_days: (self) => BigInt(self.units.totalDays),
    in_weeks: (self) => BigInt(Math.trunc(self.units.totalDays / 7)),
    in_words: (self, args) => {
      const [, separator] = readWords(args);
      return inWords(self.units, separator === undefined ? " " : toText(separator));
    },
    as_duration: (self) => new TimeDelta(self.microseconds, "Duration"),
  },
);

/** Years, months and so on between two moments; of one zone by its clocks, else in UTC. */
function countUnits(start: IntervalEnd, end: IntervalEnd) {
  const isBackwards = start.instant > end.instant;
  const [first, last] = isBackwards ? [end, start] : [start, end];
  const totalDays = toDays(last.parts) - toDays(first.parts);
  const isByClock = first.zone === last.zone && totalDays !== 0;
  const from = isByClock ? first.parts : fromMicroseconds(first.instant);
  const to = isByClock ? last.parts : fromMicroseconds(last.instant);
  const time = timeOf(to) - timeOf(from);
  const borrowed = time < 0n;
  const rest = borrowed ? time + DAY : time;
  const { years, months, days } = countDays(from, to, borrowed ? -1 : 0);
  const sign = isBackwards ? -1 : 1;
  const signed = (value: number | bigint) => (Number(value) === 0 ? 0 : Number(value) * sign);
  return {
    years: signed(years),
    months: signed(months),
    weeks: signed(Math.floor(days / 7)),
    days: signed(days % 7),
    hours: signed(rest / (SECOND * 3_600n)),
    minutes: signed((rest / (SECOND * 60n)) % 60n),
    seconds: signed((rest / SECOND) % 60n),
    microseconds: signed(floorDivide(rest, 1n) % SECOND),
    totalDays: signed(totalDays),
  };
}

function timeOf({ hour, minute, second, microsecond }: MomentParts): bigint {
  return BigInt(hour * 3_600 + minute * 60 + second) * SECOND + BigInt(microsecond);
}

function countDays(from: MomentParts, to: MomentParts, borrowed: number) {
  let months = (to.year - from.year) * 12 + to.month - from.month;
  let days = to.day - from.day + borrowed;
  if (days < 0) {
    const lastMonth =
      to.month === 1 ? daysInMonth(to.year - 1, 12) : daysInMonth(to.year, to.month - 1);
    const difference = daysInMonth(to.year, to.month) - lastMonth;
    if (days < difference) days += Math.max(lastMonth, from.day);
    else if (days === difference) {
      // Exactly a whole month.
      days = 0;
      months += 1;
    } else days += lastMonth;
    months -= 1;
  }
  const years = Math.floor(months / 12);
  return { years, months: months - years * 12, days };
}
