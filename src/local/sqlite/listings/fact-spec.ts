// What a table of facts is made of: one narrow row per item, with the fields that it is listed by.
// The rows are derived from the records and kept with them.
import type { FieldValue } from "../../../model/listings/conditions.ts";

/** Stands for an absent number, so that no order has to look after NULLs: before every date. */
export const ABSENT = -8_640_000_000_000_001;

export interface FactIndex<F extends string> {
  readonly name: string;
  /** The fields that it is ordered by; the number of the row follows. */
  readonly fields: readonly F[];
  /** Fields that it also has, behind those. */
  readonly also?: readonly F[];
  /** It leaves out rows without the first of its fields, or, with `omits`, those that have this. */
  readonly isPartial?: boolean;
  readonly omits?: string;
}

/** Where a field is. */
export interface FactColumn {
  readonly name: string;
  readonly isNumber: boolean;
  /** It is a column of another table, whose row this one names by the number in `column`. */
  readonly via?: { readonly column: string; readonly table: string };
  /** It is a JSON list, of which any item counts. */
  readonly isList?: boolean;
}

export interface FactSpec<F extends string> {
  readonly table: string;
  readonly columns: Readonly<Record<F, FactColumn>>;
  /** Items that are equal otherwise are in the order of this field, and of their numbers. */
  readonly tie: F;
  readonly indexes: readonly FactIndex<F>[];
  /** The narrow index that has whatever is cheap to test: by `tie`, over all rows. */
  readonly scan: FactIndex<F>;
  /** The table that counts the rows for each combination of a few fields. */
  readonly counts: { readonly table: string; readonly fields: readonly F[] };
  /** The query for what an item is found by, given the number of its row. */
  readonly selectKey: string;
}

/** As the column has it. */
export function toStored(value: FieldValue, { isNumber }: { readonly isNumber: boolean }) {
  return value === null && isNumber ? ABSENT : value;
}
