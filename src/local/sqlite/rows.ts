// Reads typed values out of SQLite's rows.
import type { SQLOutputValue } from "node:sqlite";

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Throws when the column is absent or holds no text: a query and its table don't fit. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new TypeError(`Column "${column}" holds no text`);
  return value;
}

/** Undefined for NULL. */
export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

/** Throws when the column is absent or holds no number. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw new TypeError(`Column "${column}" holds no number`);
  return value;
}
