// Pages of runs by cursor. Where the order is the store's, a page goes on where another has ended,
// or goes back from where it has begun, so that no history is ever read whole; in other orders, all
// runs that the query means are read.
import type { DagRunRecord } from "../../../model/records.ts";
import type { DateRange } from "../../../ports/pages.ts";
import type { ApiContext } from "../../context.ts";
import {
  type CursorOrder,
  type CursorPlace,
  pageAt,
  readCursor,
  toCursor,
} from "../../requests/cursor-pages.ts";
import { sorted } from "../../requests/listing.ts";
import { readToken, refuseToken, toToken } from "../../requests/tokens.ts";
import { findRuns, isMeant, passing, type RunQuery } from "./run-query.ts";

export interface RunCursorPage {
  readonly runs: readonly DagRunRecord[];
  readonly nextCursor: string | null;
  readonly previousCursor: string | null;
}

interface Wish {
  readonly wanted: RunQuery;
  /** "" for the first page. */
  readonly cursor: string;
  readonly limit: number;
  readonly by: CursorOrder<DagRunRecord>;
}

/** What tells a run from all others. */
export const idOfRun = ({ dagId, runId }: DagRunRecord): readonly string[] => [dagId, runId];

/** In an order that the store hasn't. */
export async function pageInOrder(
  context: ApiContext,
  { wanted, cursor, limit, by }: Wish,
): Promise<RunCursorPage> {
  const found = sorted(await findRuns(context, wanted), by.order, by.keys);
  const { items: runs, next, previous } = pageAt(found, { ...by, cursor, limit });
  return { runs, nextCursor: next, previousCursor: previous };
}

/** In the order of the store: by `runAfter`. */
export async function pageOfStore(
  context: ApiContext,
  { oldestFirst, ...wish }: Wish & { readonly oldestFirst: boolean },
): Promise<RunCursorPage> {
  const { wanted, cursor, limit, by } = wish;
  const place = cursor === "" ? undefined : readCursor(cursor);
  if (place) return pageBeside(context, { ...wish, place, oldestFirst });
  const after = cursor === "" ? {} : { after: readToken("cursor", cursor) };
  const { runs } = context.platform.metadata;
  const page = await runs.list({ ...wanted.filter, ...after, limit, oldestFirst });
  const [first] = page.items;
  return {
    runs: await meantOf(page.items, wanted),
    nextCursor: page.next === undefined ? null : toToken(page.next),
    previousCursor: cursor === "" || !first ? null : toCursor(first, by, { isBackward: true }),
  };
}

/** The page behind a run, or in front of it. */
async function pageBeside(
  context: ApiContext,
  {
    wanted,
    limit,
    by,
    cursor,
    place,
    oldestFirst,
  }: Wish & { readonly place: CursorPlace; readonly oldestFirst: boolean },
): Promise<RunCursorPage> {
  const isRising = place.isBackward ? !oldestFirst : oldestFirst;
  const from = place.at[0];
  if (typeof from !== "string") return refuseToken("cursor", cursor);
  const found = await readBeside(context, { wanted, place, from, isRising, limit: limit + 1 });
  const page = found.slice(0, limit);
  const all = place.isBackward ? page.toReversed() : page;
  const [first, last] = [all[0], all.at(-1)];
  const hasMore = found.length > limit;
  const hasNext = place.isBackward || hasMore;
  const hasPrevious = !place.isBackward || hasMore;
  return {
    runs: await meantOf(all, wanted),
    nextCursor: last && hasNext ? toCursor(last, by, { isBackward: false }) : null,
    previousCursor: first && hasPrevious ? toCursor(first, by, { isBackward: true }) : null,
  };
}

/** So many runs on one side of the place, the nearest first. */
async function readBeside(
  { platform }: ApiContext,
  {
    wanted: { filter },
    place,
    from,
    isRising,
    limit,
  }: {
    readonly wanted: RunQuery;
    readonly place: CursorPlace;
    /** `runAfter` of the place. */
    readonly from: string;
    readonly isRising: boolean;
    readonly limit: number;
  },
): Promise<readonly DagRunRecord[]> {
  const { runs } = platform.metadata;
  const runAfter = bounded(filter.runAfter, from, isRising);
  const id = JSON.stringify(place.id);
  const found: DagRunRecord[] = [];
  let isBeyond = false;
  for (let after: string | undefined; !isBeyond || found.length < limit; ) {
    const part = after === undefined ? {} : { after };
    const page = await runs.list({ ...filter, runAfter, ...part, oldestFirst: isRising, limit });
    for (const run of page.items) {
      // Those of the same moment that are on the other side are not meant.
      const isPlace = JSON.stringify(idOfRun(run)) === id;
      if (isPlace) found.length = 0;
      else found.push(run);
      isBeyond ||= isPlace || run.runAfter !== from;
    }
    after = page.next;
    if (after === undefined) break;
  }
  return found;
}

function bounded(range: DateRange = {}, from: string, isRising: boolean): DateRange {
  if (isRising) return { ...range, from: range.from && range.from > from ? range.from : from };
  return { ...range, to: range.to && range.to < from ? range.to : from };
}

async function meantOf(
  runs: readonly DagRunRecord[],
  wanted: RunQuery,
): Promise<readonly DagRunRecord[]> {
  const meant = runs.filter((run) => isMeant(run, wanted));
  return passing(meant, wanted.lateTests);
}
