// dateutil's relativedelta: spans of months and years, and parts that replace those of a date.

import { addMonths, SECOND, toMicroseconds } from "../../model/python/calendar.ts";
import { unsupported } from "../python/errors.ts";
import { parameters, requireIndex } from "../python/functions.ts";
import {
  type Arguments,
  type ArithmeticOperator,
  PythonObject,
  type Value,
} from "../python/values.ts";
import { DateLike } from "./date-like.ts";
import { DateTimeValue } from "./datetime.ts";
import { memberOf, members } from "./members.ts";
import { TimeDelta } from "./timedelta.ts";
import { addDays } from "./units.ts";

const RELATIVE = [
  "years",
  "months",
  "days",
  "hours",
  "minutes",
  "seconds",
  "microseconds",
] as const;
const ABSOLUTE = ["year", "month", "day", "hour", "minute", "second", "microsecond"] as const;

type Relative = Readonly<Record<(typeof RELATIVE)[number], number>>;
type Absolute = Readonly<Partial<Record<(typeof ABSOLUTE)[number], number>>>;

export class RelativeDelta extends PythonObject {
  readonly typeName = "relativedelta";
  readonly relative: Relative;
  readonly #absolute: Absolute;

  constructor(relative: Relative, absolute: Absolute) {
    super();
    this.relative = carry(relative);
    this.#absolute = absolute;
  }

  repr(): string {
    const moved = RELATIVE.filter((name) => this.relative[name] !== 0).map((name) => {
      const amount = this.relative[name];
      return `${name}=${amount > 0 ? "+" : ""}${amount}`;
    });
    const set = ABSOLUTE.filter((name) => this.#absolute[name] !== undefined).map(
      (name) => `${name}=${this.#absolute[name]}`,
    );
    return `relativedelta(${[...moved, ...set].join(", ")})`;
  }
  override isTrue(): boolean {
    return this.repr() !== "relativedelta()";
  }
  override equals(other: Value): boolean {
    return other instanceof RelativeDelta && other.repr() === this.repr();
  }
  override hashKey(): string {
    return this.repr();
  }
  override attribute(name: string): Value | undefined {
    return memberOf<RelativeDelta>(this, name, MEMBERS);
  }
  override sign(operator: "-" | "+" | "abs"): Value {
    if (operator === "+") return this;
    const change = operator === "-" ? (amount: number) => -amount : Math.abs;
    return this.#map(change);
  }
  override operate(
    operator: ArithmeticOperator,
    other: Value,
    isReflected: boolean,
  ): Value | undefined {
    if (other instanceof DateLike) {
      if (operator === "+") return this.#moveDate(other, 1);
      return operator === "-" && isReflected ? this.#moveDate(other, -1) : undefined;
    }
    if (other instanceof RelativeDelta && !isReflected) return this.#combine(operator, other);
    if (operator === "*" && (typeof other === "bigint" || typeof other === "number")) {
      return this.#map((amount) => Math.trunc(amount * Number(other)));
    }
    return undefined;
  }

  #combine(operator: ArithmeticOperator, other: RelativeDelta): Value | undefined {
    if (operator !== "+" && operator !== "-") return undefined;
    const sign = operator === "+" ? 1 : -1;
    const relative = mapRelative((name) => this.relative[name] + sign * other.relative[name]);
    return new RelativeDelta(relative, { ...this.#absolute, ...other.#absolute });
  }

  #map(change: (amount: number) => number): RelativeDelta {
    return new RelativeDelta(
      mapRelative((name) => change(this.relative[name]) || 0),
      this.#absolute,
    );
  }

  #moveDate(date: DateLike, sign: 1 | -1): Value | undefined {
    const { years, months, days, hours, minutes, seconds, microseconds } = this.relative;
    const withAbsolute = { ...date.parts, ...this.#absolute };
    const replaced = addMonths(withAbsolute, sign * (years * 12 + months));
    toMicroseconds(replaced);
    const clock = BigInt(hours * 3_600 + minutes * 60 + seconds) * SECOND + BigInt(microseconds);
    const hasTime =
      clock !== 0n || ABSOLUTE.slice(3).some((name) => this.#absolute[name] !== undefined);
    if (!(date instanceof DateTimeValue) && !hasTime) {
      return date.withParts(addDays(replaced, sign * days));
    }
    // A date becomes a datetime when there is a time to add.
    const moved =
      date instanceof DateTimeValue
        ? date.with({ parts: replaced })
        : new DateTimeValue({ wall: toMicroseconds(replaced), zone: undefined, fold: 0 }, false);
    const span = new TimeDelta(BigInt(sign) * (BigInt(days) * 86_400n * SECOND + clock));
    return moved.operate("+", span, false);
  }
}

function mapRelative(amountOf: (name: keyof Relative) => number): Relative {
  const entries = RELATIVE.map((name) => [name, amountOf(name)] as const);
  return Object.fromEntries(entries) as Record<keyof Relative, number>;
}

const CARRIES = [
  ["microseconds", "seconds", 1_000_000],
  ["seconds", "minutes", 60],
  ["minutes", "hours", 60],
  ["hours", "days", 24],
  ["months", "years", 12],
] as const;

/** 90 seconds are 1 minute and 30 seconds. */
function carry(relative: Relative): Relative {
  const carried = { ...relative };
  for (const [unit, larger, size] of CARRIES) {
    if (Math.abs(carried[unit]) < size) continue;
    carried[larger] += Math.trunc(carried[unit] / size);
    carried[unit] %= size;
  }
  return mapRelative((name) => carried[name] || 0);
}

const MEMBERS = members<RelativeDelta>(
  {
    ...Object.fromEntries(
      RELATIVE.map((name) => [name, (self: RelativeDelta) => BigInt(self.relative[name])]),
    ),
    weeks: (self) => BigInt(Math.trunc(self.relative.days / 7)),
  },
  { normalized: (self) => self },
);

const read = parameters(
  "relativedelta",
  "dt1?",
  "dt2?",
  "years?",
  "months?",
  "days?",
  "leapdays?",
  "weeks?",
  "hours?",
  "minutes?",
  "seconds?",
  "microseconds?",
  "year?",
  "month?",
  "day?",
  "weekday?",
  "yearday?",
  "nlyearday?",
  "hour?",
  "minute?",
  "second?",
  "microsecond?",
);

/** `relativedelta(months=1, day=31)` */
export function createRelativeDelta(args: Arguments): RelativeDelta {
  const [from, to, years, months, days, leapdays, weeks, hours, minutes, seconds, ...rest] =
    read(args);
  const [microseconds, year, month, day, weekday, yearday, nlyearday, ...time] = rest;
  const refused = { dt1: from, dt2: to, leapdays, weekday, yearday, nlyearday };
  for (const [name, value] of Object.entries(refused)) {
    if ((value ?? null) !== null)
      throw unsupported(`relativedelta() in templates takes no ${name}`);
  }
  const amount = (value: Value | undefined) =>
    value === undefined ? 0 : requireIndex(value, "relativedelta()");
  const relative = {
    years: amount(years),
    months: amount(months),
    days: amount(days) + amount(weeks) * 7,
    hours: amount(hours),
    minutes: amount(minutes),
    seconds: amount(seconds),
    microseconds: amount(microseconds),
  };
  const absolute: Partial<Record<(typeof ABSOLUTE)[number], number>> = {};
  for (const [index, value] of [year, month, day, ...time].entries()) {
    const name = ABSOLUTE[index];
    if (name !== undefined && (value ?? null) !== null) absolute[name] = amount(value);
  }
  return new RelativeDelta(relative, absolute);
}
