// Bodies that ask for a listing, as queries: `POST …/list` takes what the listing takes, by other
// names for the page.
import { ANY } from "../context.ts";
import { InvalidRequest } from "../problems.ts";
import { requireTimezone } from "./body.ts";
import { bounded, type Query, toQuery } from "./query.ts";

/** Airflow's `page_limit` when there is none. */
const DEFAULT_LIMIT = 100;
/** Names of parameters that have others in a body. */
const NAMES: Readonly<Record<string, string>> = {
  limit: "page_limit",
  offset: "page_offset",
  state: "states",
};
const DATE = /_date_(gte|gt|lte|lt)$|^run_after_/;

/** `body` has been checked against the document. Its dates need a time zone. */
export function readBatchQuery(body: object): Query {
  const values = new Map<string, unknown>(Object.entries(body));
  for (const [name, value] of values) {
    if (Array.isArray(value)) bounded(name, value);
    if (DATE.test(name) && typeof value === "string") requireTimezone(value, name);
  }
  if (!values.has("page_limit")) values.set("page_limit", DEFAULT_LIMIT);
  return toQuery((name) => toTexts(values.get(name) ?? values.get(NAMES[name] ?? name)));
}

/** Such a listing is over all DAGs: in its path is "~". */
export function requireAny(name: string, input: string): void {
  if (input === ANY) return;
  const msg = `Input should be '${ANY}'`;
  throw new InvalidRequest([{ type: "literal_error", loc: ["path", name], msg, input }]);
}

/** No state is null in a list of states, and "none" in a query. */
function toTexts(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map((each) =>
    each === null ? "none" : String(each),
  );
}
