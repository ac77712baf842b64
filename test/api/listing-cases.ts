// How a listing answers to queries: cases of query-parameters.test.ts.
import type { ApiProduct } from "./api-product.ts";

export interface Listing {
  /** The answer's property that holds the items, and the one of an item that names it. */
  readonly items: string;
  readonly id: string;
  /** Adds what is to be listed; absent: all of it is there. */
  readonly prepare?: (product: ApiProduct) => Promise<void>;
  /** Ids without any parameter. */
  readonly all: readonly string[];
  /** Query → ids. */
  readonly queries: Readonly<Record<string, readonly string[]>>;
}

/** Bounds of a date that leave out everything, each in a query of its own. */
export function nothingWithin(name: string): Readonly<Record<string, readonly string[]>> {
  return {
    [`${name}_gte=2027-01-01`]: [],
    [`${name}_gt=2027-01-01`]: [],
    [`${name}_lte=2025-01-01`]: [],
    [`${name}_lt=2025-01-01`]: [],
  };
}
