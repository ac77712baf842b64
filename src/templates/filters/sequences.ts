// Jinja2's filters of lists, dicts and other sequences.

import { PythonError, typeError, valueError } from "../../model/python/errors.ts";
import { areEqual, compareOrder, hashKey, isTrue, sorted } from "../python/compare.ts";
import { Dict } from "../python/dict.ts";
import { type Given, requireIndex } from "../python/functions.ts";
import { iterate, lengthOf, listOf, PythonIterator, tryLengthOf } from "../python/iterate.ts";
import { checkedText } from "../python/limits.ts";
import { Markup, textOf } from "../python/markup.ts";
import { calculate } from "../python/operators.ts";
import { describe, toText } from "../python/repr.ts";
import { Tuple } from "../python/tuple.ts";
import { Undefined } from "../python/undefined.ts";
import { charactersOf, orElse, type Value } from "../python/values.ts";
import { attributeGetter, attributesGetter, type Filter, filter, ignoreCase } from "./filter.ts";

function first(value: Value): Value {
  const next = iterate(value).next();
  return next.done ? new Undefined("No first item, sequence was empty.") : next.value;
}

function last(value: Value): Value {
  const items = listOf(requireReversible(value));
  return orElse(items.at(-1), () => new Undefined("No last item, sequence was empty."));
}

/** Generators can only be read forwards. */
function requireReversible(value: Value): Value {
  if (value instanceof Undefined) value.fail();
  if (value instanceof PythonIterator || tryLengthOf(value) === undefined) {
    throw typeError(`${describeSource(value)} can't be read from its end; add "| list" before`);
  }
  return value;
}

function describeSource(value: Value): string {
  return value instanceof PythonIterator ? "an iterator" : describe(value);
}

function random(value: Value): Value {
  const items = listOf(requireReversible(value));
  const item = items[Math.floor(Math.random() * items.length)];
  return orElse(item, () => new Undefined("No random item, sequence was empty."));
}

function join(value: Value, [separator = "", attribute = null]: Given): Value {
  const get = attributeGetter(attribute);
  return checkedText(
    listOf(value)
      .map((item) => toText(get(item)))
      .join(toText(separator)),
  );
}

function reverse(value: Value): Value {
  const text = textOf(value);
  if (text !== undefined) {
    const reversed = [...charactersOf(text)].reverse().join("");
    return value instanceof Markup ? new Markup(reversed) : reversed;
  }
  const items = listOf(value).reverse();
  return value instanceof PythonIterator ? items : new PythonIterator("reverse", items.values());
}

function sort(
  value: Value,
  [isReversed = false, isCaseSensitive = false, attribute = null]: Given,
): Value {
  const get = attributesGetter(attribute);
  const keyOf = (item: Value): Value =>
    isTrue(isCaseSensitive) ? get(item) : get(item).map(ignoreCase);
  return sorted(listOf(value), keyOf, isTrue(isReversed));
}

function dictSort(
  value: Value,
  [isCaseSensitive = false, by = "key", isReversed = false]: Given,
): Value {
  if (by !== "key" && by !== "value") throw valueError('dictsort sorts by "key" or by "value"');
  if (value instanceof Undefined) value.fail();
  if (!(value instanceof Dict)) throw typeError(`dictsort needs a dict, got ${describe(value)}`);
  const pairs = [...value.entries()].map(([key, item]) => new Tuple([key, item]));
  const keyOf = (pair: Value) => {
    const part = (pair instanceof Tuple ? pair.items[by === "key" ? 0 : 1] : undefined) ?? null;
    return isTrue(isCaseSensitive) ? part : ignoreCase(part);
  };
  return sorted(pairs, keyOf, isTrue(isReversed));
}

function items(value: Value): Value {
  if (value instanceof Undefined) return new PythonIterator("items", [].values());
  if (!(value instanceof Dict)) throw typeError(`items needs a dict, got ${describe(value)}`);
  return new PythonIterator("items", pairsOf(value));
}

function* pairsOf(dict: Dict): Generator<Value> {
  for (const [key, item] of dict.entries()) yield new Tuple([key, item]);
}

function* uniqueItems(value: Value, keyOf: (item: Value) => Value): Generator<Value> {
  const seen = new Set<string>();
  const iterator = iterate(value);
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    const key = hashKey(keyOf(next.value));
    if (seen.has(key)) continue;
    seen.add(key);
    yield next.value;
  }
}

