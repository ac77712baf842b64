import { DAY, pad, SECOND } from "../../model/python/calendar.ts";
import { PythonError, typeError } from "../../model/python/errors.ts";
import { parameters } from "../python/functions.ts";
import {
  divideAndRound,
  floorDivide,
  floorModulo,
  toRatio,
  trueDivide,
} from "../python/numbers.ts";
import { describe } from "../python/repr.ts";
import {
  type Arguments,
  type ArithmeticOperator,
  integerOf,
  PythonObject,
  type Value,
} from "../python/values.ts";
import { memberOf, members } from "./members.ts";
import { inWords, type SpanUnits } from "./words.ts";

export type SpanKind = "timedelta" | "Duration";

export class TimeDelta extends PythonObject {
  readonly typeName: string;
  readonly microseconds: bigint;

  constructor(microseconds: bigint, kind: SpanKind | "Interval" = "timedelta") {
    super();
    if (microseconds <= -DAY * 1_000_000_000n || microseconds >= DAY * 1_000_000_000n) {
      throw new PythonError("OverflowError", "a span of time of more than 999999999 days");
    }
    this.microseconds = microseconds;
    this.typeName = kind;
  }

  /** In seconds, as the nearest float. */
  get total(): number {
    return trueDivide(this.microseconds, SECOND);
  }
  get #isPlain(): boolean {
    return this.typeName === "timedelta";
  }

  repr(): string {
    return this.#isPlain ? plainRepr(this.microseconds) : durationRepr(this.microseconds);
  }
  override toText(): string {
    return this.#isPlain ? plainText(this.microseconds) : inWords(unitsOf(this.microseconds));
  }
  override isTrue(): boolean {
    return this.microseconds !== 0n;
  }
  override equals(other: Value): boolean {
    return other instanceof TimeDelta && other.microseconds === this.microseconds;
  }
  override compare(other: Value): number | undefined {
    if (!(other instanceof TimeDelta)) return undefined;
    return (
      Number(this.microseconds > other.microseconds) -
      Number(this.microseconds < other.microseconds)
    );
  }
  override hashKey(): string {
    return `span ${this.microseconds}`;
  }
  override attribute(name: string): Value | undefined {
    return this.#isPlain
      ? memberOf<TimeDelta>(this, name, PLAIN)
      : memberOf<TimeDelta>(this, name, DURATION, PLAIN);
  }
  override sign(operator: "-" | "+" | "abs"): Value {
    if (operator === "+") return new TimeDelta(this.microseconds);
    const isNegated = operator === "-" || (operator === "abs" && this.microseconds < 0n);
    return this.with(isNegated ? -this.microseconds : this.microseconds);
  }
  override operate(operator: ArithmeticOperator, other: Value, isReflected: boolean) {
    return other instanceof TimeDelta
      ? this.#combine(operator, isReflected ? other : this, isReflected ? this : other)
      : this.#scale(operator, other, isReflected);
  }

  /** A span of the same kind; one between two dates gives a Duration. */
  with(microseconds: bigint): TimeDelta {
    return new TimeDelta(microseconds, this.#isPlain ? "timedelta" : "Duration");
  }

  #combine(operator: ArithmeticOperator, left: TimeDelta, right: TimeDelta): Value | undefined {
    const [a, b] = [left.microseconds, right.microseconds];
    if (operator === "+") return (right.#isPlain ? left : right).with(a + b);
    if (operator === "-") return left.with(a - b);
    if (!left.#isPlain && right.#isPlain && operator !== "**" && operator !== "*") {
      throw typeError("pendulum divides a Duration by a Duration only; use total_seconds()");
    }
    if (operator === "/") return trueDivide(a, b);
    if (operator === "//") return floorDivide(a, b);
    return operator === "%" ? left.with(floorModulo(a, b)) : undefined;
  }

  #scale(operator: ArithmeticOperator, other: Value, isReflected: boolean): Value | undefined {
    const integer = integerOf(other);
    if (integer === undefined && typeof other !== "number") return undefined;
    if (isReflected && operator !== "*") return undefined;
    if (operator === "//" && integer !== undefined) {
      return this.with(floorDivide(this.microseconds, integer));
    }
    const [numerator, denominator] = integer === undefined ? toRatio(Number(other)) : [integer, 1n];
    if (operator === "*")
      return this.with(divideAndRound(this.microseconds * numerator, denominator));
    if (operator !== "/") return undefined;
    if (numerator === 0n) throw new PythonError("ZeroDivisionError", "division by zero");
    const sign = numerator < 0n ? -1n : 1n;
    return this.with(divideAndRound(this.microseconds * denominator * sign, numerator * sign));
  }
}

