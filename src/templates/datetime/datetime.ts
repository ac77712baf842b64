// Dates with a time: Python's datetime, and pendulum's DateTime, which is what Airflow's context
// has.

import {
  fromMicroseconds,
  isoDate,
  isoOffset,
  isoTime,
  type MomentParts,
  SECOND,
  toMicroseconds,
} from "../../model/python/calendar.ts";
import { typeError } from "../../model/python/errors.ts";
import type { Moment } from "../../model/python/strftime.ts";
import { trueDivide } from "../python/numbers.ts";
import type { ArithmeticOperator, Value } from "../python/values.ts";
import { DATE_MEMBERS, DateLike, PENDULUM_MEMBERS, type Shift, shiftParts } from "./date-like.ts";
import { DATETIME_MEMBERS } from "./datetime-members.ts";
import type { DateTimeSelf, Fold, WithOptions } from "./datetime-self.ts";
import { Interval, type IntervalEnd } from "./interval.ts";
import { memberOf } from "./members.ts";
import { PENDULUM_DATETIME_MEMBERS } from "./pendulum-members.ts";
import { TimeDelta } from "./timedelta.ts";
import { localZone, UTC, type Zone } from "./zone.ts";

/** What the clock shows, in a zone or in none. */
interface Wall {
  /** Microseconds since 1970-01-01 00:00 on that clock. */
  readonly wall: bigint;
  readonly zone: Zone | undefined;
  readonly fold: Fold;
}

export class DateTimeValue extends DateLike implements DateTimeSelf {
  readonly typeName: string;
  readonly isPendulum: boolean;
  readonly wall: bigint;
  readonly zone: Zone | undefined;
  readonly fold: Fold;
  readonly parts: MomentParts;

  constructor({ wall, zone, fold }: Wall, isPendulum: boolean) {
    super();
    this.wall = wall;
    this.zone = zone;
    this.fold = fold;
    this.isPendulum = isPendulum;
    this.typeName = isPendulum ? "DateTime" : "datetime";
    this.parts = fromMicroseconds(wall);
  }

  /** pendulum's datetime of the clock: a time that is skipped moves forward. */
  static create(wall: bigint, zone: Zone | undefined, fold: Fold = 1): DateTimeValue {
    if (!zone) return new DateTimeValue({ wall, zone, fold }, true);
    const ms = toMilliseconds(wall);
    const before = zone.offsetOfWall(ms, 0);
    const after = zone.offsetOfWall(ms, 1);
    const skipped = after > before ? BigInt((after - before) * (fold === 1 ? 1 : -1)) * SECOND : 0n;
    return new DateTimeValue({ wall: wall + skipped, zone, fold }, true);
  }

  /** The datetime at an instant: microseconds since 1970 in UTC. */
  static at(instant: bigint, zone: Zone, isPendulum = true): DateTimeValue {
    const ms = toMilliseconds(instant);
    const offset = zone.offsetAt(ms);
    const wall = instant + BigInt(offset) * SECOND;
    const fold = zone.offsetOfWall(toMilliseconds(wall), 0) === offset ? 0 : 1;
    return new DateTimeValue({ wall, zone, fold }, isPendulum);
  }

  /** pendulum's datetime in UTC of epoch milliseconds. */
  static fromMs(ms: number): DateTimeValue {
    return DateTimeValue.at(BigInt(Math.round(ms)) * 1000n, UTC);
  }

  /** In seconds; `undefined` without a zone. */
  get offset(): number | undefined {
    return this.zone?.offsetOfWall(toMilliseconds(this.wall), this.fold);
  }

  /** Microseconds since 1970 in UTC; of a datetime without a zone on its own clock. */
  get instant(): bigint {
    return this.wall - BigInt(this.offset ?? 0) * SECOND;
  }

