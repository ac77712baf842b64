// The functions that every template of Jinja2 has: range, dict, namespace, cycler and joiner.

import { typeError } from "../../model/python/errors.ts";
import { entriesOf } from "../python/container-methods.ts";
import { Dict } from "../python/dict.ts";
import { NativeFunction, parameters, positional } from "../python/functions.ts";
import { createRange } from "../python/range.ts";
import { toText } from "../python/repr.ts";
import { type Arguments, PythonObject, type Value } from "../python/values.ts";

/** `namespace(count=0)`: its members can be set from inside loops. */
export class Namespace extends PythonObject {
  readonly typeName = "Namespace";
  readonly #values: Dict;

  constructor(values: Dict) {
    super();
    this.#values = values;
  }

  repr(): string {
    return `<Namespace ${this.#values.repr()}>`;
  }
  override attribute(name: string): Value | undefined {
    return this.#values.get(name);
  }
  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }
}

const readDict = positional("dict", "items?");

function createDict({ positional: given, named }: Arguments): Dict {
  const [items] = readDict({ positional: given, named: new Map() });
  return new Dict([...(items === undefined ? [] : entriesOf(items)), ...named]);
}

/** `cycler("odd", "even")`: `next()` gives one after the other. */
class Cycler extends PythonObject {
  readonly typeName = "Cycler";
  readonly #items: readonly Value[];
  #position = 0;

  constructor(items: readonly Value[]) {
    super();
    if (items.length === 0) throw typeError("cycler() needs at least one item");
    this.#items = items;
  }

  repr(): string {
    throw typeError("a cycler has no printed form; print its next()");
  }
  get #current(): Value {
    return this.#items[this.#position] ?? null;
  }
  override attribute(name: string): Value | undefined {
    if (name === "current") return this.#current;
    if (name === "pos") return BigInt(this.#position);
    if (name === "reset") {
      return new NativeFunction(name, () => {
        this.#position = 0;
        return null;
      });
    }
    if (name !== "next") return undefined;
    return new NativeFunction(name, () => {
      const item = this.#current;
      this.#position = (this.#position + 1) % this.#items.length;
      return item;
    });
  }
}

/** `joiner(", ")`: calling it gives nothing the first time, then the separator. */
class Joiner extends PythonObject {
  readonly typeName = "Joiner";
  readonly isCallable = true;
  readonly #separator: string;
  #isUsed = false;

  constructor(separator: string) {
    super();
    this.#separator = separator;
  }

  repr(): string {
    throw typeError("a joiner has no printed form; call it");
  }
  override call(): Value {
    const text = this.#isUsed ? this.#separator : "";
    this.#isUsed = true;
    return text;
  }
}

const readJoiner = parameters("joiner", "sep?");

export const GLOBALS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["range", new NativeFunction("range", createRange)],
  ["dict", new NativeFunction("dict", createDict)],
  ["namespace", new NativeFunction("namespace", (args) => new Namespace(createDict(args)))],
  ["cycler", new NativeFunction("cycler", ({ positional: items }) => new Cycler(items))],
  [
    "joiner",
    new NativeFunction("joiner", (args) => new Joiner(toText(readJoiner(args)[0] ?? ", "))),
  ],
]);
