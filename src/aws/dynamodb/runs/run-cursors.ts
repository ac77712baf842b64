// Cursors of listings of runs in DynamoDB. In the order of entries a cursor names the entry that its
// page is behind, or in front of; in other orders what the run was ordered by, and its ids.
import {
  compareInOrder,
  type FieldValue,
  type OrderBy,
} from "../../../model/listings/conditions.ts";
import type { DagRunRecord } from "../../../model/records.ts";
import { type Listed, UnknownPlace } from "../../../ports/pages.ts";

/** Where a run is in an order of fields. */
export interface SortedPlace {
  readonly at: readonly FieldValue[];
  readonly id: readonly string[];
}

export function toEntryCursor(place: string, isBackward: boolean): string {
  return toText(["entry", isBackward, place]);
}

/** Throws UnknownPlace for a text that is none. */
export function parseEntryCursor(cursor: string): {
  readonly place: string;
  readonly isBackward: boolean;
} {
  const [kind, isBackward, place] = parse(cursor);
  if (kind !== "entry" || typeof isBackward !== "boolean" || typeof place !== "string") {
    throw new UnknownPlace(`"${cursor}" continues no listing`);
  }
  return { place, isBackward };
}

/** Equal runs are told apart by their ids. */
export function comparePlaces(a: SortedPlace, b: SortedPlace, order: readonly OrderBy[]): number {
  const isDescending = order[0]?.isDescending ?? false;
  const by = [...order, ...a.id.map(() => ({ isDescending }))];
  return compareInOrder([...a.at, ...a.id], [...b.at, ...b.id], by);
}

/** A page of runs that are at hand in their order. */
export function cutByCursor(
  sorted: readonly { readonly run: DagRunRecord; readonly place: SortedPlace }[],
  {
    cursor,
    limit,
    order,
  }: { readonly cursor: string; readonly limit: number; readonly order: readonly OrderBy[] },
): Listed<DagRunRecord> {
  const from = cursor === "" ? undefined : parseSortedCursor(cursor, order);
  const isBackward = from?.isBackward ?? false;
  const sideOf = (place: SortedPlace) => (from ? comparePlaces(place, from.place, order) : 1);
  const start = sorted.findIndex(({ place }) => sideOf(place) > 0);
  const end = sorted.findIndex(({ place }) => sideOf(place) >= 0);
  const front = end < 0 ? sorted.length : end;
  const behind = start < 0 ? sorted.length : start;
  const [first, last] = isBackward
    ? [Math.max(0, front - limit), front]
    : [behind, Math.min(behind + limit, sorted.length)];
  const page = sorted.slice(first, last);
  const [head, tail] = [page[0], page.at(-1)];
  return {
    items: page.map(({ run }) => run),
    ...(tail && last < sorted.length ? { next: toSortedCursor(tail.place, false) } : {}),
    ...(head && first > 0 ? { previous: toSortedCursor(head.place, true) } : {}),
  };
}

function toSortedCursor({ at, id }: SortedPlace, isBackward: boolean): string {
  return toText(["sorted", isBackward, at, id]);
}

function parseSortedCursor(
  cursor: string,
  order: readonly OrderBy[],
): { readonly place: SortedPlace; readonly isBackward: boolean } {
  const [kind, isBackward, at, id] = parse(cursor);
  const isKnown = kind === "sorted" && typeof isBackward === "boolean";
  if (!isKnown || !isValues(at) || !isTexts(id) || at.length !== order.length || id.length !== 2) {
    throw new UnknownPlace(`"${cursor}" continues no listing`);
  }
  return { place: { at, id }, isBackward };
}

function isValues(value: unknown): value is readonly FieldValue[] {
  return (
    Array.isArray(value) &&
    value.every((each) => each === null || typeof each === "string" || typeof each === "number")
  );
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function toText(parts: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

function parse(cursor: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    throw new UnknownPlace(`"${cursor}" continues no listing`);
  }
}
