// What a store's listing comes to in an answer: cursors as tokens, counts as Airflow has them, and
// refusals as mistakes of the request.
import { type Listed, ListingRefused, type Total, UnknownPlace } from "../../ports/pages.ts";
import { Problem } from "../problems.ts";
import type { PageQuery } from "./query.ts";
import { readToken, refuseToken, toToken } from "./tokens.ts";

/** How a page is asked for: by cursor ("" is that of the first page), or by its offset. */
export interface Paging extends PageQuery {
  readonly cursor: string | undefined;
}

/** The cursors and the count of an answer, by Airflow's names. */
export interface PageFacts {
  /** Null by cursor: nothing is counted then. */
  readonly total: number | null;
  /** Null where the total is exact. */
  readonly totalLimit: number | null;
  readonly nextCursor: string | null;
  readonly previousCursor: string | null;
}

/** The part of a store's listing that says which page is meant. */
export function toStorePage({ cursor, limit, offset }: Paging) {
  if (cursor === undefined) return { limit, offset, isCounted: true };
  return { limit, cursor: cursor === "" ? "" : readToken("cursor", cursor) };
}

export function pageFactsOf<T>({ next, previous, total }: Listed<T>): PageFacts {
  return {
    ...totalOf(total),
    nextCursor: next === undefined ? null : toToken(next),
    previousCursor: previous === undefined ? null : toToken(previous),
  };
}

/** A total that the store counted no further is a limit besides (Airflow: total_entries_limit). */
function totalOf(total: Total | undefined): Pick<PageFacts, "total" | "totalLimit"> {
  if (!total) return { total: null, totalLimit: null };
  return { total: total.count, totalLimit: total.isCapped ? total.count : null };
}

/** What the store answers. A listing that it refuses is a mistake of the request. */
export async function askStore<T>(
  find: () => Promise<Listed<T>>,
  cursor: string | undefined,
): Promise<Listed<T>> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof ListingRefused) throw new Problem(400, error.message);
    if (error instanceof UnknownPlace) return refuseToken("cursor", cursor ?? "");
    throw error;
  }
}
