// What stands behind names in templates: dates that know Python's methods, time spans, and Airflow's macros.
import { randomUUID } from "node:crypto";
import { parseMoment, toAirflowIso } from "../model/values/time.ts";
import { strftime } from "./dates.ts";

const SECOND_MS = 1_000;
const UNITS_MS: Readonly<Record<string, number>> = {
  microseconds: 0.001,
  milliseconds: 1,
  seconds: SECOND_MS,
  minutes: 60 * SECOND_MS,
  hours: 3_600 * SECOND_MS,
  days: 86_400 * SECOND_MS,
  weeks: 7 * 86_400 * SECOND_MS,
};

/** A datetime in UTC with the methods of Python's and pendulum's that templates use. */
export class TemplateDate {
  readonly #date: Date;

  constructor(moment: number | string) {
    this.#date = new Date(moment);
  }

  get ms(): number {
    return this.#date.getTime();
  }
  get year(): number {
    return this.#date.getUTCFullYear();
  }
  get month(): number {
    return this.#date.getUTCMonth() + 1;
  }
  get day(): number {
    return this.#date.getUTCDate();
  }
  get hour(): number {
    return this.#date.getUTCHours();
  }
  get minute(): number {
    return this.#date.getUTCMinutes();
  }
  get second(): number {
    return this.#date.getUTCSeconds();
  }
  /** Monday is 0. */
  weekday(): number {
    return (this.#date.getUTCDay() + 6) % 7;
  }
  isoweekday(): number {
    return this.#date.getUTCDay() || 7;
  }
  timestamp(): number {
    return this.ms / SECOND_MS;
  }
  get int_timestamp(): number {
    return Math.floor(this.timestamp());
  }
  strftime(format: string): string {
    return strftime(this.#date, format);
  }
  isoformat(): string {
    return toAirflowIso(this.ms);
  }
  to_date_string(): string {
    return this.strftime("%Y-%m-%d");
  }
  date(): string {
    return this.to_date_string();
  }
  to_datetime_string(): string {
    return this.strftime("%Y-%m-%d %H:%M:%S");
  }
  to_iso8601_string(): string {
    return this.isoformat();
  }
  /** Keyword arguments as pendulum's: `add(days=1, months=2)`. */
  add(amounts: object = {}): TemplateDate {
    return this.#shift(amounts, 1);
  }
  subtract(amounts: object = {}): TemplateDate {
    return this.#shift(amounts, -1);
  }
  /** As Python prints a datetime. */
  toString(): string {
    return this.isoformat().replace("T", " ");
  }
  [Symbol.toPrimitive](hint: string): string | number {
    return hint === "number" ? this.ms : this.toString();
  }

  #shift(amounts: object, sign: 1 | -1): TemplateDate {
    const { years = 0, months = 0, ...rest } = keywords(amounts);
    const moved = new Date(this.ms);
    moved.setUTCDate(1);
    moved.setUTCMonth(moved.getUTCMonth() + sign * (12 * years + months));
    // The last day of a shorter month, as pendulum has it.
    const lastDay = new Date(
      Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0),
    ).getUTCDate();
    moved.setUTCDate(Math.min(this.day, lastDay));
    return new TemplateDate(moved.getTime() + sign * toMs(rest));
  }
}

/** A span of time, as Python's timedelta. */
export class TemplateSpan {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }

  get days(): number {
    return Math.floor(this.ms / (86_400 * SECOND_MS));
  }
  get seconds(): number {
    return Math.floor(this.ms / SECOND_MS) - this.days * 86_400;
  }
  total_seconds(): number {
    return this.ms / SECOND_MS;
  }
  toString(): string {
    const clock = new Date(this.seconds * SECOND_MS).toISOString().slice(11, 19).replace(/^0/, "");
    if (this.days === 0) return clock;
    return `${this.days} day${Math.abs(this.days) === 1 ? "" : "s"}, ${clock}`;
  }
}

