// Members and items of values: `value.name`, `value[key]`, slices, and `text.format(…)`, which
// reads members itself.

import { PythonError, typeError, valueError } from "../../model/python/errors.ts";
import { containerMethod } from "./container-methods.ts";
import { Dict } from "./dict.ts";
import { NativeFunction, requireIndex } from "./functions.ts";
import { checkedText } from "./limits.ts";
import { escapeValue, Markup, textOf } from "./markup.ts";
import { numberMember } from "./number-members.ts";
import { Range } from "./range.ts";
import { describe, repr, toText } from "./repr.ts";
import { formatValue } from "./texts/format-spec.ts";
import { toAscii } from "./texts/percent-format.ts";
import { textMethod } from "./texts/text-methods.ts";
import { Tuple } from "./tuple.ts";
import { Undefined } from "./undefined.ts";
import {
  type Arguments,
  charactersOf,
  integerOf,
  orElse,
  PythonObject,
  type Value,
} from "./values.ts";

/** `value.name`: the member, or the item of that name; `undefined` when there is neither. */
export function findAttribute(value: Value, name: string): Value | undefined {
  const attribute = attributeOf(value, name);
  return attribute === undefined ? itemOrUndefined(value, name) : attribute;
}

/** `value[key]`: the item, or the member of that name; `undefined` when there is neither. */
export function findItem(value: Value, key: Value): Value | undefined {
  const item = itemOrUndefined(value, key);
  if (item !== undefined) return item;
  const name = textOf(key);
  return name === undefined ? undefined : attributeOf(value, name);
}

/** A member only: Jinja2's filter `attr`. */
export function attributeOf(value: Value, name: string): Value | undefined {
  // Python's own members are not reachable in Airflow's sandbox; there are none here.
  if (name.startsWith("__") && !(value instanceof Undefined)) return undefined;
  const text = textOf(value);
  if (text !== undefined) return textAttribute(value, text, name);
  const method = containerMethod(value, name);
  if (method) return new NativeFunction(name, method);
  return value instanceof PythonObject ? value.attribute(name) : numberMember(value, name);
}

function textAttribute(value: Value, text: string, name: string): Value | undefined {
  const isSafe = value instanceof Markup;
  if (name === "format" || name === "format_map") {
    return new NativeFunction(name, (args) => {
      const formatted = formatText(text, name === "format" ? args : mapArguments(args), isSafe);
      return isSafe ? new Markup(formatted) : formatted;
    });
  }
  const method = textMethod(name);
  if (!method) return undefined;
  return new NativeFunction(name, (args) => {
    const result = method(text, isSafe ? escapeArguments(args) : args);
    return isSafe ? markSafe(result) : result;
  });
}

function escapeArguments({ positional, named }: Arguments): Arguments {
  const escaped = (value: Value) => (textOf(value) === undefined ? value : escapeValue(value));
  return {
    positional: positional.map(escaped),
    named: new Map([...named].map(([name, value]) => [name, escaped(value)])),
  };
}

function markSafe(value: Value): Value {
  if (typeof value === "string") return new Markup(value);
  if (Array.isArray(value)) return value.map(markSafe);
  return value instanceof Tuple ? new Tuple(value.items.map(markSafe)) : value;
}

function mapArguments({ positional, named }: Arguments): Arguments {
  const [dict] = positional;
  if (!(dict instanceof Dict) || positional.length !== 1 || named.size > 0) {
    throw typeError("format_map() needs a dict");
  }
  return {
    positional: [],
    named: new Map([...dict.entries()].map(([key, value]) => [toText(key), value])),
  };
}

function itemOrUndefined(value: Value, key: Value): Value | undefined {
  try {
    return itemOf(value, key);
  } catch (error) {
    const isAbsent =
      error instanceof PythonError && ["KeyError", "IndexError", "TypeError"].includes(error.name);
    if (isAbsent) return undefined;
    throw error;
  }
}

function itemOf(value: Value, key: Value): Value | undefined {
  if (value instanceof PythonObject && sequenceOf(value) === undefined) return value.item(key);
  const index = integerOf(key);
  const items = sequenceOf(value);
  if (!items || index === undefined) return undefined;
  const place = requireIndex(index, "an index");
  const item = items.at(place);
  return value instanceof Markup && typeof item === "string" ? new Markup(item) : item;
}

