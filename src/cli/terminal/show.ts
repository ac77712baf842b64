// Prints rows or objects in the form that was asked for.
import type { Session } from "../session.ts";
import { type Column, type DataOutput, formatTable, isDataOutput, type Output } from "./table.ts";

/**
 * "json" and "yaml" print the rows as they are, with every field; the others only the columns. No
 * rows: nothing but `[]`.
 */
export async function printRows<T>(
  session: Session,
  rows: readonly T[],
  { columns, output }: { readonly columns: readonly Column<T>[]; readonly output: Output },
): Promise<void> {
  const { terminal, paint } = session;
  if (isDataOutput(output)) await printData(session, rows, output);
  else if (output === "plain") terminal.out(formatTable(rows, columns));
  else if (rows.length > 0) terminal.out(formatTable(rows, columns, paint));
}

/** An object, or a list of them, with every field. */
export async function printData(
  { terminal }: Session,
  data: unknown,
  output: DataOutput,
): Promise<void> {
  terminal.out(output === "json" ? `${JSON.stringify(data, null, 2)}\n` : await toYaml(data));
}

/** Ends with a line end. */
async function toYaml(data: unknown): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(data, { lineWidth: 0, aliasDuplicateObjects: false });
}
