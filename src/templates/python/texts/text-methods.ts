// The methods of Python's texts, apart from `format`, which looks members up.

import { typeError, valueError } from "../../../model/python/errors.ts";
import { isTrue } from "../compare.ts";
import { unsupported } from "../errors.ts";
import { parameters, positional, requireIndex } from "../functions.ts";
import { listOf } from "../iterate.ts";
import { checkedText, checkTextLength } from "../limits.ts";
import { textOf } from "../markup.ts";
import { describe } from "../repr.ts";
import { Tuple } from "../tuple.ts";
import { type Arguments, charactersOf, lengthOfText, type Value } from "../values.ts";
import { capitalize, caseFold, swapCase, TEXT_KINDS, toTitle } from "./text-case.ts";
import {
  expandTabs,
  justify,
  partition,
  split,
  splitFromRight,
  splitLines,
  strip,
  zeroFill,
} from "./text-split.ts";

type TextMethod = (text: string, args: Arguments) => Value;

/** The text that an argument must be. */
export function requireText(value: Value, what: string): string {
  const text = textOf(value);
  if (text === undefined) throw typeError(`${what} needs a text, got ${describe(value)}`);
  return text;
}

function optionalText(value: Value | undefined, what: string): string | undefined {
  return value === undefined || value === null ? undefined : requireText(value, what);
}

function plain(name: string, change: (text: string) => Value): [string, TextMethod] {
  const read = positional(name);
  return [
    name,
    (text, args) => {
      read(args);
      return change(text);
    },
  ];
}

function stripping(name: string, side: "both" | "left" | "right"): [string, TextMethod] {
  const read = positional(name, "characters?");
  return [name, (text, args) => strip(text, side, optionalText(read(args)[0], `${name}()`))];
}

function splitting(name: string, run: typeof split): [string, TextMethod] {
  const read = parameters(name, "sep?", "maxsplit?");
  return [
    name,
    (text, args) => {
      const [separator, most] = read(args);
      const limit = most === undefined ? -1 : requireIndex(most, `${name}()`);
      return run(text, optionalText(separator, `${name}()`), limit);
    },
  ];
}

function partitioning(name: string, fromRight: boolean): [string, TextMethod] {
  const read = positional(name, "separator");
  return [
    name,
    (text, args) =>
      new Tuple(partition(text, requireText(read(args)[0] ?? null, `${name}()`), fromRight)),
  ];
}

function justifying(name: string, side: "left" | "right" | "center"): [string, TextMethod] {
  const read = positional(name, "width", "fill?");
  return [
    name,
    (text, args) => {
      const [width = null, fill = " "] = read(args);
      const filler = requireText(fill, `${name}()`);
      if (lengthOfText(filler) !== 1) throw typeError(`${name}() fills with a single character`);
      return justify(text, side, { width: requireIndex(width, `${name}()`), fill: filler });
    },
  ];
}

/** The part of the text that `start` and `stop` leave, and where it begins. */
function part(text: string, start: Value | undefined, stop: Value | undefined) {
  if ((start ?? null) === null && (stop ?? null) === null)
    return { part: text, offset: 0, isInside: true };
  const all = charactersOf(text);
  const place = (value: Value | undefined, fallback: number) => {
    if (value === undefined || value === null) return fallback;
    const index = requireIndex(value, "a place in a text");
    return index < 0 ? Math.max(0, index + all.length) : index;
  };
  const [from, to] = [place(start, 0), Math.min(place(stop, all.length), all.length)];
  const isInside = from <= to;
  return { part: all.slice(from, Math.max(from, to)).join(""), offset: from, isInside };
}

function finding(name: string, isLast: boolean, isStrict: boolean): [string, TextMethod] {
  const read = positional(name, "part", "start?", "stop?");
  return [
    name,
    (text, args) => {
      const [wanted = null, start, stop] = read(args);
      const sought = requireText(wanted, `${name}()`);
      const range = part(text, start, stop);
      const at = isLast ? range.part.lastIndexOf(sought) : range.part.indexOf(sought);
      if (at !== -1 && range.isInside)
        return BigInt(range.offset + lengthOfText(range.part.slice(0, at)));
      if (isStrict) throw valueError(`${name}() found no ${describe(sought)} in ${describe(text)}`);
      return -1n;
    },
  ];
}

function beginning(name: string, isEnd: boolean): [string, TextMethod] {
  const read = positional(name, "part", "start?", "stop?");
  return [
    name,
    (text, args) => {
      const [wanted = null, start, stop] = read(args);
      const range = part(text, start, stop);
      const options = wanted instanceof Tuple ? wanted.items : [wanted];
      return options.some((option) => {
        const sought = requireText(option, `${name}()`);
        if (!range.isInside) return false;
        return isEnd ? range.part.endsWith(sought) : range.part.startsWith(sought);
      });
    },
  ];
}

