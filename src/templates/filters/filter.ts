// What a filter and a test are, and the members that filters read by name.
import { type Given, parameters } from "../python/functions.ts";
import { textOf } from "../python/markup.ts";
import { findItem } from "../python/subscript.ts";
import { Undefined } from "../python/undefined.ts";
import { type Arguments, orElse, type Value } from "../python/values.ts";

/** The other filters and tests, for those that apply one to each item. */
export interface Registry {
  callFilter(name: string, value: Value, args: Arguments): Value;
  callTest(name: string, value: Value, args: Arguments): boolean;
}

export type Filter = (value: Value, args: Arguments, registry: Registry) => Value;

/** A filter with named parameters. */
export function filter(
  name: string,
  names: readonly string[],
  run: (value: Value, args: Given) => Value,
): [string, Filter] {
  const read = parameters(name, ...names);
  return [name, (value, args) => run(value, read(args))];
}

/** Reads "address.city" or 0 from items; a missing member is the fallback, where there is one. */
export function attributeGetter(attribute: Value, fallback: Value = null): (item: Value) => Value {
  const path = pathOf(attribute);
  return (item) => {
    let value = item;
    for (const key of path) {
      value = orElse(findItem(value, key), () => Undefined.named(String(key)));
      if (fallback !== null && value instanceof Undefined) value = fallback;
    }
    return value;
  };
}

function pathOf(attribute: Value): readonly Value[] {
  if (attribute === null) return [];
  const text = textOf(attribute);
  if (text === undefined) return [attribute];
  return text.split(".").map((key) => (/^\d+$/.test(key) ? BigInt(key) : key));
}

/** Like `attributeGetter` for "age,name": a list of what each reads. */
export function attributesGetter(attribute: Value): (item: Value) => Value[] {
  const text = textOf(attribute);
  const names: Value[] = text === undefined ? [attribute] : text.split(",");
  const getters = names.map((name) => attributeGetter(name));
  return (item) => getters.map((get) => get(item));
}

/** Texts in lower case, for comparison without regard to case; other values as they are. */
export function ignoreCase(value: Value): Value {
  return textOf(value)?.toLowerCase() ?? value;
}
