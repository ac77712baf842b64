// `range(…)`, as short as Jinja2's sandbox has it.
import { PythonError, typeError, valueError } from "../../model/python/errors.ts";
import { positional, requireIndex } from "./functions.ts";
import { MOST_IN_RANGE } from "./limits.ts";
import { type Arguments, integerOf, PythonObject, type Value } from "./values.ts";

export class Range extends PythonObject {
  readonly typeName = "range";
  readonly #start: number;
  readonly #stop: number;
  readonly #step: number;

  constructor(start: number, stop: number, step: number) {
    super();
    if (step === 0) throw valueError("range() takes no step of 0");
    this.#start = start;
    this.#stop = stop;
    this.#step = step;
  }

  at(index: number): bigint {
    return BigInt(this.#start + index * this.#step);
  }
  /** The items from one place up to another, as a range. */
  slice(from: number, to: number, by: number): Range {
    return new Range(Number(this.at(from)), Number(this.at(to)), this.#step * by);
  }
  repr(): string {
    const step = this.#step === 1 ? "" : `, ${this.#step}`;
    return `range(${this.#start}, ${this.#stop}${step})`;
  }
  override isTrue(): boolean {
    return this.length() > 0;
  }
  override length(): number {
    return Math.max(0, Math.ceil((this.#stop - this.#start) / this.#step));
  }
  override *iterate(): Iterator<Value> {
    const length = this.length();
    for (let index = 0; index < length; index += 1) yield this.at(index);
  }
  override contains(value: Value): boolean {
    const number = typeof value === "number" ? value : Number(integerOf(value) ?? Number.NaN);
    const index = (number - this.#start) / this.#step;
    return Number.isInteger(index) && index >= 0 && index < this.length();
  }
  override equals(other: Value): boolean {
    if (!(other instanceof Range) || other.length() !== this.length()) return false;
    const length = this.length();
    return (
      length === 0 || (other.at(0) === this.at(0) && (length === 1 || other.at(1) === this.at(1)))
    );
  }
}

const read = positional("range", "start", "stop?", "step?");

/** The global function. */
export function createRange(args: Arguments): Range {
  const [first, second, third] = read(args);
  if (first === undefined) throw typeError("range() needs an argument");
  const start = second === undefined ? 0 : requireIndex(first, "range()");
  const stop = requireIndex(second ?? first, "range()");
  const range = new Range(start, stop, third === undefined ? 1 : requireIndex(third, "range()"));
  if (range.length() > MOST_IN_RANGE) {
    throw new PythonError(
      "OverflowError",
      `range(${start}, ${stop}) has more than ${MOST_IN_RANGE} items, the most that a template takes`,
    );
  }
  return range;
}
