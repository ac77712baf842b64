// Truth, equality, order and membership of values, by value as Python has them.
import { typeError } from "../../model/python/errors.ts";
import { textOf } from "./markup.ts";
import { describe } from "./repr.ts";
import { Undefined } from "./undefined.ts";
import { PythonObject, typeNameOf, type Value } from "./values.ts";

/**
 * Whether `{% if value %}` takes the branch: empty texts, lists and dicts, 0, None and False don't.
 */
export function isTrue(value: Value): boolean {
  switch (typeof value) {
    case "boolean":
      return value;
    case "string":
      return value !== "";
    case "bigint":
      return value !== 0n;
    case "number":
      // NaN is true in Python.
      return value !== 0;
    default:
      if (value === null) return false;
      return Array.isArray(value) ? value.length > 0 : value.isTrue();
  }
}

export function areEqual(left: Value, right: Value): boolean {
  if (right instanceof Undefined) return right.equals(left);
  if (isObject(left)) return equalsObject(left, right);
  if (isObject(right)) return equalsObject(right, left);
  if (Array.isArray(left)) return Array.isArray(right) && areListsEqual(left, right);
  const [a, b] = [numberOf(left), numberOf(right)];
  // JavaScript compares the order of bigint and number by value, exactly.
  if (a !== undefined && b !== undefined) return a <= b && a >= b;
  return left === right;
}

function equalsObject(object: PythonObject, other: Value): boolean {
  const text = textOf(object);
  return text === undefined ? object.equals(other) : text === textOf(other);
}

export function areListsEqual(left: readonly Value[], right: readonly Value[]): boolean {
  return (
    left.length === right.length &&
    left.every((item, index) => {
      const other = right[index] ?? null;
      return item === other || areEqual(item, other);
    })
  );
}

function isObject(value: Value): value is PythonObject {
  return value instanceof PythonObject;
}

function numberOf(value: Value): bigint | number | undefined {
  if (typeof value === "boolean") return BigInt(value);
  return typeof value === "bigint" || typeof value === "number" ? value : undefined;
}

/** Below, at or above 0; NaN when neither holds. Throws for values that have no order. */
export function compareOrder(left: Value, right: Value): number {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined) {
    if (a < b) return -1;
    if (a > b) return 1;
    return a >= b ? 0 : Number.NaN;
  }
  const [text, other] = [textOf(left), textOf(right)];
  if (text !== undefined && other !== undefined) return compareTexts(text, other);
  if (Array.isArray(left) && Array.isArray(right)) return compareLists(left, right);
  const order = isObject(left) ? left.compare(right) : undefined;
  if (order !== undefined) return order;
  const reflected = isObject(right) ? right.compare(left) : undefined;
  if (reflected !== undefined) return -reflected;
  throw typeError(
    `can't compare the order of ${describe(left)} and ${describe(right)} (${typeNameOf(left)} and ${typeNameOf(right)})`,
  );
}

/** By code points, not by UTF-16 units. */
function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  let index = 0;
  while (index < left.length && left[index] === right[index]) index += 1;
  const [a, b] = [left.codePointAt(index) ?? -1, right.codePointAt(index) ?? -1];
  return a < b ? -1 : 1;
}

export function compareLists(left: readonly Value[], right: readonly Value[]): number {
  for (const [index, item] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (item !== other && !areEqual(item, other)) return compareOrder(item, other);
  }
  return left.length - right.length;
}

/**
 * The same text for values that are one key of a dict: 1, 1.0 and True are. Throws for lists and
 * dicts.
 */
export function hashKey(value: Value): string {
  switch (typeof value) {
    case "string":
      return `s${value}`;
    case "bigint":
      return `n${value}`;
    case "boolean":
      return value ? "n1" : "n0";
    case "number":
      return Number.isInteger(value) ? `n${BigInt(value)}` : `f${value}`;
    default: {
      if (value === null) return "None";
      if (Array.isArray(value)) throw typeError("a list can't be a key: it is unhashable");
      const text = textOf(value);
      return text === undefined ? value.hashKey() : `s${text}`;
    }
  }
}

/** `value in container`. */
export function contains(container: Value, value: Value): boolean {
  if (value instanceof Undefined && !Array.isArray(container)) value.hashKey();
  const text = textOf(container);
  if (text !== undefined) {
    const part = textOf(value);
    if (part === undefined) {
      throw typeError(`a text can't contain ${describe(value)}, which is not a text`);
    }
    return text.includes(part);
  }
  if (Array.isArray(container))
    return container.some((item) => item === value || areEqual(item, value));
  const answer = isObject(container) ? container.contains(value) : undefined;
  if (answer === undefined) {
    throw typeError(`"in" needs a text, list or dict, got ${describe(container)}`);
  }
  return answer;
}

/** A copy in order; equal items keep their places, also reversed. */
export function sorted(
  items: readonly Value[],
  keyOf: (item: Value) => Value,
  isReversed = false,
): Value[] {
  const sign = isReversed ? -1 : 1;
  return items
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((left, right) => sign * (compareOrder(left.key, right.key) || 0))
    .map(({ item }) => item);
}