function keyGetter(isCaseSensitive: Value, attribute: Value, fallback: Value = null) {
  const get = attributeGetter(attribute, fallback);
  return isTrue(isCaseSensitive) ? get : (item: Value) => ignoreCase(get(item));
}

function extreme(
  value: Value,
  [isCaseSensitive = false, attribute = null]: Given,
  sign: 1 | -1,
): Value {
  const keyOf = keyGetter(isCaseSensitive, attribute);
  let best: { readonly item: Value; readonly key: Value } | undefined;
  for (const item of listOf(value)) {
    const key = keyOf(item);
    if (!best || sign * compareOrder(key, best.key) > 0) best = { item, key };
  }
  return best ? best.item : new Undefined("No aggregated item, sequence was empty.");
}

function sum(value: Value, [attribute = null, start = 0n]: Given): Value {
  if (textOf(start) !== undefined) throw typeError('sum does not add texts; use the filter "join"');
  const get = attributeGetter(attribute);
  return listOf(value).reduce<Value>((total, item) => calculate("+", total, get(item)), start);
}

function groupBy(
  value: Value,
  [attribute = null, fallback = null, isCaseSensitive = false]: Given,
): Value {
  const keyOf = keyGetter(isCaseSensitive, attribute, fallback);
  const nameOf = attributeGetter(attribute, fallback);
  const groups: { key: Value; members: Value[] }[] = [];
  for (const item of sorted(listOf(value), keyOf)) {
    const key = keyOf(item);
    const group = groups.at(-1);
    if (group && areEqual(group.key, key)) group.members.push(item);
    else groups.push({ key, members: [item] });
  }
  return groups.map(
    ({ members }) => new Tuple([nameOf(members[0] ?? null), members], ["grouper", "list"]),
  );
}

function* batches(value: Value, size: number, fill: Value): Generator<Value> {
  const all = listOf(value);
  // Python's comparison with the size never ends a batch of 0 or fewer.
  const step = size <= 0 ? Math.max(1, all.length) : size;
  for (let start = 0; start < all.length; start += step) {
    const batch = all.slice(start, start + step);
    while (fill !== null && batch.length < size) batch.push(fill);
    yield batch;
  }
}

function* slices(value: Value, count: number, fill: Value): Generator<Value> {
  if (count === 0) throw new PythonError("ZeroDivisionError", "slice needs a number above 0");
  const all = listOf(value);
  const size = Math.floor(all.length / count);
  const longer = all.length - size * count;
  let start = 0;
  for (let index = 0; index < count; index += 1) {
    const end = start + size + (index < longer ? 1 : 0);
    const part = all.slice(start, end);
    if (fill !== null && index >= longer) part.push(fill);
    yield part;
    start = end;
  }
}

const length = (value: Value): Value => BigInt(lengthOf(value));

export const SEQUENCE_FILTERS: readonly (readonly [string, Filter])[] = [
  filter("first", [], first),
  filter("last", [], last),
  filter("random", [], random),
  filter("length", [], length),
  filter("count", [], length),
  filter("list", [], listOf),
  filter("join", ["d?", "attribute?"], join),
  filter("reverse", [], reverse),
  filter("sort", ["reverse?", "case_sensitive?", "attribute?"], sort),
  filter("dictsort", ["case_sensitive?", "by?", "reverse?"], dictSort),
  filter("items", [], items),
  filter(
    "unique",
    ["case_sensitive?", "attribute?"],
    (value, [isCaseSensitive = false, attribute = null]) =>
      new PythonIterator("unique", uniqueItems(value, keyGetter(isCaseSensitive, attribute))),
  ),
  filter("min", ["case_sensitive?", "attribute?"], (value, args) => extreme(value, args, -1)),
  filter("max", ["case_sensitive?", "attribute?"], (value, args) => extreme(value, args, 1)),
  filter("sum", ["attribute?", "start?"], sum),
  filter("groupby", ["attribute", "default?", "case_sensitive?"], groupBy),
  filter(
    "batch",
    ["linecount", "fill_with?"],
    (value, [size = 1n, fill = null]) =>
      new PythonIterator("batch", batches(value, requireIndex(size, "batch"), fill)),
  ),
  filter(
    "slice",
    ["slices", "fill_with?"],
    (value, [count = 1n, fill = null]) =>
      new PythonIterator("slice", slices(value, requireIndex(count, "slice"), fill)),
  ),
];
