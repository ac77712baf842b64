// Pages of a DAG's runs: `runs` and `before` of a query.
import { InvalidRequest } from "../../problems.ts";
import type { Query } from "../../requests/query.ts";
import { readToken } from "../../requests/tokens.ts";

const RUNS = 40;
const MOST_RUNS = 100;

export interface RunPage {
  readonly limit: number;
  readonly after: string | undefined;
}

/** `name` is the parameter that says how many. */
export function readRunPage(query: Query, name = "runs", usual = RUNS): RunPage {
  const limit = query.integer(name) ?? usual;
  if (limit < 1 || limit > MOST_RUNS) {
    const msg = `Input should be from 1 to ${MOST_RUNS}`;
    throw new InvalidRequest([{ type: "value_error", loc: ["query", name], msg, input: limit }]);
  }
  const before = query.text("before");
  return { limit, after: before === undefined ? undefined : readToken("before", before) };
}
