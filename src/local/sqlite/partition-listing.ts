// Runs by their partitions' dates in SQLite: ranges of indexes that leave out all other runs.
import type { DagRunRecord } from "../../model/records.ts";
import type { RunStore } from "../../ports/metadata.ts";
import { parseAfter, toPage, toRowLimit } from "../../ports/pages.ts";
import type { SqliteDatabase } from "./database.ts";
import { type Row, text } from "./rows.ts";

/** Behind every date. */
const LAST = "\u{10ffff}";

/** The part of the metadata that finds runs by partition. */
export function createPartitionListing(
  db: SqliteDatabase,
): Pick<RunStore, "listByPartitionDate" | "getLatestPartition"> {
  const select = db.prepare(
    `SELECT record FROM dag_runs
     WHERE dag_id = ? AND partition_date IS NOT NULL AND partition_date >= ? AND partition_date <= ?
     AND (partition_date, run_after, run_id) < (?, ?, ?)
     ORDER BY partition_date DESC, run_after DESC, run_id DESC LIMIT ?`,
  );
  const selectLatest = db.prepare(
    `SELECT record FROM dag_runs
     WHERE dag_id = ? AND run_type IN ('scheduled', 'backfill') AND partition_date IS NOT NULL
     ORDER BY partition_date DESC, run_after DESC LIMIT 1`,
  );

  return {
    listByPartitionDate: ({ dagId, from = "", to = LAST, limit, after }) =>
      db.read(() => {
        const rowLimit = toRowLimit(limit);
        const [date = LAST, runAfter = LAST, runId = LAST] = parseAfter(after, 3) ?? [];
        const rows = select.all(dagId, from, to, date, runAfter, runId, rowLimit);
        return toPage(rows.map(parseRun), {
          rowLimit,
          keyOf: (run) => [run.partitionDate ?? "", run.runAfter, run.runId],
        });
      }),
    getLatestPartition: (dagId) =>
      db.read(() => {
        const row = selectLatest.get(dagId);
        return row && parseRun(row);
      }),
  };
}

function parseRun(row: Row): DagRunRecord {
  return JSON.parse(text(row, "record"));
}
