// Dates without a time: Python's date and pendulum's Date.

import { DAY, isoDate, type MomentParts, toMicroseconds } from "../../model/python/calendar.ts";
import { typeError, valueError } from "../../model/python/errors.ts";
import type { Moment } from "../../model/python/strftime.ts";
import { isTrue } from "../python/compare.ts";
import { parameters, positional, requireIndex } from "../python/functions.ts";
import { toText } from "../python/repr.ts";
import type { Arguments, ArithmeticOperator, Value } from "../python/values.ts";
import { DATE_MEMBERS, DateLike, PENDULUM_MEMBERS, type Shift, shiftParts } from "./date-like.ts";
import { Interval, type IntervalEnd } from "./interval.ts";
import { memberOf, members } from "./members.ts";
import { TimeDelta } from "./timedelta.ts";
import { addDays, endOf, startOf } from "./units.ts";

export class DateValue extends DateLike {
  readonly typeName: string;
  readonly parts: MomentParts;
  readonly isPendulum: boolean;

  constructor(parts: MomentParts, isPendulum: boolean) {
    super();
    this.parts = startOf(parts, "day");
    this.isPendulum = isPendulum;
    this.typeName = isPendulum ? "Date" : "date";
  }

  get microseconds(): bigint {
    return toMicroseconds(this.parts);
  }

  repr(): string {
    const { year, month, day } = this.parts;
    return `${this.isPendulum ? "Date" : "datetime.date"}(${year}, ${month}, ${day})`;
  }
  override toText(): string {
    return isoDate(this.parts);
  }
  override equals(other: Value): boolean {
    return other instanceof DateValue && other.microseconds === this.microseconds;
  }
  override compare(other: Value): number | undefined {
    if (!(other instanceof DateValue)) return undefined;
    return Number(this.microseconds - other.microseconds);
  }
  override hashKey(): string {
    return `date ${this.microseconds}`;
  }
  override attribute(name: string): Value | undefined {
    return this.isPendulum
      ? memberOf<DateValue>(this, name, PENDULUM, OWN, DATE_MEMBERS, PENDULUM_MEMBERS)
      : memberOf<DateValue>(this, name, OWN, DATE_MEMBERS);
  }
  moment(): Moment & { readonly zone: string } {
    return { parts: this.parts, zone: "", lacks: "time" };
  }
  withParts(parts: MomentParts): DateValue {
    return new DateValue(parts, this.isPendulum);
  }
  shift(shift: Shift): DateValue {
    if (shift.clock !== 0n) throw typeError("a date has no time that could be moved");
    return this.withParts(shiftParts(this.parts, shift));
  }

  override operate(operator: ArithmeticOperator, other: Value, isReflected: boolean) {
    if (other instanceof TimeDelta) return this.#move(operator, other, isReflected);
    if (!(other instanceof DateLike) || operator !== "-" || isReflected) return undefined;
    if (this.isPendulum) return this.difference(other);
    if (!(other instanceof DateValue)) return undefined;
    return new TimeDelta(this.microseconds - other.microseconds);
  }

  #move(operator: ArithmeticOperator, span: TimeDelta, isReflected: boolean): Value | undefined {
    if (operator !== "+" && (operator !== "-" || isReflected)) return undefined;
    const sign = operator === "+" ? 1 : -1;
    if (span instanceof Interval) {
      const { years, months, weeks, days } = span.units;
      return this.shift({
        months: sign * (years * 12 + months),
        days: sign * (weeks * 7 + days),
        clock: 0n,
      });
    }
    const isNegative = span.microseconds < 0n;
    const isCut = span.typeName === "timedelta" && isNegative && span.microseconds % DAY !== 0n;
    const days = Number(span.microseconds / DAY) - (isCut ? 1 : 0);
    return this.withParts(addDays(this.parts, sign * days));
  }

  /** The span from the other date to this one; of a datetime its day counts. */
  difference(other: DateLike): Interval {
    return new Interval(new DateValue(other.parts, true).#end(), this.#end());
  }

  #end(): IntervalEnd {
    return { value: this, parts: this.parts, instant: this.microseconds, zone: undefined };
  }
}

const readNothing = positional("isoformat");
const readReplace = parameters("replace", "year?", "month?", "day?");

const OWN = members<DateValue>(
  {},
  {
    isoformat: (self, args) => {
      readNothing(args);
      return isoDate(self.parts);
    },
    replace: (self, args) => {
      const parts = { ...self.parts, ...givenParts(readReplace(args)) };
      toMicroseconds(parts);
      return self.withParts(parts);
    },
  },
);

const readDiff = parameters("diff", "dt", "abs?");
const readUnit = parameters("the method", "unit");

/** A date has no units below a day. */
function inUnit(find: (parts: MomentParts, unit: string) => MomentParts) {
  return (self: DateValue, args: Arguments) => {
    const unit = toText(readUnit(args)[0] ?? null);
    if (["second", "minute", "hour"].includes(unit))
      throw valueError(`a date has no unit "${unit}"`);
    return self.withParts(find(self.parts, unit));
  };
}

const PENDULUM = members<DateValue>(
  {},
  {
    start_of: inUnit(startOf),
    end_of: inUnit(endOf),
    diff: (self, args) => {
      const [other = null, absolute = true] = readDiff(args);
      if (!(other instanceof DateLike)) throw typeError("diff() needs a date");
      const span = new DateValue(other.parts, true).difference(self);
      return isTrue(absolute) ? span.sign("abs") : span;
    },
  },
);

function givenParts([year, month, day]: readonly (Value | undefined)[]) {
  const parts: { year?: number; month?: number; day?: number } = {};
  if (year !== undefined) parts.year = requireIndex(year, "year");
  if (month !== undefined) parts.month = requireIndex(month, "month");
  if (day !== undefined) parts.day = requireIndex(day, "day");
  return parts;
}
