// Prints rows in the form that was asked for.
import type { Session } from "../session.ts";
import { type Column, formatTable, type Output } from "./table.ts";

/**
 * "json" prints the rows as they are, with every field; the others only the columns. No rows:
 * nothing but `[]`.
 */
export function printRows<T>(
  { terminal, paint }: Session,
  rows: readonly T[],
  { columns, output }: { readonly columns: readonly Column<T>[]; readonly output: Output },
): void {
  if (output === "json") terminal.out(`${JSON.stringify(rows, null, 2)}\n`);
  else if (output === "plain") terminal.out(formatTable(rows, columns));
  else if (rows.length > 0) terminal.out(formatTable(rows, columns, paint));
}
