// Runs the statements of a template and collects what it prints.
import { isTrue } from "../python/compare.ts";
import { iterate, tryLengthOf, unpack } from "../python/iterate.ts";
import { checkTextLength } from "../python/limits.ts";
import { toText } from "../python/repr.ts";
import { Undefined } from "../python/undefined.ts";
import type { Value } from "../python/values.ts";
import type { Body, FilterCall, ForStatement, Statement, Target } from "../syntax/nodes.ts";
import { applyFilter, evaluate, evaluateCallWith, notANamespace } from "./expressions.ts";
import { Namespace } from "./globals.ts";
import { Loop } from "./loop.ts";
import { Macro } from "./macro.ts";
import { type Names, Scope } from "./scope.ts";

/** What a template prints, in pieces. */
class Output {
  readonly #pieces: string[] = [];
  #length = 0;

  add(text: string): void {
    this.#length += text.length;
    checkTextLength(this.#length);
    this.#pieces.push(text);
  }
  toString(): string {
    return this.#pieces.join("");
  }
}

/** The text that the body prints, in a scope of its own. */
export function render(body: Body, names: Names): string {
  const output = new Output();
  const root = new Scope(names);
  new Runner(root, output).runAll(body, root);
  return output.toString();
}

type BlockStatement = Extract<
  Statement,
  { kind: "set-block" | "with" | "filter-block" | "block" | "macro" | "call-block" }
>;

class Runner {
  /** What a `block` sees, wherever it stands. */
  readonly #root: Scope;
  readonly #output: Output;

  constructor(root: Scope, output: Output) {
    this.#root = root;
    this.#output = output;
  }

  runAll(body: Body, scope: Scope): void {
    for (const statement of body) this.#run(statement, scope);
  }

  #run(statement: Statement, scope: Scope): void {
    switch (statement.kind) {
      case "text":
        this.#output.add(statement.text);
        break;
      case "print":
        this.#output.add(toText(evaluate(statement.value, scope)));
        break;
      case "do":
        evaluate(statement.value, scope);
        break;
      case "set":
        assign(statement.target, evaluate(statement.value, scope), scope);
        break;
      case "if": {
        const branch = statement.branches.find(({ test }) => isTrue(evaluate(test, scope)));
        this.runAll(branch ? branch.body : statement.otherwise, scope);
        break;
      }
      case "for":
        this.#loop(statement, evaluate(statement.over, scope), scope, 0);
        break;
      default:
        this.#runBlock(statement, scope);
    }
  }

  /** Statements whose body has a scope of its own. */
  #runBlock(statement: BlockStatement, scope: Scope): void {
    switch (statement.kind) {
      case "set-block": {
        const text = this.#capture(statement.body, new Scope(scope));
        assign(statement.target, applyFilters(text, statement.filters, scope), scope);
        break;
      }
      case "with": {
        const inner = new Scope(scope);
        for (const { target, value } of statement.assignments) {
          assign(target, evaluate(value, scope), inner);
        }
        this.runAll(statement.body, inner);
        break;
      }
      case "filter-block": {
        const text = this.#capture(statement.body, new Scope(scope));
        this.#output.add(toText(applyFilters(text, statement.filters, scope)));
        break;
      }
      case "block":
        this.runAll(statement.body, new Scope(this.#root));
        break;
      case "macro":
        scope.set(statement.name, this.#macro(statement.name, statement, scope));
        break;
      case "call-block": {
        const caller = this.#macro("caller", statement, scope);
        this.#output.add(toText(evaluateCallWith(statement.call, scope, caller)));
      }
    }
  }

  #macro(
    name: string,
    { parameters, body }: Statement & { kind: "macro" | "call-block" },
    scope: Scope,
  ): Macro {
    return new Macro({
      name,
      parameters,
      body,
      scope,
      render: (inner) => this.#capture(body, inner),
    });
  }

  #capture(body: Body, scope: Scope): string {
    const output = new Output();
    new Runner(this.#root, output).runAll(body, scope);
    return output.toString();
  }

  #loop(statement: ForStatement, items: Value, scope: Scope, depth0: number): void {
    const { test, target, isRecursive } = statement;
    const iterator = test ? filterItems(statement, items, scope) : iterate(items);
    const recurse = (inner: Value, depth: number): Value => {
      const output = new Output();
      new Runner(this.#root, output).#loop(statement, inner, scope, depth);
      return output.toString();
    };
    const loop = new Loop(iterator, {
      length: test ? undefined : tryLengthOf(items),
      depth0,
      ...(isRecursive ? { recurse } : {}),
    });
    let isEmpty = true;
    for (let item = loop.next(); item !== undefined; item = loop.next()) {
      isEmpty = false;
      const inner = new Scope(scope);
      inner.set("loop", loop);
      assign(target, item, inner);
      this.runAll(statement.body, inner);
    }
    if (isEmpty) this.runAll(statement.otherwise, new Scope(scope));
  }
}

/** The items for which the loop's `if` holds, each asked for when the loop gets there. */
function* filterItems(
  { test, target }: ForStatement,
  items: Value,
  scope: Scope,
): Generator<Value> {
  const iterator = iterate(items);
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    const inner = new Scope(scope);
    inner.set("loop", new Undefined('"loop" is not defined in the "if" of its loop'));
    assign(target, next.value, inner);
    if (!test || isTrue(evaluate(test, inner))) yield next.value;
  }
}

function applyFilters(text: Value, filters: readonly FilterCall[], scope: Scope): Value {
  return filters.reduce((value, filter) => applyFilter(value, filter, scope), text);
}

function assign(target: Target, value: Value, scope: Scope): void {
  if (target.kind === "name") scope.set(target.name, value);
  else if (target.kind === "namespace") {
    const namespace = scope.get(target.name);
    if (!(namespace instanceof Namespace)) throw notANamespace(target.name);
    namespace.set(target.attribute, value);
  } else {
    const items = unpack(value, target.items.length);
    for (const [index, inner] of target.items.entries()) assign(inner, items[index] ?? null, scope);
  }
}