  /** Seconds since 1970 in UTC; without a zone the process's zone counts. */
  get timestamp(): number {
    const { instant } = this.zone
      ? this
      : new DateTimeValue({ ...this.#wall, zone: localZone() }, false);
    return trueDivide(instant, SECOND);
  }

  get #wall(): Wall {
    return { wall: this.wall, zone: this.zone, fold: this.fold };
  }

  abbreviation(): string | undefined {
    return this.zone?.abbreviationAt(toMilliseconds(this.instant));
  }

  isoformat(separator = "T", timespec = "auto"): string {
    const offset = this.offset === undefined ? "" : isoOffset(this.offset);
    return `${isoDate(this.parts)}${separator}${isoTime(this.parts, timespec)}${offset}`;
  }
  override toText(): string {
    return this.isoformat(" ");
  }
  repr(): string {
    const { year, month, day, hour, minute, second, microsecond } = this.parts;
    const fraction = microsecond === 0 ? "" : `, ${microsecond}`;
    const isShort = !this.isPendulum && second === 0 && microsecond === 0;
    const seconds = isShort ? "" : `, ${second}${fraction}`;
    const zone = this.zone ? `, tzinfo=${this.zone.repr()}` : "";
    const fold = !this.isPendulum && this.fold === 1 ? ", fold=1" : "";
    const name = this.isPendulum ? "DateTime" : "datetime.datetime";
    return `${name}(${year}, ${month}, ${day}, ${hour}, ${minute}${seconds}${fold}${zone})`;
  }

  moment(): Moment & { readonly zone: string } {
    const { parts, offset, zone } = this;
    return {
      parts,
      zone: zone?.name ?? "",
      ...(offset === undefined ? {} : { offset }),
      zoneName: () => this.abbreviation() ?? "",
    };
  }

  override attribute(name: string): Value | undefined {
    if (!this.isPendulum) {
      return memberOf<DateTimeValue>(this, name, DATETIME_MEMBERS, DATE_MEMBERS);
    }
    return memberOf<DateTimeValue>(
      this,
      name,
      PENDULUM_DATETIME_MEMBERS,
      DATETIME_MEMBERS,
      DATE_MEMBERS,
      PENDULUM_MEMBERS,
    );
  }

  /** The same in another zone, or with another clock in the same zone. */
  with({ parts = this.parts, zone = this.zone, fold = this.fold }: WithOptions): DateTimeValue {
    const wall = toMicroseconds(parts);
    if (this.isPendulum) return DateTimeValue.create(wall, zone ?? undefined, fold);
    return new DateTimeValue({ wall, zone: zone ?? undefined, fold }, false);
  }
  withParts(parts: MomentParts): DateTimeValue {
    return this.with({ parts });
  }
  /** The same instant on the clocks of another zone. */
  inZone(zone: Zone): DateTimeValue {
    if (this.isPendulum && !this.zone) return DateTimeValue.create(this.wall, zone);
    const own = this.zone ? this : new DateTimeValue({ ...this.#wall, zone: localZone() }, false);
    return DateTimeValue.at(own.instant, zone, this.isPendulum);
  }

  /** Days and more move the clock; hours and less move the instant (pendulum: add). */
  shift(shift: Shift): DateTimeValue {
    if (shift.months === 0 && shift.days === 0 && this.zone) {
      return DateTimeValue.at(this.instant + shift.clock, this.zone);
    }
    const wall = toMicroseconds(shiftParts(this.parts, shift)) + shift.clock;
    return DateTimeValue.create(wall, this.zone);
  }

  /** The current moment in the same zone. */
  now(): DateTimeValue {
    return DateTimeValue.at(BigInt(Date.now()) * 1000n, this.zone ?? localZone(), this.isPendulum);
  }
  /** The value where it is a datetime. */
  asDateTime(value: Value): DateTimeValue | undefined {
    return value instanceof DateTimeValue ? value : undefined;
  }

  override equals(other: Value): boolean {
    if (!(other instanceof DateTimeValue)) return false;
    return !this.zone === !other.zone && this.instant === other.instant;
  }
  override compare(other: Value): number | undefined {
    if (!(other instanceof DateTimeValue)) return undefined;
    if (!this.zone !== !other.zone) {
      throw typeError("can't compare a datetime that has a time zone with one that has none");
    }
    return Number(this.instant > other.instant) - Number(this.instant < other.instant);
  }
  override hashKey(): string {
    return `datetime ${this.zone ? "" : "naive "}${this.instant}`;
  }

  override operate(operator: ArithmeticOperator, other: Value, isReflected: boolean) {
    if (other instanceof TimeDelta) {
      if (operator === "+") return this.#move(other, 1);
      return operator === "-" && !isReflected ? this.#move(other, -1) : undefined;
    }
    if (!(other instanceof DateTimeValue) || operator !== "-" || isReflected) return undefined;
    return this.isPendulum || other.isPendulum
      ? other.difference(this)
      : new TimeDelta(this.#minus(other));
  }

  /** The span from this to the other. */
  difference(other: DateTimeValue, isAbsolute = false): Interval {
    this.#minus(other);
    return new Interval(this.#end(), other.#end(), isAbsolute);
  }

  #minus(other: DateTimeValue): bigint {
    if (!this.zone !== !other.zone) {
      throw typeError("can't subtract a datetime that has a time zone and one that has none");
    }
    return this.instant - other.instant;
  }

  #end(): IntervalEnd {
    const { parts, instant, zone } = this;
    const value = this.isPendulum ? this : DateTimeValue.create(this.wall, zone, this.fold);
    return { value, parts, instant, zone: zone?.name };
  }

  #move(span: TimeDelta, sign: 1 | -1): DateTimeValue {
    if (!this.isPendulum) {
      const wall = this.wall + BigInt(sign) * span.microseconds;
      return new DateTimeValue({ wall, zone: this.zone, fold: 0 }, false);
    }
    if (!(span instanceof Interval)) {
      return this.shift({ months: 0, days: 0, clock: BigInt(sign) * span.microseconds });
    }
    const { years, months, weeks, days, hours, minutes, seconds, microseconds } = span.units;
    // pendulum subtracts the whole span besides its years and months.
    if (sign === -1) {
      return this.shift({ months: -(years * 12 + months), days: 0, clock: -span.microseconds });
    }
    const clock = BigInt(hours * 3_600 + minutes * 60 + seconds) * SECOND + BigInt(microseconds);
    return this.shift({ months: years * 12 + months, days: weeks * 7 + days, clock });
  }
}

function toMilliseconds(microseconds: bigint): number {
  return Math.floor(Number(microseconds) / 1000);
}