function sequenceOf(value: Value): readonly Value[] | undefined {
  if (Array.isArray(value)) return value;
  const text = textOf(value);
  if (text !== undefined) return charactersOf(text);
  if (value instanceof Tuple) return value.items;
  return value instanceof Range
    ? Array.from({ length: value.length() }, (_, index) => value.at(index))
    : undefined;
}

/** `value[start:stop:step]`. */
export function getSlice(value: Value, [start, stop, step]: readonly [Value, Value, Value]): Value {
  if (value instanceof Undefined) value.fail();
  const items = sequenceOf(value);
  if (!items) throw typeError(`${describe(value)} has no slices`);
  const by = step === null ? 1 : requireIndex(step, "a slice");
  if (by === 0) throw valueError("a slice takes no step of 0");
  const [low, high] = by > 0 ? [0, items.length] : [-1, items.length - 1];
  const place = (given: Value, fallback: number) => {
    if (given === null) return fallback;
    const index = requireIndex(given, "a slice");
    return Math.min(Math.max(index < 0 ? index + items.length : index, low), high);
  };
  const from = place(start, by > 0 ? low : high);
  const to = place(stop, by > 0 ? high : low);
  if (value instanceof Range) return value.slice(from, to, by);
  const part: Value[] = [];
  for (let index = from; by > 0 ? index < to : index > to; index += by)
    part.push(items[index] ?? null);
  if (typeof value === "string") return part.join("");
  if (value instanceof Markup) return new Markup(part.map(toText).join(""));
  return value instanceof Tuple ? new Tuple(part) : part;
}

const PLACEHOLDER = /\{\{|\}\}|\{([^{}!:]*)(?:!([rsa]))?(?::((?:[^{}]|\{[^{}]*\})*))?\}|[{}]/g;

/** `text.format(…)`: "{}", "{0}", "{name.member[key]!r:>8}". */
function formatText(text: string, args: Arguments, isSafe: boolean): string {
  let automatic = 0;
  let isNumbered = false;
  const lookup = (field: string): Value => {
    const [, first = "", rest = ""] = /^([^.[]*)(.*)$/s.exec(field) ?? [];
    const key = first === "" ? String(automatic++) : first;
    isNumbered ||= first !== "" && /^\d+$/.test(first);
    if (isNumbered && automatic > 0) throw valueError('format() takes "{}" or "{0}", not both');
    const found = /^\d+$/.test(key) ? args.positional[Number(key)] : args.named.get(key);
    if (found === undefined) {
      const kind = /^\d+$/.test(key) ? "IndexError" : "KeyError";
      throw new PythonError(kind, `format() was given nothing for "{${field}}"`);
    }
    return followPath(found, rest, field);
  };
  const formatted = text.replaceAll(
    PLACEHOLDER,
    (
      match,
      field: string | undefined,
      conversion: string | undefined,
      spec: string | undefined,
    ) => {
      if (match === "{{" || match === "}}") return match.slice(1);
      if (field === undefined) throw valueError(`a single "${match}" in the text of format()`);
      const value = convert(lookup(field), conversion);
      const inner = (spec ?? "").replaceAll(/\{([^{}]*)\}/g, (_, name: string) =>
        toText(lookup(name)),
      );
      const written = formatValue(value, inner);
      return isSafe && !(value instanceof Markup) ? escapeValue(written).text : written;
    },
  );
  return checkedText(formatted);
}

function convert(value: Value, conversion: string | undefined): Value {
  if (conversion === undefined) return value;
  if (conversion === "s") return toText(value);
  return conversion === "r" ? repr(value) : toAscii(repr(value));
}

function followPath(value: Value, path: string, source: string): Value {
  let found = value;
  for (const [, name, key = ""] of path.matchAll(/\.([^.[]+)|\[([^\]]+)\]/g)) {
    const next: Value | undefined =
      name === undefined
        ? findItem(found, /^\d+$/.test(key) ? BigInt(key) : key)
        : findAttribute(found, name);
    found = orElse(next, () => Undefined.named(source));
  }
  return found;
}
