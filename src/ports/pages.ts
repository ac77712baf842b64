// Pages of listings, for every adapter. A page by key names its last row by `next`, so rows added
// meanwhile neither double nor hide others. Listings as data say which items, in which order, which
// part of them, and whether they are counted; each store says at its top by which index it answers.
import type { Condition, OrderBy } from "../model/listings/conditions.ts";

/** Thrown for a place to go on from that no page, and no part of a log, has given out. */
export class UnknownPlace extends Error {
  override readonly name = "UnknownPlace";
}

/** A page of a listing; `next` continues it and is absent on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

export interface PageRequest {
  /** At most so many items; 100 when absent. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** Moments as UTC ISO text, both of which belong to the range; an absent one leaves it open. */
export interface DateRange {
  readonly from?: string;
  readonly to?: string;
}

const DEFAULT_LIMIT = 100;

/** Rows to ask for: one more than the page holds, which tells whether another page follows. */
export function toRowLimit(limit = DEFAULT_LIMIT): number {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new RangeError(`A page holds at least 1 item; its limit is ${limit}`);
  }
  return limit + 1;
}

/** Cuts the surplus row off and names the last one by its key. */
export function toPage<T>(
  rows: readonly T[],
  page: { readonly rowLimit: number; readonly keyOf: (row: T) => readonly string[] },
): Page<T> {
  if (rows.length < page.rowLimit) return { items: rows };
  const items = rows.slice(0, page.rowLimit - 1);
  const last = items.at(-1);
  if (last === undefined) return { items };
  const next = Buffer.from(JSON.stringify(page.keyOf(last))).toString("base64url");
  return { items, next };
}

/** Rows asked for at a time where all of a listing is wanted. */
const LARGE_PAGE = 1_000;

/** Every item of a listing, read page by page. */
export async function* itemsOf<T>(
  list: (page: { readonly limit: number; readonly after?: string }) => Promise<Page<T>>,
): AsyncGenerator<T> {
  let page = await list({ limit: LARGE_PAGE });
  for (;;) {
    yield* page.items;
    if (page.next === undefined) return;
    page = await list({ limit: LARGE_PAGE, after: page.next });
  }
}

/** `after` of a page that begins behind the key, of a listing that has one text as its key. */
export function behind(key: string): string {
  return Buffer.from(JSON.stringify([key])).toString("base64url");
}

/**
 * The key that `next` names; undefined for the first page. Throws UnknownPlace for a text that no
 * page gave out.
 */
export function parseAfter(after: string | undefined, size: number): readonly string[] | undefined {
  if (after === undefined) return undefined;
  let key: unknown;
  try {
    key = JSON.parse(Buffer.from(after, "base64url").toString());
  } catch (cause) {
    throw new UnknownPlace(`"${after}" continues no listing`, { cause });
  }
  if (!isTexts(key) || key.length !== size)
    throw new UnknownPlace(`"${after}" continues no listing`);
  return key;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((part) => typeof part === "string");
}

/** All items of a listing that is known to be short. */
export async function allOf<T>(
  list: (page: { readonly limit: number; readonly after?: string }) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of itemsOf(list)) all.push(item);
  return all;
}

/** What is asked of a store. */
export interface Listing<F extends string> {
  /** An item must meet all of them. */
  readonly conditions: readonly Condition<F>[];
  /**
   * Items that are equal in all of the fields are in an order of the store's own, which is the same
   * for each page.
   */
  readonly order: readonly OrderBy<F>[];
  /** At most so many items, at least 1. */
  readonly limit: number;
  /** Items to leave out at the beginning; 0 when absent. */
  readonly offset?: number;
  /**
   * `next` or `previous` of another page of the same listing, or "" for the first one; absent: the
   * page is asked for by its offset. Others throw UnknownPlace.
   */
  readonly cursor?: string;
  /** Whether to count the items that meet the conditions. */
  readonly isCounted?: boolean;
}

/** A page of a listing. A page by cursor may be short, or empty, and go on. */
export interface Listed<T> {
  readonly items: readonly T[];
  /** Cursors of the pages behind and in front; absent where there is none, or none was asked for. */
  readonly next?: string;
  readonly previous?: string;
  /** How many items there are; absent where they weren't counted. */
  readonly total?: Total;
}

export interface Total {
  readonly count: number;
  /** There are at least `count` items: the store counted no further. */
  readonly isCapped: boolean;
}

/** A listing that the store would have to read too much for; the message says what to do. */
export class ListingRefused extends Error {}
