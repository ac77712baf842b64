// Jinja2's filters of texts.

import { PythonError, typeError, valueError } from "../../model/python/errors.ts";
import { isTrue } from "../python/compare.ts";
import { Dict } from "../python/dict.ts";
import { type Given, requireIndex } from "../python/functions.ts";
import { lengthOf, listOf, tryIterate, unpack } from "../python/iterate.ts";
import { checkedText } from "../python/limits.ts";
import { escapeHtml, escapeValue, Markup, textOf } from "../python/markup.ts";
import { parseFloatText } from "../python/numbers.ts";
import { describe, repr, toText } from "../python/repr.ts";
import { formatFloat } from "../python/texts/number-format.ts";
import { formatPercent } from "../python/texts/percent-format.ts";
import { capitalize } from "../python/texts/text-case.ts";
import { replace, requireText } from "../python/texts/text-methods.ts";
import { justify, splitLines, strip } from "../python/texts/text-split.ts";
import { Tuple } from "../python/tuple.ts";
import { Undefined } from "../python/undefined.ts";
import { charactersOf, floatOf, lengthOfText, type Value } from "../python/values.ts";
import { type Filter, filter } from "./filter.ts";
import { wrapText } from "./wrap-text.ts";

/** A change of the printed value that keeps it marked as safe. */
function changing(name: string, change: (text: string) => string): [string, Filter] {
  return filter(name, [], (value) => keepSafe(value, change(toText(value))));
}

function keepSafe(value: Value, text: string): Value {
  return value instanceof Markup ? new Markup(text) : text;
}

/**
 * Jinja2's own title case: only the first letter after a space, a dash or a bracket is a capital.
 */
