// Orders and cuts listings as Airflow's API does: `order_by`, `limit` and `offset`.
import { setImmediate as turn } from "node:timers/promises";
import { itemsOf, type Page, type PageRequest } from "../../ports/pages.ts";
import { Problem } from "../problems.ts";
import type { PageQuery, Query } from "./query.ts";

/** What a listing may be ordered by; absent values come first. */
export type OrderKeys<T> = Readonly<Record<string, (item: T) => OrderValue>>;

/** One field of an order. */
export interface OrderField {
  readonly name: string;
  readonly isDescending: boolean;
}

/** Airflow: SortParam.MAX_SORT_PARAMS. */
const MAX_FIELDS = 10;

/**
 * The fields of `order_by` ("-" in front of one reverses it), without it the fallback. Refuses
 * fields that aren't among the names.
 */
export function readOrder(
  query: Query,
  { names, fallback = [] }: { readonly names: readonly string[]; readonly fallback?: string[] },
): readonly OrderField[] {
  const asked = query.texts("order_by");
  if (asked.length > MAX_FIELDS) {
    throw new Problem(
      400,
      `Ordering with more than ${MAX_FIELDS} parameters is not allowed. Provided: ${asked.join(", ")}`,
    );
  }
  return (asked.length === 0 ? fallback : asked).map((text) => {
    const isDescending = text.startsWith("-");
    const name = isDescending ? text.slice(1) : text;
    if (names.includes(name)) return { name, isDescending };
    throw new Problem(
      400,
      `Ordering with '${name}' is disallowed or the attribute does not exist on the model; ` +
        `supported are ${names.map((known) => `\`${known}\``).join(", ")}`,
    );
  });
}

/**
 * Sorted by the fields, of which each has a key; items that are equal in all of them stay as they
 * are.
 */
export function sorted<T>(
  items: readonly T[],
  fields: readonly OrderField[],
  keys: OrderKeys<T>,
): readonly T[] {
  if (fields.length === 0) return items;
  return items.toSorted((a, b) =>
    compareValues(valuesOf(a, fields, keys), valuesOf(b, fields, keys), fields),
  );
}

/** By what the fields order the item; absent values are null. */
export function valuesOf<T>(
  item: T,
  fields: readonly OrderField[],
  keys: OrderKeys<T>,
): readonly OrderValue[] {
  return fields.map(({ name }) => keys[name]?.(item) ?? null);
}

/** The order of two items by their values of the fields: below 0 if `a` comes first. */
export function compareValues(
  a: readonly OrderValue[],
  b: readonly OrderValue[],
  fields: readonly OrderField[],
): number {
  for (const [index, { isDescending }] of fields.entries()) {
    const order = compare(a[index], b[index]);
    if (order !== 0) return isDescending ? -order : order;
  }
  return 0;
}

export type OrderValue = string | number | boolean | null | undefined;

function compare(a: OrderValue, b: OrderValue): number {
  const [left, right] = [a ?? null, b ?? null];
  if (left === right) return 0;
  if (left === null || right === null) return left === null ? -1 : 1;
  return left < right ? -1 : 1;
}

/**
 * Sorted as `order_by` says, without it by the fallback. Refuses fields that aren't among the keys.
 */
export function ordered<T>(
  items: readonly T[],
  {
    query,
    keys,
    fallback = [],
  }: { readonly query: Query; readonly keys: OrderKeys<T>; readonly fallback?: string[] },
): readonly T[] {
  return sorted(items, readOrder(query, { names: Object.keys(keys), fallback }), keys);
}

/** The part of the listing that a page shows. */
export function cut<T>(items: readonly T[], { limit, offset }: PageQuery): readonly T[] {
  return items.slice(offset, offset + limit);
}

type List<T> = (page: PageRequest) => Promise<Page<T>>;

/** Every item of a paged listing. */
export async function everyItem<T>(list: List<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of itemsOf(inTurns(list))) all.push(item);
  return all;
}

/**
 * Lets the event loop turn before each page: a local store answers at once, and a long listing
 * would hold up all that goes on beside it.
 */
function inTurns<T>(list: List<T>): List<T> {
  return async (page) => {
    await turn();
    return list(page);
  };
}
