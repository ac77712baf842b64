// Tuples, with names for their items where Python's are named.
import { areListsEqual, compareLists, contains, hashKey } from "./compare.ts";
import { guarded, repr } from "./repr.ts";
import { PythonObject, type Value } from "./values.ts";

export class Tuple extends PythonObject {
  readonly typeName = "tuple";
  readonly items: readonly Value[];
  readonly #names: readonly string[];

  /** `names` are those of a named tuple, as `groupby` gives. */
  constructor(items: readonly Value[], names: readonly string[] = []) {
    super();
    this.items = items;
    this.#names = names;
  }

  repr(): string {
    return guarded(this, "(...)", () => {
      const inner = this.items.map(repr).join(", ");
      return this.items.length === 1 ? `(${inner},)` : `(${inner})`;
    });
  }
  override attribute(name: string): Value | undefined {
    const index = this.#names.indexOf(name);
    return index === -1 ? undefined : this.items[index];
  }
  override isTrue(): boolean {
    return this.items.length > 0;
  }
  override length(): number {
    return this.items.length;
  }
  override iterate(): Iterator<Value> {
    return this.items.values();
  }
  override contains(value: Value): boolean {
    return contains([...this.items], value);
  }
  override equals(other: Value): boolean {
    return other instanceof Tuple && areListsEqual(this.items, other.items);
  }
  override compare(other: Value): number | undefined {
    return other instanceof Tuple ? compareLists(this.items, other.items) : undefined;
  }
  override hashKey(): string {
    const keys = this.items.map(hashKey);
    return `t${keys.map((key) => `${key.length}:${key}`).join("")}`;
  }
}
