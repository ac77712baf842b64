// Pages by cursor in both directions. A cursor names the item that the page is behind, or in front
// of, by its id and by what it was ordered by then, so that items that come or go meanwhile neither
// double nor hide others.
import { z } from "zod";
import { compareValues, type OrderField, type OrderKeys, valuesOf } from "./listing.ts";
import { readToken, refuseToken, toToken } from "./tokens.ts";

const VALUE = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const PLACE = z.strictObject({
  /** By what the item was ordered. */
  at: z.array(VALUE),
  id: z.array(z.string()),
  /** Whether the page is in front of the item. */
  isBackward: z.boolean(),
});

export type CursorPlace = z.infer<typeof PLACE>;

export interface CursorPage<T> {
  readonly items: readonly T[];
  /** Null on the last page, and on the first one. */
  readonly next: string | null;
  readonly previous: string | null;
}

export interface CursorOrder<T> {
  readonly order: readonly OrderField[];
  readonly keys: OrderKeys<T>;
  /** What tells it from all others. */
  idOf(item: T): readonly string[];
}

/** The cursor of a page behind the item, or in front of it. */
function toCursor<T>(
  item: T,
  { order, keys, idOf }: CursorOrder<T>,
  { isBackward }: Pick<CursorPlace, "isBackward">,
): string {
  const at = valuesOf(item, order, keys);
  return toToken(JSON.stringify({ at, id: idOf(item), isBackward }));
}

/** Undefined for a token that is no such cursor: it may be the store's. */
function readCursor(cursor: string): CursorPlace | undefined {
  try {
    return PLACE.parse(JSON.parse(readToken("cursor", cursor)));
  } catch (problem) {
    if (problem instanceof SyntaxError || problem instanceof z.ZodError) return undefined;
    throw problem;
  }
}

/** A page of a listing that is at hand as a whole, in its order. "" is the first page's cursor. */
export function pageAt<T>(
  items: readonly T[],
  { cursor, limit, ...by }: CursorOrder<T> & { readonly cursor: string; readonly limit: number },
): CursorPage<T> {
  const place = cursor === "" ? undefined : (readCursor(cursor) ?? refuseToken("cursor", cursor));
  const [start, end] = place ? rangeAt(items, place, { ...by, limit }) : [0, limit];
  const page = items.slice(start, end);
  const [first, last] = [page[0], page.at(-1)];
  return {
    items: page,
    next:
      last !== undefined && end < items.length ? toCursor(last, by, { isBackward: false }) : null,
    previous: first !== undefined && start > 0 ? toCursor(first, by, { isBackward: true }) : null,
  };
}

function rangeAt<T>(
  items: readonly T[],
  { at, id, isBackward }: CursorPlace,
  { order, keys, idOf, limit }: CursorOrder<T> & { readonly limit: number },
): readonly [start: number, end: number] {
  const wanted = JSON.stringify(id);
  const known = items.findIndex((item) => JSON.stringify(idOf(item)) === wanted);
  if (known >= 0) {
    return isBackward ? [Math.max(known - limit, 0), known] : [known + 1, known + 1 + limit];
  }
  // It is gone: the page begins, or ends, where it would be.
  const after = items.findIndex(
    (item) => compareValues(valuesOf(item, order, keys), at, order) > 0,
  );
  const place = after < 0 ? items.length : after;
  return isBackward ? [Math.max(place - limit, 0), place] : [place, place + limit];
}