/** `a + b` and `a - b` in templates: of dates and spans as in Python, of anything else as in JavaScript. */
export function addValues(left: unknown, right: unknown, sign: 1 | -1): unknown {
  const isSpan = right instanceof TemplateSpan;
  if (left instanceof TemplateDate) {
    if (isSpan) return new TemplateDate(left.ms + sign * right.ms);
    if (right instanceof TemplateDate && sign === -1) return new TemplateSpan(left.ms - right.ms);
  }
  if (left instanceof TemplateSpan) {
    if (isSpan) return new TemplateSpan(left.ms + sign * right.ms);
    if (right instanceof TemplateDate && sign === 1) return new TemplateDate(right.ms + left.ms);
  }
  if (isDateLike(left) || isDateLike(right)) {
    throw new TypeError(`can't ${sign === 1 ? "add" : "subtract"} ${left} and ${right}`);
  }
  if (sign === -1) return Number(left) - Number(right);
  return typeof left === "string" || typeof right === "string"
    ? `${left}${right}`
    : Number(left) + Number(right);
}

function isDateLike(value: unknown): boolean {
  return value instanceof TemplateDate || value instanceof TemplateSpan;
}

/** Airflow's `macros`, as far as templates can call them. */
export const macros = {
  /** A date text a number of days later. */
  ds_add: (ds: string, days: number): string =>
    new TemplateDate(toMoment(ds)).add({ days }).to_date_string(),
  /** A date text read by one format and written by another, with the directives of strftime. */
  ds_format: (ds: string, inputFormat: string, outputFormat: string): string =>
    strptime(ds, inputFormat).strftime(outputFormat),
  datetime: {
    now: (): TemplateDate => new TemplateDate(Date.now()),
    utcnow: (): TemplateDate => new TemplateDate(Date.now()),
    fromisoformat: (text: string): TemplateDate => new TemplateDate(toMoment(text)),
    strptime: (text: string, format: string): TemplateDate => strptime(text, format),
  },
  /** `timedelta(days=1, hours=2)`, or days and seconds in that order. */
  timedelta: (...values: readonly unknown[]): TemplateSpan => {
    const [days = 0, seconds = 0] = values.filter((value) => typeof value === "number");
    const named = values.find((value) => typeof value === "object" && value !== null) ?? {};
    return new TemplateSpan(toMs({ days, seconds, ...keywords(named) }));
  },
  json: {
    dumps: (value: unknown): string => JSON.stringify(value),
    loads: (text: string): unknown => JSON.parse(text),
  },
  random: (): number => Math.random(),
  time: { time: (): number => Date.now() / SECOND_MS },
  uuid: { uuid4: (): string => randomUUID() },
};

function toMoment(text: string): number {
  const moment = parseMoment(String(text));
  if (moment === undefined) throw new TypeError(`"${text}" is no date; write it as "2026-01-31"`);
  return moment;
}

/** Numbers among keyword arguments, without the mark that the template engine adds. */
function keywords(given: object): Record<string, number> {
  const amounts: Record<string, number> = {};
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "number") amounts[name] = value;
  }
  return amounts;
}

function toMs(amounts: Readonly<Record<string, number>>): number {
  let ms = 0;
  for (const [unit, amount] of Object.entries(amounts)) {
    const factor = UNITS_MS[unit];
    if (factor === undefined) throw new TypeError(`"${unit}" is no unit of time`);
    ms += amount * factor;
  }
  return ms;
}

const READABLE: Readonly<Record<string, string>> = {
  Y: "(?<Y>\\d{4})",
  m: "(?<m>\\d{1,2})",
  d: "(?<d>\\d{1,2})",
  H: "(?<H>\\d{1,2})",
  M: "(?<M>\\d{1,2})",
  S: "(?<S>\\d{1,2})",
  "%": "%",
};

/** Python's strptime for numeric formats, read as UTC. */
function strptime(text: string, format: string): TemplateDate {
  const escaped = format.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = escaped.replaceAll(/%([A-Za-z%])/g, (directive, letter: string) => {
    const readable = READABLE[letter];
    if (readable === undefined) throw new Error(`strptime has no directive "${directive}"`);
    return readable;
  });
  const groups = new RegExp(`^${pattern}$`).exec(text)?.groups;
  if (!groups) throw new Error(`"${text}" does not match the format "${format}"`);
  const { Y = "1900", m = "1", d = "1", H = "0", M = "0", S = "0" } = groups;
  return new TemplateDate(
    Date.UTC(Number(Y), Number(m) - 1, Number(d), Number(H), Number(M), Number(S)),
  );
}
