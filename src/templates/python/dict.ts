// Dicts in the order of insertion, with Python's keys: 1, 1.0 and True are one key.

import { PythonError, typeError } from "../../model/python/errors.ts";
import { areEqual, contains, hashKey } from "./compare.ts";
import { checkItemCount } from "./limits.ts";
import { guarded, repr } from "./repr.ts";
import { Tuple } from "./tuple.ts";
import { PythonObject, type Value } from "./values.ts";

export class Dict extends PythonObject {
  readonly typeName = "dict";
  readonly #entries = new Map<string, [Value, Value]>();

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    super();
    for (const [key, value] of entries) this.set(key, value);
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(hashKey(key))?.[1];
  }
  has(key: Value): boolean {
    return this.#entries.has(hashKey(key));
  }
  set(key: Value, value: Value): void {
    const hash = hashKey(key);
    const entry = this.#entries.get(hash);
    if (entry) entry[1] = value;
    else this.#entries.set(hash, [key, value]);
    if (this.#entries.size % 4096 === 0) checkItemCount(this.#entries.size);
  }
  delete(key: Value): void {
    this.#entries.delete(hashKey(key));
  }
  clear(): void {
    this.#entries.clear();
  }
  entries(): Iterable<readonly [Value, Value]> {
    return this.#entries.values();
  }
  keys(): Value[] {
    return [...this.#entries.values()].map(([key]) => key);
  }

  repr(): string {
    return guarded(this, "{...}", () => {
      const pairs = [...this.#entries.values()].map(
        ([key, value]) => `${repr(key)}: ${repr(value)}`,
      );
      return `{${pairs.join(", ")}}`;
    });
  }
  override isTrue(): boolean {
    return this.#entries.size > 0;
  }
  override length(): number {
    return this.#entries.size;
  }
  override iterate(): Iterator<Value> {
    return this.keys().values();
  }
  override contains(value: Value): boolean {
    return this.has(value);
  }
  override item(key: Value): Value {
    const value = this.get(key);
    if (value === undefined) throw new PythonError("KeyError", repr(key));
    return value;
  }
  override equals(other: Value): boolean {
    if (!(other instanceof Dict) || other.length() !== this.length()) return false;
    for (const [key, value] of this.entries()) {
      const there = other.get(key);
      if (there === undefined || !areEqual(value, there)) return false;
    }
    return true;
  }
  override hashKey(): string {
    throw typeError("a dict can't be a key: it is unhashable");
  }
}

/** What `keys()`, `values()` and `items()` give: it shows the dict as it is when it is used. */
export class DictView extends PythonObject {
  readonly typeName: string;
  readonly #dict: Dict;
  readonly #kind: "keys" | "values" | "items";

  constructor(dict: Dict, kind: "keys" | "values" | "items") {
    super();
    this.typeName = `dict_${kind}`;
    this.#dict = dict;
    this.#kind = kind;
  }

  list(): Value[] {
    const entries = [...this.#dict.entries()];
    if (this.#kind === "items") return entries.map(([key, value]) => new Tuple([key, value]));
    return entries.map(([key, value]) => (this.#kind === "keys" ? key : value));
  }
  repr(): string {
    return `${this.typeName}(${repr(this.list())})`;
  }
  override isTrue(): boolean {
    return this.#dict.length() > 0;
  }
  override length(): number {
    return this.#dict.length();
  }
  override iterate(): Iterator<Value> {
    return this.list().values();
  }
  override contains(value: Value): boolean {
    return contains(this.list(), value);
  }
  override equals(other: Value): boolean {
    if (this === other) return true;
    if (!(other instanceof DictView) || this.#kind === "values" || other.#kind === "values") {
      return false;
    }
    const [mine, theirs] = [this.list(), other.list()];
    return mine.length === theirs.length && mine.every((item) => contains(theirs, item));
  }
}
