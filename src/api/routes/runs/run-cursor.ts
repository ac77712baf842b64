// Pages by cursor through what many runs hold: newest run first, each in its own order. A page
// looks into as many runs as it needs, so no history is ever read whole.
import { z } from "zod";
import type { DagRunRecord } from "../../../model/records.ts";
import type { ApiContext } from "../../context.ts";
import type { Query } from "../../requests/query.ts";
import { readToken, refuseToken, toToken } from "../../requests/tokens.ts";
import { isMeant, readRunQuery } from "./run-query.ts";
import { oneRunOf, type RunScope } from "./run-scope.ts";

/**
 * Runs that a page looks into at most: with filters that few pass, a page may be short or empty,
 * and go on.
 */
const MAX_RUNS = 100;

/** Where a page begins. */
interface Place {
  /** What the store continues its listing of runs with, in front of the page's first run. */
  readonly after?: string | undefined;
  /** Items of that run that pages before have passed. */
  readonly skip: number;
}

const PLACE = z.strictObject({ after: z.string().optional(), skip: z.int().min(0) });

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
  const runAfter = await createRunReader(context, query, scope);
  const items: T[] = [];
  let place = readPlace(cursor);
  for (let looked = 0; looked < MAX_RUNS; looked += 1) {
    const { run, next } = await runAfter(place.after);
    const inRun = run ? await read(run) : [];
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

/** Reads the scope's runs one by one; a run that the query's filters leave out is absent. */
async function createRunReader(context: ApiContext, query: Query, scope: RunScope) {
  const { metadata, clock } = context.platform;
  const { dagId, isReadable } = scope;
  const wanted = { ...readRunQuery(query, { dagId, now: clock.now() }), isReadable };
  const ifMeant = (run: DagRunRecord | undefined) =>
    run && (isMeant(run, wanted) ? run : undefined);
  const one = await oneRunOf(context, scope);
  if (one) return async () => ({ run: ifMeant(one), next: undefined });
  return async (after: string | undefined) => {
    const place = after === undefined ? {} : { after };
    const { items, next } = await metadata.runs.list({ ...wanted.filter, ...place, limit: 1 });
    return { run: ifMeant(items[0]), next };
  };
}

function toText(place: Place): string {
  return toToken(JSON.stringify(place));
}

function readPlace(cursor: string): Place {
  if (cursor === "") return { skip: 0 };
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
