// `loop` inside a `for`: which item it is, the ones around it, and how many there are.

import { typeError } from "../../model/python/errors.ts";
import { areListsEqual } from "../python/compare.ts";
import { NativeFunction, positional } from "../python/functions.ts";
import { Undefined } from "../python/undefined.ts";
import { type Arguments, orElse, PythonObject, type Value } from "../python/values.ts";

interface LoopOptions {
  /** Known beforehand for lists and the like; else the items are read ahead when asked. */
  readonly length: number | undefined;
  readonly depth0: number;
  /** Renders the body for the items given; only of recursive loops. */
  readonly recurse?: (items: Value, depth0: number) => Value;
}

const readItems = positional("loop", "items");

export class Loop extends PythonObject {
  readonly typeName = "LoopContext";
  readonly isCallable = true;
  readonly #iterator: Iterator<Value>;
  readonly #options: LoopOptions;
  /** Items that were read ahead. */
  readonly #ahead: Value[] = [];
  #index0 = -1;
  #current: Value | undefined;
  #previous: Value | undefined;
  #lastChanged: readonly Value[] | undefined;

  constructor(iterator: Iterator<Value>, options: LoopOptions) {
    super();
    this.#iterator = iterator;
    this.#options = options;
  }

  /** The next item; `undefined` after the last. */
  next(): Value | undefined {
    const item = this.#ahead.length > 0 ? this.#ahead.shift() : this.#read();
    if (item === undefined) return undefined;
    this.#index0 += 1;
    this.#previous = this.#current;
    this.#current = item;
    return item;
  }

  repr(): string {
    return `<LoopContext ${this.#index0 + 1}/${this.length()}>`;
  }
  override length(): number {
    if (this.#options.length !== undefined) return this.#options.length;
    for (let item = this.#read(); item !== undefined; item = this.#read()) this.#ahead.push(item);
    return this.#index0 + 1 + this.#ahead.length;
  }
  override call(args: Arguments): Value {
    const { recurse, depth0 } = this.#options;
    const [items = null] = readItems(args);
    if (!recurse) throw typeError('only a loop marked as "recursive" can be called');
    return recurse(items, depth0 + 1);
  }
  override attribute(name: string): Value | undefined {
    const index0 = this.#index0;
    switch (name) {
      case "index":
        return BigInt(index0 + 1);
      case "index0":
        return BigInt(index0);
      case "revindex":
        return BigInt(this.length() - index0);
      case "revindex0":
        return BigInt(this.length() - index0 - 1);
      case "first":
        return index0 === 0;
      case "last":
        return this.#peek() === undefined;
      case "length":
        return BigInt(this.length());
      case "depth":
        return BigInt(this.#options.depth0 + 1);
      case "depth0":
        return BigInt(this.#options.depth0);
      case "previtem":
        return orElse(this.#previous, () => new Undefined("there is no previous item"));
      case "nextitem":
        return orElse(this.#peek(), () => new Undefined("there is no next item"));
      case "cycle":
        return new NativeFunction("cycle", ({ positional: items }) => {
          const item = items[index0 % items.length];
          if (item === undefined) throw typeError("loop.cycle() needs items");
          return item;
        });
      case "changed":
        return new NativeFunction("changed", ({ positional: values }) => this.#hasChanged(values));
      default:
        return undefined;
    }
  }

  #hasChanged(values: readonly Value[]): boolean {
    if (this.#lastChanged && areListsEqual(this.#lastChanged, values)) return false;
    this.#lastChanged = values;
    return true;
  }

  #peek(): Value | undefined {
    const [known] = this.#ahead;
    if (known !== undefined) return known;
    const item = this.#read();
    if (item !== undefined) this.#ahead.push(item);
    return item;
  }

  #read(): Value | undefined {
    const next = this.#iterator.next();
    return next.done ? undefined : next.value;
  }
}
