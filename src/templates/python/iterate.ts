// Iterating over values, and their lengths.
import { PythonError, typeError } from "../../model/python/errors.ts";
import { checkItemCount } from "./limits.ts";
import { textOf } from "./markup.ts";
import { describe } from "./repr.ts";
import { charactersOf, lengthOfText, PythonObject, type Value } from "./values.ts";

/**
 * What `for` runs over: items of a list, keys of a dict, characters of a text. Throws for what has
 * none.
 */
export function iterate(value: Value): Iterator<Value> {
  const iterator = tryIterate(value);
  if (!iterator) throw typeError(`can't iterate over ${describe(value)}`);
  return iterator;
}

/** Like `iterate`; `undefined` for what can't be iterated over. */
export function tryIterate(value: Value): Iterator<Value> | undefined {
  if (Array.isArray(value)) return value.values();
  const text = textOf(value);
  if (text !== undefined) return charactersOf(text).values();
  return value instanceof PythonObject ? value.iterate() : undefined;
}

/** All items, as a new list. */
export function listOf(value: Value): Value[] {
  const iterator = iterate(value);
  const items: Value[] = [];
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    items.push(next.value);
    if (items.length % 4096 === 0) checkItemCount(items.length);
  }
  return items;
}

/** `len(value)`. Throws for what has no length. */
export function lengthOf(value: Value): number {
  const length = tryLengthOf(value);
  if (length === undefined) throw typeError(`${describe(value)} has no length`);
  return length;
}

/** Like `lengthOf`; `undefined` for what has no length. */
export function tryLengthOf(value: Value): number | undefined {
  if (Array.isArray(value)) return value.length;
  const text = textOf(value);
  if (text !== undefined) return lengthOfText(text);
  return value instanceof PythonObject ? value.length() : undefined;
}

/** An iterator that is used up by iterating: what `map`, `select` and the like give. */
export class PythonIterator extends PythonObject {
  readonly typeName = "generator";
  readonly #iterator: Iterator<Value>;
  readonly #source: string;

  /** `source` names what made it, for messages. */
  constructor(source: string, iterator: Iterator<Value>) {
    super();
    this.#source = source;
    this.#iterator = iterator;
  }

  /** Python prints an address in memory. */
  repr(): string {
    throw typeError(`"${this.#source}" gives an iterator; add "| list" to print its items`);
  }
  override iterate(): Iterator<Value> {
    return this.#iterator;
  }
}

/** The items of a value in exactly so many names. Throws ValueError otherwise. */
export function unpack(value: Value, count: number): readonly Value[] {
  const items = listOf(value);
  if (items.length === count) return items;
  throw new PythonError(
    "ValueError",
    `${describe(value)} has ${items.length} items to unpack, not ${count}`,
  );
}
