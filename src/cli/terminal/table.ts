// Rows for people as an aligned table; what forms an output may have (Airflow: --output).
import type { Paint } from "./paint.ts";
import { padTo, widthOf, withoutControls } from "./text.ts";

/** "plain" is the table without colours and headings in capitals: for grep and awk. */
export const OUTPUTS = ["table", "json", "yaml", "plain"] as const;
export type Output = (typeof OUTPUTS)[number];

/** For programs that read objects, with all of their fields. */
export type DataOutput = "json" | "yaml";

export function isDataOutput(output: Output): output is DataOutput {
  return output === "json" || output === "yaml";
}

export interface Column<T> {
  /** Airflow's name of the field. */
  readonly name: string;
  readonly value: (row: T) => string;
  /** Colours the value; it is padded afterwards. */
  readonly paint?: (text: string, row: T) => string;
}

/** Lines of the table, headings first, each with its line end. */
export function formatTable<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  paint?: Paint,
): string {
  const cells = rows.map((row) =>
    columns.map(({ value, paint: dye }) => {
      const text = withoutControls(value(row)).replaceAll("\n", " ");
      return paint && dye ? dye(text, row) : text;
    }),
  );
  const titles = columns.map(({ name }) =>
    paint ? paint.dim(name.toUpperCase().replaceAll("_", " ")) : name,
  );
  const table = [titles, ...cells];
  const widths = columns.map((_, index) =>
    Math.max(...table.map((row) => widthOf(row[index] ?? ""))),
  );
  return table
    .map(
      (row) =>
        `${row
          .map((cell, index) => padTo(cell, widths[index] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
