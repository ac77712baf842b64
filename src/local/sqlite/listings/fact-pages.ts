// Pages of a table of facts, by offset or by cursor. A cursor names the row that its page is behind,
// or in front of, by what it was ordered by then: rows that come or go neither double nor hide
// others.
import { type Listed, type Listing, toRowLimit, UnknownPlace } from "../../../ports/pages.ts";
import type { Row } from "../rows.ts";
import type { FactQuery, FactWindow } from "./fact-query.ts";
import type { Place } from "./fact-sql.ts";

/** `read` answers an item by its key; undefined where it is gone. */
export function findIn<T, F extends string>(
  facts: FactQuery<F>,
  listing: Listing<F>,
  read: (key: Row) => T | undefined,
): Listed<T> {
  const { limit, offset = 0, cursor } = listing;
  const rowLimit = toRowLimit(limit);
  const beside = cursor === undefined || cursor === "" ? undefined : parseCursor(cursor);
  const window: FactWindow =
    cursor === undefined
      ? { limit, offset }
      : { limit: rowLimit, offset: 0, ...(beside ? { beside } : {}) };
  const { rows: found, total } = facts.page(listing, window);
  const isBackward = beside?.isBackward ?? false;
  const hasMore = found.length > limit;
  const rows = isBackward ? found.slice(-limit) : found.slice(0, limit);
  const [first, last] = [rows[0], rows.at(-1)];
  const hasNext = cursor !== undefined && (isBackward || hasMore);
  const hasPrevious = beside !== undefined && (!isBackward || hasMore);
  return {
    items: rows.flatMap(({ key }) => read(key) ?? []),
    ...(last && hasNext ? { next: toCursor(last.place, false) } : {}),
    ...(first && hasPrevious ? { previous: toCursor(first.place, true) } : {}),
    ...(total && listing.isCounted ? { total } : {}),
  };
}

function toCursor({ at, no }: Place, isBackward: boolean): string {
  return Buffer.from(JSON.stringify([isBackward, no, ...at])).toString("base64url");
}

function parseCursor(cursor: string): { readonly place: Place; readonly isBackward: boolean } {
  const parts = parseJson(Buffer.from(cursor, "base64url").toString());
  if (!Array.isArray(parts)) throw new UnknownPlace(`"${cursor}" continues no listing`);
  const [isBackward, no, ...at] = parts;
  const isValue = (value: unknown) => typeof value === "string" || typeof value === "number";
  if (typeof isBackward !== "boolean" || typeof no !== "number" || !at.every(isValue)) {
    throw new UnknownPlace(`"${cursor}" continues no listing`);
  }
  return { isBackward, place: { at, no } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller refuses what is no list.
    return undefined;
  }
}
