// Macros, and the bodies of call blocks, which are macros named `caller`.

import { typeError } from "../../model/python/errors.ts";
import { Dict } from "../python/dict.ts";
import { Tuple } from "../python/tuple.ts";
import { Undefined } from "../python/undefined.ts";
import { type Arguments, PythonObject, type Value } from "../python/values.ts";
import { type Body, type Parameter, walk } from "../syntax/nodes.ts";
import { evaluate } from "./expressions.ts";
import { Scope } from "./scope.ts";

interface MacroDefinition {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: Body;
  /** The names around it, as they are when it is called. */
  readonly scope: Scope;
  readonly render: (scope: Scope) => Value;
}

/** Arguments beyond the parameters are taken only by a body that names them. */
const CATCHING = ["varargs", "kwargs", "caller"] as const;

export class Macro extends PythonObject {
  readonly typeName = "Macro";
  readonly isCallable = true;
  readonly #definition: MacroDefinition;
  readonly #names: readonly string[];
  readonly #catches: ReadonlySet<string>;

  constructor(definition: MacroDefinition) {
    super();
    this.#definition = definition;
    this.#names = definition.parameters.map(({ name }) => name);
    const used = new Set<string>();
    for (const node of walk(definition.body)) if (node.kind === "name") used.add(node.name);
    this.#catches = new Set(
      CATCHING.filter((name) => used.has(name) && !this.#names.includes(name)),
    );
  }

  repr(): string {
    return `<Macro '${this.#definition.name}'>`;
  }
  override attribute(name: string): Value | undefined {
    switch (name) {
      case "name":
        return this.#definition.name;
      case "arguments":
        return new Tuple(this.#names);
      case "catch_kwargs":
        return this.#catches.has("kwargs");
      case "catch_varargs":
        return this.#catches.has("varargs");
      case "caller":
        return this.#catches.has("caller");
      default:
        return undefined;
    }
  }

  override call({ positional, named }: Arguments): Value {
    const { parameters, scope, render } = this.#definition;
    const inner = new Scope(scope);
    const rest = new Map(named);
    for (const [index, { name, fallback }] of parameters.entries()) {
      const given = positional[index];
      const value = given === undefined ? takeNamed(rest, name) : given;
      const missing = () =>
        fallback ? evaluate(fallback, inner) : new Undefined(`the argument "${name}" is not given`);
      inner.set(name, value === undefined ? missing() : value);
    }
    this.#setRest(inner, positional.slice(parameters.length), rest);
    return render(inner);
  }

  #setRest(inner: Scope, positional: readonly Value[], named: Map<string, Value>): void {
    if (this.#catches.has("caller")) {
      const caller = takeNamed(named, "caller");
      inner.set("caller", caller ?? new Undefined("the macro is not called by a call block"));
    }
    if (this.#catches.has("kwargs")) inner.set("kwargs", new Dict(named));
    else if (named.size > 0) {
      throw typeError(
        `macro "${this.#definition.name}" takes no argument "${[...named.keys()][0]}"`,
      );
    }
    if (this.#catches.has("varargs")) inner.set("varargs", new Tuple(positional));
    else if (positional.length > 0) {
      throw typeError(
        `macro "${this.#definition.name}" takes at most ${this.#names.length} arguments`,
      );
    }
  }
}

function takeNamed(named: Map<string, Value>, name: string): Value | undefined {
  const value = named.get(name);
  named.delete(name);
  return value;
}