function toTitle(text: string): string {
  return text
    .split(/([-\s({[<]+)/)
    .map((word) => {
      const [first = ""] = word;
      return first.toUpperCase() + word.slice(first.length).toLowerCase();
    })
    .join("");
}

function truncate(
  value: Value,
  [length = 255n, kill = false, end = "...", leeway = 5n]: Given,
): Value {
  const ending = requireText(end, "truncate");
  const most = requireIndex(length, "truncate");
  const kept = most - lengthOfText(ending);
  if (kept < 0) throw valueError(`truncate needs a length of at least ${lengthOfText(ending)}`);
  if (lengthOf(value) <= most + requireIndex(leeway === null ? 5n : leeway, "truncate"))
    return value;
  const start = charactersOf(requireText(value, "truncate")).slice(0, kept).join("");
  if (isTrue(kill)) return keepSafe(value, start + ending);
  const space = start.lastIndexOf(" ");
  return keepSafe(value, (space === -1 ? start : start.slice(0, space)) + ending);
}

function indent(value: Value, [width = 4n, first = false, blank = false]: Given): Value {
  const text = requireText(value, "indent");
  const spaces = textOf(width) ?? " ".repeat(Math.max(0, requireIndex(width, "indent")));
  const lines = splitLines(`${text}\n`, false);
  const indented = lines.map((line, index) =>
    index > 0 && (line !== "" || isTrue(blank)) ? spaces + line : line,
  );
  return keepSafe(value, checkedText((isTrue(first) ? spaces : "") + indented.join("\n")));
}

const SIZES = ["k", "M", "G", "T", "P", "E", "Z", "Y"];

function fileSize(value: Value, [binary = false]: Given): Value {
  const bytes = floatOf(value) ?? parseFloatText(requireText(value, "filesizeformat"));
  if (bytes === undefined)
    throw valueError(`filesizeformat needs a number, got ${describe(value)}`);
  const base = isTrue(binary) ? 1024 : 1000;
  if (bytes === 1) return "1 Byte";
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  const index = SIZES.findIndex((_, place) => bytes < base ** (place + 2));
  const place = index === -1 ? SIZES.length - 1 : index;
  const prefix = SIZES[place] ?? "";
  const unit = isTrue(binary) ? `${prefix.toUpperCase()}iB` : `${prefix}B`;
  const scaled = (base * bytes) / base ** (place + 2);
  const { digits, isNegative } = formatFloat(scaled, "f", { precision: 1, isAlternate: false });
  return `${isNegative ? "-" : ""}${digits} ${unit}`;
}

function quoteUrl(value: Value, isQuery: boolean): string {
  const quoted = encodeURIComponent(toText(value)).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return isQuery ? quoted.replaceAll("%20", "+") : quoted.replaceAll("%2F", "/");
}

function urlEncode(value: Value): Value {
  if (textOf(value) !== undefined || !tryIterate(value)) return quoteUrl(value, false);
  const pairs =
    value instanceof Dict
      ? [...value.entries()]
      : listOf(value).map((pair): readonly Value[] => unpack(pair, 2));
  return pairs
    .map(([key = null, item = null]) => `${quoteUrl(key, true)}=${quoteUrl(item, true)}`)
    .join("&");
}

function xmlAttributes(value: Value, [autospace = true]: Given): Value {
  if (!(value instanceof Dict)) throw typeError(`xmlattr needs a dict, got ${describe(value)}`);
  const attributes: string[] = [];
  for (const [key, item] of value.entries()) {
    if (item === null || item instanceof Undefined) continue;
    const name = requireText(key, "xmlattr");
    if (/[\s/>=]/.test(name))
      throw valueError(`xmlattr got ${repr(name)}, which is no name of an attribute`);
    attributes.push(`${escapeHtml(name)}="${escapeValue(item).text}"`);
  }
  const joined = attributes.join(" ");
  return isTrue(autospace) && joined !== "" ? ` ${joined}` : joined;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  nbsp: "\u00a0",
};

function stripTags(value: Value): Value {
  let text = toText(value);
  for (let at = text.indexOf("<!--"); at !== -1; at = text.indexOf("<!--")) {
    const end = text.indexOf("-->", at);
    if (end === -1) break;
    text = text.slice(0, at) + text.slice(end + 3);
  }
  for (let at = text.indexOf("<"); at !== -1; at = text.indexOf("<", at)) {
    const end = text.indexOf(">", at);
    if (end === -1) break;
    text = text.slice(0, at) + text.slice(end + 1);
  }
  const joined = text
    .split(/\s+/)
    .filter((word) => word !== "")
    .join(" ");
  return joined.replaceAll(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (entity, decimal, hex, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    const character = ENTITIES[name];
    if (character === undefined) throw valueError(`striptags can't read the entity "${entity}"`);
    return character;
  });
}

const formatFilter: Filter = (value, { positional, named }) => {
  if (positional.length > 0 && named.size > 0) {
    throw new PythonError("TypeError", "format takes values by position or by name, not both");
  }
  const dict = new Dict([...named].map(([name, item]) => [name, item] as const));
  return formatPercent(toText(value), named.size > 0 ? dict : new Tuple([...positional]));
};

export const TEXT_FILTERS: readonly (readonly [string, Filter])[] = [
  changing("upper", (text) => text.toUpperCase()),
  changing("lower", (text) => text.toLowerCase()),
  changing("capitalize", capitalize),
  filter("title", [], (value) => toTitle(toText(value))),
  filter("trim", ["chars?"], (value, [characters = null]) => {
    const set = characters === null ? undefined : requireText(characters, "trim");
    return keepSafe(value, strip(toText(value), "both", set));
  }),
  filter("center", ["width?"], (value, [width = 80n]) =>
    keepSafe(value, justify(toText(value), "center", { width: requireIndex(width, "center") })),
  ),
  filter("replace", ["old", "new", "count?"], (value, [from = "", to = "", count = null]) =>
    replace(toText(value), toText(from), {
      to: toText(to),
      most: count === null ? -1 : requireIndex(count, "replace"),
    }),
  ),
  filter("truncate", ["length?", "killwords?", "end?", "leeway?"], truncate),
  filter("indent", ["width?", "first?", "blank?"], indent),
  filter("wordcount", [], (value) => BigInt(toText(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0)),
  filter(
    "wordwrap",
    ["width?", "break_long_words?", "wrapstring?", "break_on_hyphens?"],
    (value, [width = 79n, long = true, wrapString = null, hyphens = true]) =>
      wrapText(requireText(value, "wordwrap"), {
        width: requireIndex(width, "wordwrap"),
        breakLongWords: isTrue(long),
        breakOnHyphens: isTrue(hyphens),
        newline: wrapString === null ? "\n" : requireText(wrapString, "wordwrap"),
      }),
  ),
  ["format", formatFilter],
  filter("string", [], (value) => (value instanceof Markup ? value : toText(value))),
  filter("striptags", [], stripTags),
  filter("filesizeformat", ["binary?"], fileSize),
  filter("urlencode", [], urlEncode),
  filter("xmlattr", ["autospace?"], xmlAttributes),
  filter("e", [], escapeValue),
  filter("escape", [], escapeValue),
  filter("forceescape", [], (value) => new Markup(escapeHtml(toText(value)))),
  filter("safe", [], (value) => new Markup(toText(value))),
];