/** "1 day, 2:03:04.000005" */
function plainText(microseconds: bigint): string {
  const days = floorDivide(microseconds, DAY);
  const rest = microseconds - days * DAY;
  const seconds = Number(rest / SECOND);
  const fraction = rest % SECOND;
  const clock = `${Math.floor(seconds / 3_600)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  const text = fraction === 0n ? clock : `${clock}.${pad(Number(fraction), 6)}`;
  if (days === 0n) return text;
  return `${days} day${days === 1n || days === -1n ? "" : "s"}, ${text}`;
}

function plainRepr(microseconds: bigint): string {
  const days = floorDivide(microseconds, DAY);
  const rest = microseconds - days * DAY;
  const parts = Object.entries({ days, seconds: rest / SECOND, microseconds: rest % SECOND })
    .filter(([, amount]) => amount !== 0n)
    .map(([name, amount]) => `${name}=${amount}`);
  return `datetime.timedelta(${parts.join(", ") || "0"})`;
}

function unitsOf(microseconds: bigint): SpanUnits {
  const sign = microseconds < 0n ? -1 : 1;
  const size = microseconds < 0n ? -microseconds : microseconds;
  const days = Number(size / DAY);
  const seconds = Number((size % DAY) / SECOND);
  const signed = (value: number) => (value === 0 ? 0 : value * sign);
  return {
    years: 0,
    months: 0,
    weeks: signed(Math.floor(days / 7)),
    days: signed(days % 7),
    hours: signed(Math.floor(seconds / 3_600)),
    minutes: signed(Math.floor(seconds / 60) % 60),
    seconds: signed(seconds % 60),
    microseconds: signed(Number(size % SECOND)),
  };
}

function durationRepr(microseconds: bigint): string {
  const hasDays = microseconds / DAY !== 0n;
  const parts = Object.entries(unitsOf(microseconds))
    .filter(([name, amount]) => amount !== 0 || (name === "days" && hasDays))
    .map(([name, amount]) => `${name}=${amount}`);
  return `Duration(${parts.join(", ")})`;
}

const PLAIN = members<TimeDelta>(
  {
    days: (self) => floorDivide(self.microseconds, DAY),
    seconds: (self) => floorModulo(self.microseconds, DAY) / SECOND,
    microseconds: (self) => floorModulo(self.microseconds, SECOND),
  },
  { total_seconds: (self) => self.total },
);

/** Cut towards zero. */
function whole(unit: bigint): (self: TimeDelta) => Value {
  return (self) => self.microseconds / unit;
}

const DURATION = members<TimeDelta>(
  {
    days: whole(DAY),
    seconds: (self) => (self.microseconds % DAY) / SECOND,
    microseconds: (self) => self.microseconds % SECOND,
    years: () => 0n,
    months: () => 0n,
    weeks: (self) => BigInt(unitsOf(self.microseconds).weeks),
    remaining_days: (self) => BigInt(unitsOf(self.microseconds).days),
    hours: (self) => BigInt(unitsOf(self.microseconds).hours),
    minutes: (self) => BigInt(unitsOf(self.microseconds).minutes),
    remaining_seconds: (self) => BigInt(unitsOf(self.microseconds).seconds),
    invert: (self) => self.microseconds < 0n,
  },
  {
    total_minutes: (self) => self.total / 60,
    total_hours: (self) => self.total / 3_600,
    total_days: (self) => self.total / 86_400,
    total_weeks: (self) => self.total / 86_400 / 7,
    in_weeks: whole(DAY * 7n),
    in_days: whole(DAY),
    in_hours: whole(SECOND * 3_600n),
    in_minutes: whole(SECOND * 60n),
    in_seconds: whole(SECOND),
    in_words: (self) => inWords(unitsOf(self.microseconds)),
    as_timedelta: (self) => new TimeDelta(self.microseconds),
  },
);

const UNITS: readonly (readonly [string, bigint])[] = [
  ["days", DAY],
  ["seconds", SECOND],
  ["microseconds", 1n],
  ["milliseconds", 1_000n],
  ["minutes", SECOND * 60n],
  ["hours", SECOND * 3_600n],
  ["weeks", DAY * 7n],
];
const readTimeDelta = parameters(
  "timedelta",
  "days?",
  "seconds?",
  "microseconds?",
  "milliseconds?",
  "minutes?",
  "hours?",
  "weeks?",
);

/** `timedelta(days=1, hours=2)` */
export function createTimeDelta(args: Arguments): TimeDelta {
  const amounts = readTimeDelta(args);
  let microseconds = 0n;
  for (const [index, [name, unit]] of UNITS.entries()) {
    microseconds += amountOf(amounts[index] ?? 0n, unit, name);
  }
  return new TimeDelta(microseconds);
}

/** An int or float of units in microseconds. */
export function amountOf(value: Value, unit: bigint, name: string): bigint {
  const integer = integerOf(value);
  if (integer !== undefined) return integer * unit;
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw typeError(`${name} needs a number, got ${describe(value)}`);
  }
  const [numerator, denominator] = toRatio(value);
  return divideAndRound(numerator * unit, denominator);
}
