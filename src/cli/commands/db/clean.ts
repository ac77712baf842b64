// stepwind db clean: has old history removed, request after request until all is done, and says how
// much it was.
import { withConnection } from "../../connect.ts";
import type { Places, Session } from "../../session.ts";
import { confirm } from "../../terminal/confirm.ts";
import { Failure } from "../../terminal/failure.ts";
import { createScreen } from "../../terminal/screen.ts";
import { type Column, formatTable } from "../../terminal/table.ts";

export interface CleanCommand {
  /** As written. */
  readonly before: string;
  /** Absent: all. */
  readonly tables: readonly string[] | undefined;
  readonly dagIds: readonly string[] | undefined;
  readonly isDry: boolean;
  readonly isSure: boolean;
}

interface CleanAnswer {
  readonly counts: Readonly<Record<string, number>>;
  readonly is_done: boolean;
  readonly after: string | null;
}

export async function cleanDb(
  { terminal, paint }: Session,
  places: Places,
  { before, tables, dagIds, isDry, isSure }: CleanCommand,
): Promise<void> {
  const what = tables?.join(", ") ?? "all tables";
  if (
    !isDry &&
    !isSure &&
    !(await confirm(`Remove what ended before ${before} from ${what}? [y/N] `))
  ) {
    throw new Failure("Nothing was removed", { hint: "Answer y, or give --yes" });
  }
  const counts: Record<string, number> = {};
  await withConnection(
    places,
    async ({ api }) => {
      const screen = createScreen(terminal);
      for (let after: string | null | undefined; ; ) {
        const answer: CleanAnswer = await api.post("/db/clean", {
          clean_before_timestamp: before,
          dry_run: isDry,
          ...(tables ? { tables } : {}),
          ...(dagIds ? { dag_ids: dagIds } : {}),
          ...(after ? { after } : {}),
        });
        for (const [table, count] of Object.entries(answer.counts)) {
          counts[table] = (counts[table] ?? 0) + count;
        }
        if (answer.is_done) break;
        after = answer.after;
        if (after !== null) screen.draw([`Done up to DAG "${after}"`]);
      }
      screen.draw([]);
    },
    "change",
  );
  const columns: readonly Column<readonly [string, number]>[] = [
    { name: "table", value: ([table]) => table },
    { name: isDry ? "would_be_removed" : "removed", value: ([, count]) => String(count) },
  ];
  terminal.out(formatTable(Object.entries(counts), columns, paint));
}
