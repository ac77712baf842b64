// Jinja2's tests: what stands behind `is`.
import { areEqual, compareOrder, contains, hashKey } from "../python/compare.ts";
import { Dict } from "../python/dict.ts";
import { type Given, NativeFunction, parameters } from "../python/functions.ts";
import { PythonIterator, tryIterate, tryLengthOf } from "../python/iterate.ts";
import { Markup, textOf } from "../python/markup.ts";
import { calculate } from "../python/operators.ts";
import { Range } from "../python/range.ts";
import { toText } from "../python/repr.ts";
import { TEXT_KINDS } from "../python/texts/text-case.ts";
import { Tuple } from "../python/tuple.ts";
import { Undefined } from "../python/undefined.ts";
import { type Arguments, integerOf, type Value } from "../python/values.ts";

export type Test = (value: Value, args: Arguments) => boolean;

function test(
  name: string,
  names: readonly string[],
  run: (value: Value, args: Given) => boolean,
): [string, Test] {
  const read = parameters(name, ...names);
  return [name, (value, args) => run(value, read(args))];
}

function comparing(
  names: readonly string[],
  run: (left: Value, right: Value) => boolean,
): [string, Test][] {
  return names.map((name) => test(name, ["other"], (value, [other = null]) => run(value, other)));
}

function remainderIs(divisor: Value, remainder: bigint): (value: Value) => boolean {
  return (value) => areEqual(calculate("%", value, divisor), remainder);
}

function hasItems(value: Value): boolean {
  if (value instanceof Undefined) return false;
  const isSubscriptable =
    Array.isArray(value) ||
    value instanceof Tuple ||
    value instanceof Dict ||
    value instanceof Range;
  return (textOf(value) !== undefined || isSubscriptable) && tryLengthOf(value) !== undefined;
}

function isIterable(value: Value): boolean {
  return value instanceof PythonIterator || tryIterate(value) !== undefined;
}

function isCallable(value: Value): boolean {
  if (value instanceof Undefined) return true;
  return (
    value instanceof NativeFunction ||
    (typeof value === "object" && value !== null && "isCallable" in value)
  );
}

function isKind(name: "islower" | "isupper"): (value: Value) => boolean {
  return (value) => TEXT_KINDS.get(name)?.(toText(value)) ?? false;
}

export const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  test("defined", [], (value) => !(value instanceof Undefined)),
  test("undefined", [], (value) => value instanceof Undefined),
  test("none", [], (value) => value === null),
  test("boolean", [], (value) => typeof value === "boolean"),
  test("true", [], (value) => value === true),
  test("false", [], (value) => value === false),
  test("integer", [], (value) => typeof value === "bigint"),
  test("float", [], (value) => typeof value === "number"),
  test("number", [], (value) => integerOf(value) !== undefined || typeof value === "number"),
  test("string", [], (value) => textOf(value) !== undefined),
  test("mapping", [], (value) => value instanceof Dict),
  test("sequence", [], hasItems),
  test("iterable", [], isIterable),
  test("callable", [], isCallable),
  test("escaped", [], (value) => value instanceof Markup),
  test("lower", [], isKind("islower")),
  test("upper", [], isKind("isupper")),
  test("odd", [], remainderIs(2n, 1n)),
  test("even", [], remainderIs(2n, 0n)),
  test("divisibleby", ["num"], (value, [divisor = 1n]) => remainderIs(divisor, 0n)(value)),
  test("sameas", ["other"], (value, [other = null]) => value === other),
  test("in", ["seq"], (value, [container = null]) => contains(container, value)),
  ...comparing(["==", "eq", "equalto"], areEqual),
  ...comparing(["!=", "ne"], (left, right) => !areEqual(left, right)),
  ...comparing([">", "gt", "greaterthan"], (left, right) => compareOrder(left, right) > 0),
  ...comparing([">=", "ge"], (left, right) => compareOrder(left, right) >= 0),
  ...comparing(["<", "lt", "lessthan"], (left, right) => compareOrder(left, right) < 0),
  ...comparing(["<=", "le"], (left, right) => compareOrder(left, right) <= 0),
]);

/** The name that a test of names got; what is not a text is not a name. */
export function testedName(value: Value): string | undefined {
  hashKey(value);
  return textOf(value);
}
