// Reads a request's query and the numbers in its path: what isn't as Airflow's document says is
// refused with FastAPI's list of mistakes.
import type { Context } from "hono";
import { parseMoment } from "../../model/values/time.ts";
import { InvalidRequest, Problem, type RequestMistake } from "../problems.ts";

/** Larger limits are cut to it (Airflow: `maximum_page_limit`, which deployments set). */
const MAX_LIMIT = 1_000;
/** Without a limit, or with 0 (Airflow: `fallback_page_limit`). */
const DEFAULT_LIMIT = 50;

export interface PageQuery {
  readonly limit: number;
  readonly offset: number;
}

/** The query of a request. An empty value counts as absent: Airflow's own clients send such. */
export interface Query {
  text(name: string): string | undefined;
  /** All values of a parameter that may be repeated; empty when absent. */
  texts(name: string): readonly string[];
  /** Like `texts`, each of which must be one of the choices. */
  choices<T extends string>(name: string, choices: readonly T[]): readonly T[];
  integer(name: string): number | undefined;
  integers(name: string): readonly number[];
  number(name: string): number | undefined;
  boolean(name: string): boolean | undefined;
  /** Epoch ms of an ISO date. */
  moment(name: string): number | undefined;
  page(): PageQuery;
}

type Mistake = Pick<RequestMistake, "type" | "msg">;

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["yes", true],
  ["on", true],
  ["false", false],
  ["0", false],
  ["no", false],
  ["off", false],
]);

/** Values of a parameter: each item of a listing is compared with all of them. */
const MAX_VALUES = 1_000;

/** Refuses more values than a parameter may have. */
export function bounded<T>(name: string, values: readonly T[]): readonly T[] {
  if (values.length <= MAX_VALUES) return values;
  throw new Problem(400, `\`${name}\` has ${values.length} values; give at most ${MAX_VALUES}`);
}

const NOT_AN_INTEGER: Mistake = {
  type: "int_parsing",
  msg: "Input should be a valid integer, unable to parse string as an integer",
};
const NOT_A_NUMBER: Mistake = {
  type: "float_parsing",
  msg: "Input should be a valid number, unable to parse string as a number",
};
const NOT_A_BOOLEAN: Mistake = {
  type: "bool_parsing",
  msg: "Input should be a valid boolean, unable to interpret input",
};
const NOT_A_DATE: Mistake = {
  type: "datetime_from_date_parsing",
  msg: "Input should be a valid datetime",
};

/**
 * The request's query. A parameter that isn't among the supported ones is refused with status 400:
 * an answer that ignores a filter is too large, and a script would act on all of it.
 */
export function readQuery(c: Context, supported: readonly string[]): Query {
  for (const [name, values] of Object.entries(c.req.queries())) {
    if (supported.includes(name) || values.every((value) => value === "")) continue;
    throw new Problem(400, describeUnsupported(name, supported));
  }
  return toQuery((name) => c.req.queries(name) ?? []);
}

/** The query of a body that asks for a listing: `valuesOf` answers all values of a parameter. */
export function toQuery(valuesOf: (name: string) => readonly string[]): Query {
  const texts = (name: string) => bounded(name, valuesOf(name).filter(Boolean));
  const text = (name: string) => valuesOf(name)[0] || undefined;

  function one<T>(name: string, parse: Parse<T>, mistake: Mistake): T | undefined {
    const input = text(name);
    return input === undefined ? undefined : parsed({ name, input, parse, mistake });
  }
  const integer = (name: string) => one(name, parseInteger, NOT_AN_INTEGER);

  return {
    text,
    texts,
    integer,
    choices: (name, choices) => texts(name).map((input) => choose(name, input, choices)),
    integers: (name) =>
      texts(name).map((input) =>
        parsed({ name, input, parse: parseInteger, mistake: NOT_AN_INTEGER }),
      ),
    number: (name) => one(name, parseNumber, NOT_A_NUMBER),
    boolean: (name) => one(name, (input) => BOOLEANS.get(input.toLowerCase()), NOT_A_BOOLEAN),
    moment: (name) => one(name, parseMoment, NOT_A_DATE),
    page: () => ({
      limit: Math.min(atLeastZero("limit", integer("limit")) || DEFAULT_LIMIT, MAX_LIMIT),
      offset: atLeastZero("offset", integer("offset")) ?? 0,
    }),
  };
}

/** An integer in the path; `least` is the smallest that is taken. */
export function readPathInteger(name: string, input: string, least = 0): number {
  const loc = ["path", name];
  if (!/^-?\d{1,16}$/.test(input)) throw new InvalidRequest([{ ...NOT_AN_INTEGER, loc, input }]);
  const value = Number(input);
  if (value >= least) return value;
  const msg = `Input should be greater than or equal to ${least}`;
  throw new InvalidRequest([{ type: "greater_than_equal", loc, msg, input }]);
}

function describeUnsupported(name: string, supported: readonly string[]): string {
  const rest =
    supported.length === 0
      ? "it takes none"
      : `it supports ${supported.map((one) => `\`${one}\``).join(", ")}`;
  return `Query parameter \`${name}\` is not supported by this operation; ${rest}`;
}

type Parse<T> = (text: string) => T | undefined;

function parsed<T>({
  name,
  input,
  parse,
  mistake,
}: {
  readonly name: string;
  readonly input: string;
  readonly parse: Parse<T>;
  readonly mistake: Mistake;
}): T {
  const value = parse(input);
  if (value !== undefined) return value;
  throw new InvalidRequest([{ ...mistake, loc: ["query", name], input }]);
}

function parseInteger(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

function parseNumber(text: string): number | undefined {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function choose<T extends string>(name: string, input: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === input);
  if (choice !== undefined) return choice;
  const msg = `Invalid value for ${name}. Valid values are ${choices.join(", ")}`;
  throw new InvalidRequest([{ type: "value_error", loc: ["query", name], msg, input }]);
}

function atLeastZero(name: string, input: number | undefined): number | undefined {
  if (input === undefined || input >= 0) return input;
  const msg = "Input should be greater than or equal to 0";
  throw new InvalidRequest([{ type: "greater_than_equal", loc: ["query", name], msg, input }]);
}
