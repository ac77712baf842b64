// Reads a paged listing to its end, for contract suites.
import type { Page, PageRequest } from "../../src/ports/pages.ts";

/** All items; `between` runs after each page. */
export async function readAll<T>(
  list: (page: PageRequest) => Promise<Page<T>>,
  { limit, between }: { readonly limit: number; readonly between?: () => Promise<unknown> },
): Promise<T[]> {
  const items: T[] = [];
  for (let after: string | undefined; ; ) {
    const page = await list({ limit, ...(after !== undefined && { after }) });
    if (page.items.length > limit)
      throw new Error(`${page.items.length} items on a page of ${limit}`);
    items.push(...page.items);
    if (page.next === undefined) return items;
    after = page.next;
    await between?.();
  }
}
