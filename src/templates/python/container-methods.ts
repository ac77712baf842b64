// The methods of Python's lists, tuples and dicts. Lists and dicts may be changed, as Airflow's
// sandbox allows.

import { PythonError, valueError } from "../../model/python/errors.ts";
import { areEqual, isTrue, sorted } from "./compare.ts";
import { Dict, DictView } from "./dict.ts";
import { callValue, parameters, positional, requireIndex } from "./functions.ts";
import { listOf } from "./iterate.ts";
import { checkItemCount } from "./limits.ts";
import { describe, repr } from "./repr.ts";
import { Tuple } from "./tuple.ts";
import { type Arguments, orElse, type Value } from "./values.ts";

type Method<Target> = (target: Target, args: Arguments) => Value;

const readItem = positional("the method", "item");
const readIndex = positional("index", "item", "start?", "stop?");
const readPop = positional("pop", "index?");
const readInsert = positional("insert", "index", "item");
const readSort = parameters("sort", "key?", "reverse?");
const readNothing = positional("the method");
const readGet = positional("get", "key", "default?");
const readPopKey = positional("pop", "key", "default?");

/** A method without arguments. */
function plain<Target>(name: string, run: (target: Target) => Value): [string, Method<Target>] {
  return [
    name,
    (target, args) => {
      readNothing(args);
      return run(target);
    },
  ];
}

function itemOf(args: Arguments): Value {
  return readItem(args)[0] ?? null;
}

function indexOf(items: readonly Value[], args: Arguments): Value {
  const [item = null, start, stop] = readIndex(args);
  const place = (value: Value | undefined, fallback: number) => {
    const index = value === undefined ? fallback : requireIndex(value, "index()");
    return index < 0 ? Math.max(0, index + items.length) : index;
  };
  const end = Math.min(place(stop, items.length), items.length);
  for (let index = place(start, 0); index < end; index += 1) {
    if (areEqual(items[index] ?? null, item)) return BigInt(index);
  }
  throw valueError(`${describe(item)} is not in the list`);
}

function countItems(items: readonly Value[], args: Arguments): Value {
  const item = itemOf(args);
  return BigInt(items.filter((other) => areEqual(other, item)).length);
}

function popItem(list: Value[], args: Arguments): Value {
  const [given = -1n] = readPop(args);
  const index = requireIndex(given, "pop()");
  const place = index < 0 ? index + list.length : index;
  const [item] = place < 0 ? [] : list.splice(place, 1);
  if (item === undefined) throw new PythonError("IndexError", "pop() of an item that is not there");
  return item;
}

const LIST_METHODS: ReadonlyMap<string, Method<Value[]>> = new Map<string, Method<Value[]>>([
  ["index", indexOf],
  ["count", countItems],
  plain("copy", (list) => [...list]),
  ["pop", popItem],
  ["append", (list, args) => changed(list, () => list.push(itemOf(args)))],
  ["extend", (list, args) => changed(list, () => addAll(list, listOf(itemOf(args))))],
  ["clear", (list) => changed(list, () => list.splice(0))],
  ["reverse", (list) => changed(list, () => list.reverse())],
  [
    "insert",
    (list, args) => {
      const [index = null, item = null] = readInsert(args);
      return changed(list, () => list.splice(requireIndex(index, "insert()"), 0, item));
    },
  ],
  [
    "remove",
    (list, args) => {
      const item = itemOf(args);
      const index = list.findIndex((other) => areEqual(other, item));
      if (index === -1) throw valueError(`remove() of ${describe(item)}, which is not in the list`);
      return changed(list, () => list.splice(index, 1));
    },
  ],
  [
    "sort",
    (list, args) => {
      const [key = null, reverse = false] = readSort(args);
      const keyOf = (item: Value) =>
        key === null ? item : callValue(key, { positional: [item], named: new Map() }, "key");
      const ordered = sorted(list, keyOf, isTrue(reverse));
      return changed(list, () => list.splice(0, list.length, ...ordered));
    },
  ],
]);

/** Runs a change, which answers None as in Python. */
function changed(list: Value[], change: () => unknown): null {
  change();
  checkItemCount(list.length);
  return null;
}

function addAll(list: Value[], items: readonly Value[]): void {
  for (const item of items) list.push(item);
}

const TUPLE_METHODS: ReadonlyMap<string, Method<readonly Value[]>> = new Map([
  ["index", indexOf],
  ["count", countItems],
]);

function view(kind: "keys" | "values" | "items"): [string, Method<Dict>] {
  return plain(kind, (dict) => new DictView(dict, kind));
}

const DICT_METHODS: ReadonlyMap<string, Method<Dict>> = new Map<string, Method<Dict>>([
  view("keys"),
  view("values"),
  view("items"),
  [
    "get",
    (dict, args) => {
      const [key = null, fallback = null] = readGet(args);
      return orElse(dict.get(key), () => fallback);
    },
  ],
  plain("copy", (dict) => new Dict(dict.entries())),
  plain("clear", (dict) => {
    dict.clear();
    return null;
  }),
  ["update", update],
  [
    "setdefault",
    (dict, args) => {
      const [key = null, fallback = null] = readGet(args);
      if (!dict.has(key)) dict.set(key, fallback);
      return dict.get(key) ?? null;
    },
  ],
  [
    "pop",
    (dict, args) => {
      const [key = null, fallback] = readPopKey(args);
      const found = dict.get(key);
      const value = found === undefined ? fallback : found;
      if (value === undefined) throw new PythonError("KeyError", repr(key));
      dict.delete(key);
      return value;
    },
  ],
  [
    "popitem",
    (dict, args) => {
      readNothing(args);
      const key = dict.keys().at(-1);
      if (key === undefined) throw new PythonError("KeyError", "popitem() of an empty dict");
      const value = dict.item(key);
      dict.delete(key);
      return new Tuple([key, value]);
    },
  ],
]);

function update(dict: Dict, { positional: given, named }: Arguments): Value {
  for (const value of given) for (const [key, item] of entriesOf(value)) dict.set(key, item);
  for (const [name, value] of named) dict.set(name, value);
  return null;
}

/** The pairs that `dict(value)` takes: of a dict, or a list of pairs. */
export function entriesOf(value: Value): readonly (readonly [Value, Value])[] {
  if (value instanceof Dict) return [...value.entries()];
  return listOf(value).map((pair) => {
    const items = listOf(pair);
    const [key, item] = items;
    if (items.length !== 2 || key === undefined || item === undefined) {
      throw valueError(`a dict is made of pairs, got ${describe(pair)}`);
    }
    return [key, item] as const;
  });
}

/** A method of a list, tuple or dict, bound to it; `undefined` when it has none of this name. */
export function containerMethod(
  value: Value,
  name: string,
): ((args: Arguments) => Value) | undefined {
  if (Array.isArray(value)) return bind(LIST_METHODS.get(name), value);
  if (value instanceof Dict) return bind(DICT_METHODS.get(name), value);
  return value instanceof Tuple ? bind(TUPLE_METHODS.get(name), value.items) : undefined;
}

function bind<Target>(method: Method<Target> | undefined, target: Target) {
  return method ? (args: Arguments) => method(target, args) : undefined;
}