const readCount = positional("count", "part", "start?", "stop?");

function count(text: string, args: Arguments): Value {
  const [wanted = null, start, stop] = readCount(args);
  const sought = requireText(wanted, "count()");
  const range = part(text, start, stop);
  if (!range.isInside) return 0n;
  if (sought === "") return BigInt(lengthOfText(range.part) + 1);
  return BigInt(range.part.split(sought).length - 1);
}

const readReplace = parameters("replace", "old", "new", "count?");

/**
 * Python's `replace`; an empty text is found between all characters. `most` below 0 means no limit.
 */
export function replace(
  text: string,
  from: string,
  { to, most = -1 }: { to: string; most?: number },
): string {
  const places = from === "" ? lengthOfText(text) + 1 : text.split(from).length - 1;
  const replaced = most < 0 ? places : Math.min(places, most);
  checkTextLength(text.length + replaced * (to.length - from.length));
  if (from !== "") {
    const parts = text.split(from);
    const rest = parts.slice(replaced).join(from);
    return [...parts.slice(0, replaced), rest].join(to);
  }
  const all = charactersOf(text);
  const between = all.slice(0, replaced).map((character) => to + character);
  const last = replaced > all.length ? to : "";
  return between.join("") + all.slice(replaced).join("") + last;
}

/** Python's `separator.join(items)`: only of texts. */
function join(text: string, args: Arguments): Value {
  const [items = null] = positional("join", "items")(args);
  const parts = listOf(items).map((item, index) => {
    const part = textOf(item);
    if (part === undefined) {
      throw typeError(
        `join() needs texts, and item ${index} is ${describe(item)}; use the filter "join"`,
      );
    }
    return part;
  });
  return checkedText(parts.join(text));
}

function removing(name: string, isEnd: boolean): [string, TextMethod] {
  const read = positional(name, "part");
  return [
    name,
    (text, args) => {
      const sought = requireText(read(args)[0] ?? null, `${name}()`);
      if (sought === "") return text;
      if (isEnd) return text.endsWith(sought) ? text.slice(0, -sought.length) : text;
      return text.startsWith(sought) ? text.slice(sought.length) : text;
    },
  ];
}

function refused(name: string): [string, TextMethod] {
  return [
    name,
    () => {
      throw unsupported(`texts in templates have no ${name}()`);
    },
  ];
}

const METHODS: ReadonlyMap<string, TextMethod> = new Map<string, TextMethod>([
  plain("upper", (text) => text.toUpperCase()),
  plain("lower", (text) => text.toLowerCase()),
  plain("casefold", caseFold),
  plain("capitalize", capitalize),
  plain("title", toTitle),
  plain("swapcase", swapCase),
  ...[...TEXT_KINDS].map(([name, test]) => plain(name, test)),
  stripping("strip", "both"),
  stripping("lstrip", "left"),
  stripping("rstrip", "right"),
  splitting("split", split),
  splitting("rsplit", splitFromRight),
  partitioning("partition", false),
  partitioning("rpartition", true),
  justifying("ljust", "left"),
  justifying("rjust", "right"),
  justifying("center", "center"),
  finding("find", false, false),
  finding("rfind", true, false),
  finding("index", false, true),
  finding("rindex", true, true),
  beginning("startswith", false),
  beginning("endswith", true),
  removing("removeprefix", false),
  removing("removesuffix", true),
  ["count", count],
  ["join", join],
  [
    "replace",
    (text, args) => {
      const [from = null, to = null, most] = readReplace(args);
      const limit = most === undefined ? -1 : requireIndex(most, "replace()");
      return replace(text, requireText(from, "replace()"), {
        to: requireText(to, "replace()"),
        most: limit,
      });
    },
  ],
  [
    "splitlines",
    (text, args) =>
      splitLines(text, isTrue(parameters("splitlines", "keepends?")(args)[0] ?? false)),
  ],
  [
    "zfill",
    (text, args) =>
      zeroFill(text, requireIndex(positional("zfill", "width")(args)[0] ?? null, "zfill()")),
  ],
  [
    "expandtabs",
    (text, args) =>
      expandTabs(
        text,
        requireIndex(parameters("expandtabs", "tabsize?")(args)[0] ?? 8n, "expandtabs()"),
      ),
  ],
  refused("encode"),
  refused("translate"),
  refused("maketrans"),
]);

/** A method of a text; `undefined` when texts have none of this name. */
export function textMethod(name: string): TextMethod | undefined {
  return METHODS.get(name);
}
