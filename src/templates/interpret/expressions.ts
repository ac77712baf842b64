// Evaluates expressions with Python's semantics.

import { type PythonError, typeError } from "../../model/python/errors.ts";
import { REGISTRY } from "../filters/registry.ts";
import { areEqual, compareOrder, contains, isTrue } from "../python/compare.ts";
import { Dict } from "../python/dict.ts";
import { TemplateNameError } from "../python/errors.ts";
import { callValue } from "../python/functions.ts";
import { listOf } from "../python/iterate.ts";
import { textOf } from "../python/markup.ts";
import { applySign, calculate, joinTexts } from "../python/operators.ts";
import { describe } from "../python/repr.ts";
import { findAttribute, findItem, getSlice } from "../python/subscript.ts";
import { Tuple } from "../python/tuple.ts";
import { EmptyElse, Undefined } from "../python/undefined.ts";
import type { Arguments, Value } from "../python/values.ts";
import {
  type CallArguments,
  type CompareExpression,
  type CompareOperator,
  type Expression,
  type FilterCall,
  sourceOf,
} from "../syntax/nodes.ts";
import type { Names } from "./scope.ts";

export function evaluate(node: Expression, names: Names): Value {
  switch (node.kind) {
    case "constant":
      return node.value;
    case "name":
      return orUndefined(names.get(node.name), node);
    case "attribute":
    case "item":
      return evaluateMember(node, names);
    case "slice":
      throw typeError('a slice stands in brackets behind a value: "value[1:2]"');
    case "tuple":
      return new Tuple(node.items.map((item) => evaluate(item, names)));
    case "list":
      return node.items.map((item) => evaluate(item, names));
    case "dict":
      return new Dict(
        node.pairs.map(([key, value]) => [evaluate(key, names), evaluate(value, names)] as const),
      );
    case "call":
      return evaluateCall(node, names);
    case "filter":
      return applyFilter(evaluate(node.target, names), node.filter, names);
    case "test":
      return REGISTRY.callTest(
        node.test.name,
        evaluate(node.target, names),
        evaluateArguments(node.test.args, names),
      );
    default:
      return evaluateOperation(node, names);
  }
}

type Operation = Exclude<
  Expression,
  {
    kind:
      | "constant"
      | "name"
      | "attribute"
      | "item"
      | "slice"
      | "tuple"
      | "list"
      | "dict"
      | "call"
      | "filter"
      | "test";
  }
>;

function evaluateOperation(node: Operation, names: Names): Value {
  switch (node.kind) {
    case "not":
      return !isTrue(evaluate(node.operand, names));
    case "negate":
      return applySign("-", evaluate(node.operand, names));
    case "plus":
      return applySign("+", evaluate(node.operand, names));
    case "binary": {
      const left = evaluate(node.left, names);
      return calculate(node.operator, left, evaluate(node.right, names));
    }
    case "and": {
      const left = evaluate(node.left, names);
      return isTrue(left) ? evaluate(node.right, names) : left;
    }
    case "or": {
      const left = evaluate(node.left, names);
      return isTrue(left) ? left : evaluate(node.right, names);
    }
    case "concat":
      return joinTexts(node.parts.map((part) => evaluate(part, names)));
    case "compare":
      return evaluateComparison(node, names);
    case "condition":
      if (isTrue(evaluate(node.test, names))) return evaluate(node.whenTrue, names);
      if (node.otherwise) return evaluate(node.otherwise, names);
      return new EmptyElse();
  }
}

function evaluateMember(node: Expression & { kind: "attribute" | "item" }, names: Names): Value {
  const target = evaluate(node.target, names);
  if (target instanceof Undefined)
    throw new TemplateNameError(`"${sourceOf(node)}" is not defined`);
  if (node.kind === "attribute") {
    return orUndefined(findAttribute(target, node.name), node);
  }
  if (node.key.kind === "slice") {
    const bound = (part: Expression | undefined) => (part ? evaluate(part, names) : null);
    return getSlice(target, [bound(node.key.start), bound(node.key.stop), bound(node.key.step)]);
  }
  const key = evaluate(node.key, names);
  if (key instanceof Undefined) key.fail();
  return orUndefined(findItem(target, key), node);
}

function orUndefined(value: Value | undefined, node: Expression): Value {
  return value === undefined ? Undefined.named(sourceOf(node)) : value;
}

function evaluateCall({ callee, args }: Expression & { kind: "call" }, names: Names): Value {
  const target = evaluate(callee, names);
  if (target instanceof Undefined) target.fail();
  const result = callValue(target, evaluateArguments(args, names), sourceOf(callee));
  return result;
}

/** A call with one more named argument: the `caller` of a call block. */
export function evaluateCallWith(
  { callee, args }: Expression & { kind: "call" },
  names: Names,
  caller: Value,
): Value {
  const given = evaluateArguments(args, names);
  const named = new Map([...given.named, ["caller", caller] as const]);
  return callValue(evaluate(callee, names), { ...given, named }, sourceOf(callee));
}

export function applyFilter(value: Value, { name, args }: FilterCall, names: Names): Value {
  return REGISTRY.callFilter(name, value, evaluateArguments(args, names));
}

function evaluateArguments(args: CallArguments, names: Names): Arguments {
  const positional = args.positional.map((argument) => evaluate(argument, names));
  const named = new Map<string, Value>();
  const add = (name: string, value: Value) => {
    if (named.has(name)) throw typeError(`a call gives the argument "${name}" twice`);
    named.set(name, value);
  };
  for (const { name, value } of args.named) add(name, evaluate(value, names));
  if (args.spread) positional.push(...listOf(evaluate(args.spread, names)));
  if (args.spreadNamed) {
    const dict = evaluate(args.spreadNamed, names);
    if (!(dict instanceof Dict)) throw typeError(`"**" needs a dict, got ${describe(dict)}`);
    for (const [key, value] of dict.entries()) {
      const name = textOf(key);
      if (name === undefined) throw typeError(`"**" needs texts as keys, got ${describe(key)}`);
      add(name, value);
    }
  }
  return { positional, named };
}

function evaluateComparison({ first, rest }: CompareExpression, names: Names): Value {
  let left = evaluate(first, names);
  for (const { operator, operand } of rest) {
    const right = evaluate(operand, names);
    if (!compare(operator, left, right)) return false;
    left = right;
  }
  return true;
}

function compare(operator: CompareOperator, left: Value, right: Value): boolean {
  switch (operator) {
    case "==":
      return areEqual(left, right);
    case "!=":
      return !areEqual(left, right);
    case "<":
      return compareOrder(left, right) < 0;
    case "<=":
      return compareOrder(left, right) <= 0;
    case ">":
      return compareOrder(left, right) > 0;
    case ">=":
      return compareOrder(left, right) >= 0;
    case "in":
      return contains(right, left);
    case "not in":
      return !contains(right, left);
  }
}

/** An error for a value that is not a namespace. */
export function notANamespace(name: string): PythonError {
  return typeError(`"${name}" is not a namespace; make one with {% set ${name} = namespace() %}`);
}
