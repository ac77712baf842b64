// Reads a request's query and body: what isn't as Airflow's document says is refused with FastAPI's list of mistakes.
import type { Context } from "hono";
import type { z } from "zod";
import { parseMoment } from "../model/values/time.ts";
import { InvalidRequest, type RequestMistake, toMistakes } from "./problems.ts";

/** Airflow's `maximum_page_limit`; larger limits are cut to it. */
const MAX_LIMIT = 1_000;
/** Airflow's `fallback_page_limit`. */
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
  integer(name: string): number | undefined;
  boolean(name: string): boolean | undefined;
  /** Epoch ms of an ISO date. */
  moment(name: string): number | undefined;
  page(): PageQuery;
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  "1": true,
  yes: true,
  on: true,
  false: false,
  "0": false,
  no: false,
  off: false,
};

export function readQuery(c: Context): Query {
  const text = (name: string) => c.req.query(name) || undefined;

  function parsed<T>(
    name: string,
    parse: (text: string) => T | undefined,
    mistake: Pick<RequestMistake, "type" | "msg">,
  ): T | undefined {
    const input = text(name);
    if (input === undefined) return undefined;
    const value = parse(input);
    if (value !== undefined) return value;
    throw new InvalidRequest([{ ...mistake, loc: ["query", name], input }]);
  }

  const integer = (name: string) =>
    parsed(name, (value) => (/^-?\d{1,15}$/.test(value) ? Number(value) : undefined), {
      type: "int_parsing",
      msg: "Input should be a valid integer, unable to parse string as an integer",
    });

  function count(name: string): number | undefined {
    const input = integer(name);
    if (input === undefined || input >= 0) return input;
    const msg = "Input should be greater than or equal to 0";
    throw new InvalidRequest([{ type: "greater_than_equal", loc: ["query", name], msg, input }]);
  }

  return {
    text,
    integer,
    texts: (name) => (c.req.queries(name) ?? []).filter(Boolean),
    boolean: (name) =>
      parsed(name, (value) => BOOLEANS[value.toLowerCase()], {
        type: "bool_parsing",
        msg: "Input should be a valid boolean, unable to interpret input",
      }),
    moment: (name) =>
      parsed(name, parseMoment, {
        type: "datetime_from_date_parsing",
        msg: "Input should be a valid datetime",
      }),
    page: () => ({
      limit: Math.min(count("limit") || DEFAULT_LIMIT, MAX_LIMIT),
      offset: count("offset") ?? 0,
    }),
  };
}

/** The JSON body, checked. */
export async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const text = await c.req.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    const msg = text === "" ? "Field required" : "JSON decode error";
    const type = text === "" ? "missing" : "json_invalid";
    throw new InvalidRequest([{ type, loc: ["body"], msg, input: text }]);
  }
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new InvalidRequest(toMistakes(result.error.issues, body));
}

/** An integer that stands in the path. */
export function readPathInteger(name: string, input: string): number {
  if (/^\d{1,9}$/.test(input)) return Number(input);
  const msg = "Input should be a valid integer, unable to parse string as an integer";
  throw new InvalidRequest([{ type: "int_parsing", loc: ["path", name], msg, input }]);
}
