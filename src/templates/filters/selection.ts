// Jinja2's filters that apply a filter or a test to each item: map, select, reject and their kin.

import { typeError } from "../../model/python/errors.ts";
import { isTrue } from "../python/compare.ts";
import { iterate, PythonIterator } from "../python/iterate.ts";
import { requireText } from "../python/texts/text-methods.ts";
import type { Arguments, Value } from "../python/values.ts";
import { attributeGetter, type Filter, type Registry } from "./filter.ts";

const map: Filter = (value, args, registry) =>
  new PythonIterator("map", mapItems(value, args, registry));

function* mapItems(value: Value, args: Arguments, registry: Registry): Generator<Value> {
  if (!isTrue(value)) return;
  const change = prepareMap(args, registry);
  const iterator = iterate(value);
  for (let next = iterator.next(); !next.done; next = iterator.next()) yield change(next.value);
}

function prepareMap({ positional, named }: Arguments, registry: Registry): (item: Value) => Value {
  const attribute = named.get("attribute");
  if (positional.length === 0 && attribute !== undefined) {
    const unknown = [...named.keys()].find((name) => name !== "attribute" && name !== "default");
    if (unknown !== undefined) throw typeError(`map takes no argument "${unknown}"`);
    return attributeGetter(attribute, named.get("default") ?? null);
  }
  const [name, ...rest] = positional;
  if (name === undefined) throw typeError('map needs a filter or "attribute=…"');
  const filter = requireText(name, "map");
  return (item) => registry.callFilter(filter, item, { positional: rest, named });
}

function selecting(name: string, isKept: boolean, byAttribute: boolean): [string, Filter] {
  return [
    name,
    (value, args, registry) =>
      new PythonIterator(
        name,
        selectItems(value, prepareTest(name, args, registry, byAttribute), isKept),
      ),
  ];
}

function* selectItems(
  value: Value,
  prepare: () => (item: Value) => boolean,
  isKept: boolean,
): Generator<Value> {
  if (!isTrue(value)) return;
  const test = prepare();
  const iterator = iterate(value);
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    if (test(next.value) === isKept) yield next.value;
  }
}

/** Prepared late: nothing is checked for an empty list. */
function prepareTest(
  name: string,
  { positional, named }: Arguments,
  registry: Registry,
  byAttribute: boolean,
): () => (item: Value) => boolean {
  return () => {
    const [attribute, ...others] = byAttribute ? positional : [null, ...positional];
    if (attribute === undefined) throw typeError(`${name} needs the name of an attribute`);
    const get = attributeGetter(attribute);
    const [test, ...rest] = others;
    if (test === undefined) return (item) => isTrue(get(item));
    const testName = requireText(test, name);
    return (item) => registry.callTest(testName, get(item), { positional: rest, named });
  };
}

export const SELECTION_FILTERS: readonly (readonly [string, Filter])[] = [
  ["map", map],
  selecting("select", true, false),
  selecting("reject", false, false),
  selecting("selectattr", true, true),
  selecting("rejectattr", false, true),
];
