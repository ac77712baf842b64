// Jinja2's filters that convert values, and Airflow's that write dates.

import { PythonError, typeError, valueError } from "../../model/python/errors.ts";
import { strftime } from "../../model/python/strftime.ts";
import { DateLike } from "../datetime/date-like.ts";
import { DateTimeValue } from "../datetime/datetime.ts";
import { TimeValue } from "../datetime/time.ts";
import { isTrue } from "../python/compare.ts";
import { type Given, requireIndex } from "../python/functions.ts";
import { dumpJson } from "../python/json.ts";
import { Markup, textOf } from "../python/markup.ts";
import { parseFloatText, parseInteger, round, truncate } from "../python/numbers.ts";
import { applySign, calculate } from "../python/operators.ts";
import { describe, toText } from "../python/repr.ts";
import { attributeOf } from "../python/subscript.ts";
import { requireText } from "../python/texts/text-methods.ts";
import { Undefined } from "../python/undefined.ts";
import { floatOf, integerOf, orElse, type Value } from "../python/values.ts";
import { type Filter, filter } from "./filter.ts";
import { prettyPrint } from "./pretty-print.ts";

function orDefault(value: Value, [fallback = "", alsoFalse = false]: Given): Value {
  if (value instanceof Undefined) return fallback;
  return isTrue(alsoFalse) && !isTrue(value) ? fallback : value;
}

function toInteger(value: Value, [fallback = 0n, base = 10n]: Given): Value {
  if (value instanceof Undefined) value.fail();
  const integer = integerOf(value);
  if (integer !== undefined) return integer;
  if (typeof value === "number") return Number.isNaN(value) ? fallback : truncate(value);
  const text = textOf(value);
  if (text === undefined) return fallback;
  const read = parseInteger(text, requireIndex(base, "int"));
  if (read !== undefined) return read;
  const number = parseFloatText(text);
  return number === undefined || !Number.isFinite(number) ? fallback : truncate(number);
}

function toFloat(value: Value, [fallback = 0]: Given): Value {
  if (value instanceof Undefined) value.fail();
  const text = textOf(value);
  return (text === undefined ? floatOf(value) : parseFloatText(text)) ?? fallback;
}

function roundTo(value: Value, [precision = 0n, method = "common"]: Given): Value {
  if (value instanceof Undefined) value.fail();
  const number = integerOf(value) ?? (typeof value === "number" ? value : undefined);
  if (number === undefined) throw typeError(`round needs a number, got ${describe(value)}`);
  if (method === "common") {
    return round(number, precision === null ? 0 : requireIndex(precision, "round"));
  }
  if (method !== "ceil" && method !== "floor") {
    throw valueError('the method of round is "common", "ceil" or "floor"');
  }
  const unit = calculate("**", 10n, precision);
  const scaled = calculate("*", number, unit);
  const whole =
    typeof scaled === "number"
      ? truncate(method === "ceil" ? Math.ceil(scaled) : Math.floor(scaled))
      : scaled;
  return calculate("/", whole, unit);
}

/** JSON that is safe inside HTML, with sorted keys. */
function toJson(value: Value, [indent = null]: Given): Value {
  const spaces =
    indent === null ? undefined : (textOf(indent) ?? " ".repeat(requireIndex(indent, "tojson")));
  const json = dumpJson(value, {
    sortKeys: true,
    ...(spaces === undefined ? {} : { indent: spaces }),
  });
  const safe = json.replaceAll(
    /[<>&']/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
  return new Markup(safe);
}

/** A filter of dates; None stays None, as in Airflow. */
function ofDate(name: string, write: (date: DateLike | TimeValue) => string): [string, Filter] {
  return filter(name, [], (value) => {
    if (value === null) return null;
    if (value instanceof Undefined) value.fail();
    if (value instanceof DateLike || value instanceof TimeValue) return write(value);
    throw new PythonError(
      "AttributeError",
      `the filter "${name}" needs a date, got ${describe(value)}`,
    );
  });
}

function isoformat(date: DateLike | TimeValue): string {
  return date instanceof DateTimeValue ? date.isoformat() : date.toText();
}

export const CONVERSION_FILTERS: readonly (readonly [string, Filter])[] = [
  filter("default", ["default_value?", "boolean?"], orDefault),
  filter("d", ["default_value?", "boolean?"], orDefault),
  filter("int", ["default?", "base?"], toInteger),
  filter("float", ["default?"], toFloat),
  filter("round", ["precision?", "method?"], roundTo),
  filter("abs", [], (value) => applySign("abs", value)),
  filter("tojson", ["indent?"], toJson),
  filter("pprint", [], prettyPrint),
  filter("attr", ["name"], (value, [name = ""]) =>
    orElse(attributeOf(value, requireText(name, "attr")), () => Undefined.named(toText(name))),
  ),
  ofDate("ds", (date) => strftime(date.moment(), "%Y-%m-%d")),
  ofDate("ds_nodash", (date) => strftime(date.moment(), "%Y%m%d")),
  ofDate("ts", isoformat),
  ofDate("ts_nodash", (date) => strftime(date.moment(), "%Y%m%dT%H%M%S")),
  ofDate("ts_nodash_with_tz", (date) => isoformat(date).replaceAll(/[-:]/g, "")),
];
