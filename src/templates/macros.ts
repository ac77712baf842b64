// Airflow's `macros`, as far as templates can call them.
import { randomUUID } from "node:crypto";
import { isoDate } from "../model/python/calendar.ts";
import { typeError, valueError } from "../model/python/errors.ts";
import { strftime } from "../model/python/strftime.ts";
import { DateTimeValue } from "./datetime/datetime.ts";
import { datetimeClass, fromIsoFormat, parseByFormat } from "./datetime/datetime-class.ts";
import { createRelativeDelta } from "./datetime/relativedelta.ts";
import { createTimeDelta } from "./datetime/timedelta.ts";
import { addDays } from "./datetime/units.ts";
import { differenceInWords } from "./datetime/words.ts";
import { localZone, UTC } from "./datetime/zone.ts";
import { isTrue } from "./python/compare.ts";
import { Module, NativeFunction, parameters, requireIndex } from "./python/functions.ts";
import { unpack } from "./python/iterate.ts";
import { dumpJson, type JsonForm, parseJson } from "./python/json.ts";
import { textOf } from "./python/markup.ts";
import { toText } from "./python/repr.ts";
import { requireText } from "./python/texts/text-methods.ts";
import { type Arguments, PythonObject, type Value } from "./python/values.ts";

const readDsAdd = parameters("ds_add", "ds", "days");
const readDsFormat = parameters("ds_format", "ds", "input_format", "output_format");
const readDiff = parameters("datetime_diff_for_humans", "dt", "since?");

/** A date text a number of days later. */
function dsAdd(args: Arguments): Value {
  const [ds = null, days = null] = readDsAdd(args);
  const text = toText(ds);
  if (!isTrue(days)) return text;
  if (!/^\d{4}-\d{1,2}-\d{1,2}$/.test(text)) {
    throw valueError(`${JSON.stringify(text)} is not a date; write it as "2026-01-31"`);
  }
  const { parts } = parseByFormat(text, "%Y-%m-%d");
  return isoDate(addDays(parts, requireIndex(days, "ds_add()")));
}

/** A date text read by one format and written by another, with the directives of strftime. */
function dsFormat(args: Arguments): Value {
  const [ds = null, input = null, output = null] = readDsFormat(args);
  const date = parseByFormat(toText(ds), requireText(input, "ds_format()"));
  return strftime(date.moment(), requireText(output, "ds_format()"));
}

function diffForHumans(args: Arguments): Value {
  const [date = null, since = null] = readDiff(args);
  if (!(date instanceof DateTimeValue))
    throw typeError("datetime_diff_for_humans() needs a datetime");
  const own = date.zone ? date : date.with({ zone: UTC });
  const base = since === null ? own.now() : since;
  if (!(base instanceof DateTimeValue))
    throw typeError("datetime_diff_for_humans() needs a datetime");
  return differenceInWords(own.difference(base, true).units, {
    isLater: own.instant > base.instant,
    isNow: since === null,
    isAbsolute: false,
  });
}

const readDumps = parameters(
  "dumps",
  "obj",
  "indent?",
  "sort_keys?",
  "ensure_ascii?",
  "separators?",
);
const readLoads = parameters("loads", "s");

function dumps(args: Arguments): Value {
  const [value = null, indent = null, sortKeys = false, ensureAscii = true, separators = null] =
    readDumps(args);
  const [between, behindKey] = separators === null ? [] : unpack(separators, 2);
  const form: JsonForm = {
    sortKeys: isTrue(sortKeys),
    ensureAscii: isTrue(ensureAscii),
    ...(indent === null
      ? {}
      : { indent: textOf(indent) ?? " ".repeat(requireIndex(indent, "dumps()")) }),
    ...(between === undefined || behindKey === undefined
      ? {}
      : { separators: [toText(between), toText(behindKey)] as const }),
  };
  return dumpJson(value, form);
}

class Uuid extends PythonObject {
  readonly typeName = "UUID";
  readonly #text = randomUUID();

  repr(): string {
    return `UUID('${this.#text}')`;
  }
  override toText(): string {
    return this.#text;
  }
  override attribute(name: string): Value | undefined {
    return name === "hex" ? this.#text.replaceAll("-", "") : undefined;
  }
}

const readStrftime = parameters("strftime", "format", "t?");

function strftimeNow(args: Arguments): Value {
  const [format = null, moment = null] = readStrftime(args);
  if (moment !== null) throw typeError("time.strftime() in templates writes the current time only");
  const now = DateTimeValue.fromMs(Date.now()).inZone(localZone());
  return strftime(now.moment(), requireText(format, "strftime()"));
}

const readParse = parameters("parse", "timestr");

/** dateutil reads nearly anything; here ISO 8601, without a guess. */
function parseDate(args: Arguments): Value {
  return fromIsoFormat(requireText(readParse(args)[0] ?? null, "parse()").trim());
}

/** `random()` itself, not a module. */
const random = new NativeFunction("random", () => Math.random());

function functions(members: Readonly<Record<string, (args: Arguments) => Value>>) {
  return Object.fromEntries(
    Object.entries(members).map(([name, run]) => [name, () => new NativeFunction(name, run)]),
  );
}

const json = new Module(
  "json",
  functions({
    dumps,
    loads: (args) => parseJson(requireText(readLoads(args)[0] ?? null, "loads()")),
  }),
);
const time = new Module(
  "time",
  functions({ time: () => Date.now() / 1000, strftime: strftimeNow }),
);
const uuid = new Module("uuid", functions({ uuid4: () => new Uuid() }));
const relativedelta = new Module(
  "relativedelta",
  functions({ relativedelta: createRelativeDelta }),
);
const parser = new Module("parser", functions({ parse: parseDate, isoparse: parseDate }));
const dateutil = new Module("dateutil", {
  relativedelta: () => relativedelta,
  parser: () => parser,
});

const MEMBERS = {
  ...functions({
    ds_add: dsAdd,
    ds_format: dsFormat,
    datetime_diff_for_humans: diffForHumans,
    timedelta: createTimeDelta,
  }),
  datetime: () => datetimeClass,
  random: () => random,
  json: () => json,
  time: () => time,
  uuid: () => uuid,
  dateutil: () => dateutil,
};

export const macros = new Module("macros", MEMBERS);
