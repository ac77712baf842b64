// Filters, orders and cuts listings as Airflow's API does: `…_pattern`, `order_by`, `limit` and `offset`.
import type { Page } from "../ports/metadata.ts";
import { Problem } from "./problems.ts";
import type { PageQuery, Query } from "./read-request.ts";

/** What a listing may be ordered by; absent values come first. */
export type OrderKeys<T> = Readonly<
  Record<string, (item: T) => string | number | boolean | null | undefined>
>;

/**
 * Sorted as `order_by` says ("-" in front of a field reverses it), without it by the fallback, without that as given.
 * Refuses fields that aren't among the keys.
 */
export function ordered<T>(
  items: readonly T[],
  {
    query,
    keys,
    fallback,
  }: { readonly query: Query; readonly keys: OrderKeys<T>; readonly fallback?: string },
): readonly T[] {
  const asked = query.texts("order_by");
  const names = asked.length === 0 && fallback !== undefined ? [fallback] : asked;
  const criteria = names.map((text) => {
    const isDescending = text.startsWith("-");
    const name = isDescending ? text.slice(1) : text;
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (key === undefined) {
      throw new Problem(
        400,
        `Ordering with '${name}' is disallowed or the attribute does not exist on the model`,
      );
    }
    return { key, sign: isDescending ? -1 : 1 };
  });
  if (criteria.length === 0) return items;
  return items.toSorted((a, b) => {
    for (const { key, sign } of criteria) {
      const left = key(a) ?? "";
      const right = key(b) ?? "";
      if (left !== right) return left < right ? -sign : sign;
    }
    return 0;
  });
}

export function cut<T>(items: readonly T[], { limit, offset }: PageQuery): readonly T[] {
  return items.slice(offset, offset + limit);
}

/** Airflow's search: SQL ILIKE with "%" on both sides; "|" between alternatives. Without a pattern all match. */
export function matcher(pattern: string | undefined): (text: string) => boolean {
  if (pattern === undefined) return () => true;
  const alternatives = pattern.split("|").map((part) => part.trim());
  const source = alternatives.map((part) => part.split("").map(likeToRegExp).join("")).join("|");
  const expression = new RegExp(source, "is");
  return (text) => expression.test(text);
}

function likeToRegExp(character: string): string {
  if (character === "%") return ".*";
  if (character === "_") return ".";
  return character.replace(/[\\^$.*+?()[\]{}|]/, "\\$&");
}

/** Every item of a paged listing. */
export async function everyItem<T>(
  list: (page: { readonly limit: number; readonly after?: string }) => Promise<Page<T>>,
): Promise<T[]> {
  const all: T[] = [];
  let page = await list({ limit: 1_000 });
  for (;;) {
    all.push(...page.items);
    if (page.next === undefined) return all;
    page = await list({ limit: 1_000, after: page.next });
  }
}
