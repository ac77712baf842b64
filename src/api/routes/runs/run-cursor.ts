// Pages by cursor through what many runs hold: newest run first, each in its own order. A page
// looks into as many runs as it needs, so no history is ever read whole.
import { z } from "zod";
import type { DagRunRecord } from "../../../model/records.ts";
import type { ApiContext } from "../../context.ts";
import type { Query } from "../../requests/query.ts";
import { askStore } from "../../requests/store-listing.ts";
import { readToken, refuseToken, toToken } from "../../requests/tokens.ts";
import { oneRunOf, type RunScope, runListingOf } from "./run-scope.ts";

/**
 * Runs that a page looks into at most: with filters that few pass, a page may be short or empty,
 * and go on.
 */
const MAX_RUNS = 100;

/** Where a page begins. */
interface Place {
  /** By which the store goes on with its listing of runs, in front of the page's first run. */
  readonly after: string;
  /** Items of that run that pages before have passed. */
  readonly skip: number;
}

const PLACE = z.strictObject({ after: z.string(), skip: z.int().min(0) });

/** The page behind the cursor ("": the first one); `next` is null on the last page. */
export async function listByCursor<T>(
  context: ApiContext,
  query: Query,
  {
    scope,
    cursor,
    read,
    isWanted,
  }: {
    readonly scope: RunScope;
    readonly cursor: string;
    readonly read: (run: DagRunRecord) => Promise<readonly T[]>;
    readonly isWanted: (item: T) => boolean;
  },
): Promise<{ readonly items: readonly T[]; readonly next: string | null }> {
  const { limit } = query.page();
  await oneRunOf(context, scope);
  const listing = runListingOf(context, query, scope);
  const { runs } = context.platform.metadata;
  const items: T[] = [];
  let place = readPlace(cursor);
  for (let looked = 0; looked < MAX_RUNS; looked += 1) {
    const page = { ...listing, limit: 1, cursor: place.after };
    const { items: found, next } = await askStore(() => runs.find(page), cursor);
    const inRun = (await Promise.all(found.map(read))).flat();
    for (let index = place.skip; index < inRun.length; index += 1) {
      if (items.length === limit) return { items, next: toText({ ...place, skip: index }) };
      const item = inRun[index];
      if (item !== undefined && isWanted(item)) items.push(item);
    }
    if (next === undefined) return { items, next: null };
    place = { after: next, skip: 0 };
  }
  return { items, next: toText(place) };
}

function toText(place: Place): string {
  return toToken(JSON.stringify(place));
}

function readPlace(cursor: string): Place {
  if (cursor === "") return { after: "", skip: 0 };
  const place = PLACE.safeParse(parseJson(readToken("cursor", cursor)));
  return place.success ? place.data : refuseToken("cursor", cursor);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
