// Arithmetic operators and `~` of values.
import { typeError } from "../../model/python/errors.ts";
import { requireIndex } from "./functions.ts";
import { listOf } from "./iterate.ts";
import { checkedText, checkItemCount, checkTextLength } from "./limits.ts";
import { escapeValue, Markup, textOf } from "./markup.ts";
import { calculateFloats, calculateIntegers } from "./numbers.ts";
import { describe, toText } from "./repr.ts";
import { formatPercent } from "./texts/percent-format.ts";
import { Tuple } from "./tuple.ts";
import {
  type ArithmeticOperator,
  floatOf,
  integerOf,
  PythonObject,
  typeNameOf,
  type Value,
} from "./values.ts";

const WORDS: Readonly<Record<ArithmeticOperator, string>> = {
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "//": "divide",
  "%": "take the remainder of",
  "**": "raise to a power",
};

/** `left operator right`. Throws TypeError for types that don't go together. */
export function calculate(operator: ArithmeticOperator, left: Value, right: Value): Value {
  const [a, b] = [integerOf(left), integerOf(right)];
  if (a !== undefined && b !== undefined) return calculateIntegers(operator, a, b);
  const [x, y] = [floatOf(left), floatOf(right)];
  if (x !== undefined && y !== undefined) return calculateFloats(operator, x, y);
  const result =
    calculateObjects(operator, left, right) ?? calculateSequences(operator, left, right);
  if (result !== undefined) return result;
  throw typeError(
    `can't ${WORDS[operator]} ${describe(left)} and ${describe(right)} (${typeNameOf(left)} and ${typeNameOf(right)})`,
  );
}

function calculateObjects(operator: ArithmeticOperator, left: Value, right: Value) {
  const result = left instanceof PythonObject ? left.operate(operator, right, false) : undefined;
  if (result !== undefined) return result;
  return right instanceof PythonObject ? right.operate(operator, left, true) : undefined;
}

function calculateSequences(
  operator: ArithmeticOperator,
  left: Value,
  right: Value,
): Value | undefined {
  const text = textOf(left);
  if (operator === "%" && text !== undefined) {
    return left instanceof Markup ? formatMarkup(left, right) : formatPercent(text, right);
  }
  if (operator === "+") return concatenate(left, right);
  if (operator === "*")
    return integerOf(left) === undefined ? repeat(left, right) : repeat(right, left);
  return undefined;
}

/** The arguments are escaped, as MarkupSafe does. */
function formatMarkup(format: Markup, given: Value): Markup {
  const escaped = (value: Value): Value =>
    textOf(value) === undefined ? value : escapeValue(value).text;
  const args = given instanceof Tuple ? new Tuple(given.items.map(escaped)) : escaped(given);
  return new Markup(formatPercent(format.text, args));
}

function concatenate(left: Value, right: Value): Value | undefined {
  if (Array.isArray(left) && Array.isArray(right)) {
    checkItemCount(left.length + right.length);
    return [...left, ...right];
  }
  if (left instanceof Tuple && right instanceof Tuple) {
    return new Tuple([...left.items, ...right.items]);
  }
  const [a, b] = [textOf(left), textOf(right)];
  if (a === undefined || b === undefined) return undefined;
  if (left instanceof Markup || right instanceof Markup) {
    return new Markup(checkedText(escapeValue(left).text + escapeValue(right).text));
  }
  return checkedText(a + b);
}

function repeat(sequence: Value, times: Value): Value | undefined {
  if (integerOf(times) === undefined) return undefined;
  const text = textOf(sequence);
  const isSequence = text !== undefined || Array.isArray(sequence) || sequence instanceof Tuple;
  if (!isSequence) return undefined;
  const count = Math.max(0, requireIndex(times, "a repetition"));
  if (text !== undefined) {
    checkTextLength(text.length * count);
    return sequence instanceof Markup ? new Markup(text.repeat(count)) : text.repeat(count);
  }
  const items = listOf(sequence);
  checkItemCount(items.length * count);
  const repeated = Array.from({ length: count }, () => items).flat();
  return sequence instanceof Tuple ? new Tuple(repeated) : repeated;
}

/** `a ~ b`: both as they print. */
export function joinTexts(parts: readonly Value[]): string {
  return checkedText(parts.map(toText).join(""));
}

/** `-value`, `+value` and `abs(value)`. */
export function applySign(operator: "-" | "+" | "abs", value: Value): Value {
  const number = integerOf(value) ?? (typeof value === "number" ? value : undefined);
  if (number !== undefined) {
    if (operator === "-") return -number;
    return operator === "abs" && number < 0 ? -number : number;
  }
  const result = value instanceof PythonObject ? value.sign(operator) : undefined;
  if (result !== undefined) return result;
  throw typeError(`${describe(value)} (${typeNameOf(value)}) has no "${operator}"`);
}
