// The syntax tree of a template: what the parser builds, and the scan and the interpreter read.
import type { Value } from "../python/values.ts";

export type BinaryOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**";
export type CompareOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

/** What a call, filter or test is given. */
export interface CallArguments {
  readonly positional: readonly Expression[];
  readonly named: readonly { readonly name: string; readonly value: Expression }[];
  /** `*items` */
  readonly spread?: Expression;
  /** `**items` */
  readonly spreadNamed?: Expression;
}

export interface FilterCall {
  readonly name: string;
  readonly args: CallArguments;
}

export type Expression =
  | { readonly kind: "constant"; readonly value: Value }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "attribute"; readonly target: Expression; readonly name: string }
  | { readonly kind: "item"; readonly target: Expression; readonly key: Expression }
  | SliceExpression
  | { readonly kind: "tuple" | "list"; readonly items: readonly Expression[] }
  | { readonly kind: "dict"; readonly pairs: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: "call"; readonly callee: Expression; readonly args: CallArguments }
  | { readonly kind: "filter"; readonly target: Expression; readonly filter: FilterCall }
  | { readonly kind: "test"; readonly target: Expression; readonly test: FilterCall }
  | { readonly kind: "not" | "negate" | "plus"; readonly operand: Expression }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "concat"; readonly parts: readonly Expression[] }
  | CompareExpression
  | {
      readonly kind: "condition";
      readonly test: Expression;
      readonly whenTrue: Expression;
      /** Absent: undefined when the test fails. */
      readonly otherwise?: Expression;
    };

export interface SliceExpression {
  readonly kind: "slice";
  readonly start?: Expression;
  readonly stop?: Expression;
  readonly step?: Expression;
}

/** `a < b <= c`: each operand is compared with the one before. */
export interface CompareExpression {
  readonly kind: "compare";
  readonly first: Expression;
  readonly rest: readonly { readonly operator: CompareOperator; readonly operand: Expression }[];
}

/** What `set`, `for` and `with` assign to. */
export type Target =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "namespace"; readonly name: string; readonly attribute: string }
  | { readonly kind: "tuple"; readonly items: readonly Target[] };

/** A parameter of a macro or of a call block. */
export interface Parameter {
  readonly name: string;
  readonly fallback?: Expression;
}

export type Body = readonly Statement[];

export interface ForStatement {
  readonly kind: "for";
  readonly target: Target;
  readonly over: Expression;
  readonly test?: Expression;
  readonly isRecursive: boolean;
  readonly body: Body;
  readonly otherwise: Body;
}

export interface MacroStatement {
  readonly kind: "macro";
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: Body;
}

export type Statement =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly value: Expression }
  | {
      readonly kind: "if";
      readonly branches: readonly { readonly test: Expression; readonly body: Body }[];
      readonly otherwise: Body;
    }
  | ForStatement
  | { readonly kind: "set"; readonly target: Target; readonly value: Expression }
  | {
      readonly kind: "set-block";
      readonly target: Target;
      readonly filters: readonly FilterCall[];
      readonly body: Body;
    }
  | {
      readonly kind: "with";
      readonly assignments: readonly { readonly target: Target; readonly value: Expression }[];
      readonly body: Body;
    }
  | MacroStatement
  | {
      readonly kind: "call-block";
      readonly parameters: readonly Parameter[];
      readonly call: Expression & { readonly kind: "call" };
      readonly body: Body;
    }
  | { readonly kind: "filter-block"; readonly filters: readonly FilterCall[]; readonly body: Body }
  | { readonly kind: "do"; readonly value: Expression }
  | { readonly kind: "block"; readonly name: string; readonly body: Body };

/** Anything in a tree. */
export type TemplateNode = Expression | Statement | Target;

/** Names with dots as written; for other expressions something recognisable. */
export function sourceOf(node: Expression): string {
  const path = pathOf(node);
  if (path) return path.join(".");
  if (node.kind === "call") return `${sourceOf(node.callee)}(…)`;
  if (node.kind === "item") return `${sourceOf(node.target)}[…]`;
  if (node.kind === "attribute") return `${sourceOf(node.target)}.${node.name}`;
  return node.kind === "filter" ? "the result of a filter" : "an expression";
}

/** The names of `a.b.c` or `a["b"].c`; `undefined` for anything else. */
export function pathOf(node: Expression): readonly string[] | undefined {
  if (node.kind === "name") return [node.name];
  if (node.kind !== "attribute" && node.kind !== "item") return undefined;
  const target = pathOf(node.target);
  if (!target) return undefined;
  if (node.kind === "attribute") return [...target, node.name];
  const { key } = node;
  const isPlain = key.kind === "constant" && ["string", "bigint"].includes(typeof key.value);
  return isPlain ? [...target, String(key.value)] : undefined;
}

/** Every node below, the outer ones first. */
export function* walk(node: unknown): Generator<TemplateNode> {
  if (Array.isArray(node)) {
    for (const item of node) yield* walk(item);
  } else if (typeof node === "object" && node !== null) {
    if ("kind" in node) yield node as TemplateNode;
    for (const child of Object.values(node)) yield* walk(child);
  }
}
