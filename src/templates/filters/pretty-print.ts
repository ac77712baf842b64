// Python's pprint, for the filter `pprint`: lists and dicts that don't fit into 80 characters get a
// line per item.
import { compareOrder } from "../python/compare.ts";
import { Dict } from "../python/dict.ts";
import { unsupported } from "../python/errors.ts";
import { textOf } from "../python/markup.ts";
import { repr } from "../python/repr.ts";
import { Tuple } from "../python/tuple.ts";
import { floatOf, lengthOfText, typeNameOf, type Value } from "../python/values.ts";

const WIDTH = 80;

export function prettyPrint(value: Value): string {
  return layOut(value, 0, 0);
}

/** `indent` is where the value begins, `allowance` what follows it on its last line. */
function layOut(value: Value, indent: number, allowance: number): string {
  const plain = sortedRepr(value);
  if (lengthOfText(plain) <= WIDTH - indent - allowance) return plain;
  if (value instanceof Dict) return layOutDict(value, indent, allowance);
  if (Array.isArray(value)) return `[${layOutItems(value, indent + 1, allowance + 1)}]`;
  if (value instanceof Tuple) {
    const close = value.items.length === 1 ? ",)" : ")";
    return `(${layOutItems(value.items, indent + 1, allowance + close.length)}${close}`;
  }
  if (textOf(value) !== undefined && /[\s]/.test(textOf(value) ?? "")) {
    throw unsupported("pprint in templates doesn't break long texts; print the text itself");
  }
  return plain;
}

function sortedRepr(value: Value): string {
  if (value instanceof Dict) {
    return `{${sortedPairs(value)
      .map(([key, item]) => `${sortedRepr(key)}: ${sortedRepr(item)}`)
      .join(", ")}}`;
  }
  if (Array.isArray(value)) return `[${value.map(sortedRepr).join(", ")}]`;
  return repr(value);
}

function sortedPairs(dict: Dict): readonly (readonly [Value, Value])[] {
  const keys = dict.keys();
  const ordered = keys.toSorted((left, right) => compareSafely(left, right));
  return ordered.map((key) => [key, dict.item(key)] as const);
}

/** Keys that have no order among each other are in the order of their types. */
function compareSafely(left: Value, right: Value): number {
  const isText = textOf(left) !== undefined;
  const [a, b] = [typeNameOf(left), typeNameOf(right)];
  const isComparable = isText === (textOf(right) !== undefined) && left !== null && right !== null;
  if (isComparable && (isText || (floatOf(left) !== undefined && floatOf(right) !== undefined))) {
    return compareOrder(left, right);
  }
  return a < b ? -1 : Number(a > b);
}

function layOutDict(dict: Dict, indent: number, allowance: number): string {
  const pairs = sortedPairs(dict);
  const lines = pairs.map(([key, item], index) => {
    const name = `${repr(key)}: `;
    const rest = index === pairs.length - 1 ? allowance + 1 : 1;
    return name + layOut(item, indent + 1 + lengthOfText(name), rest);
  });
  return `{${lines.join(`,\n${" ".repeat(indent + 1)}`)}}`;
}

function layOutItems(items: readonly Value[], indent: number, allowance: number): string {
  return items
    .map((item, index) => layOut(item, indent, index === items.length - 1 ? allowance : 1))
    .join(`,\n${" ".repeat(indent)}`);
}
