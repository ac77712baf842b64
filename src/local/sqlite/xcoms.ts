// Rows of small XComs, which are also written as part of a task instance's change.
import type { TaskInstanceKey, XComRecord } from "../../model/records.ts";
import type { SqliteDatabase } from "./database.ts";
import { integer, optionalText, type Row, text } from "./rows.ts";

/** Stores an XCom in place of one with the same key; to be called within a write. */
export function createXComWriter(db: SqliteDatabase): (xcom: XComRecord) => void {
  const upsert = db.prepare(
    `INSERT INTO xcoms (dag_id, run_id, task_id, map_index, key, value, ref, size_bytes, timestamp)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET value = excluded.value, ref = excluded.ref,
       size_bytes = excluded.size_bytes, timestamp = excluded.timestamp`,
  );
  return ({ dagId, runId, taskId, mapIndex, key, value, ref, sizeBytes, timestamp }) => {
    const content = [value ?? null, ref ?? null, sizeBytes, timestamp] as const;
    upsert.run(dagId, runId, taskId, mapIndex, key, ...content);
  };
}

/** From the columns key, value, ref, size_bytes and timestamp. */
export function parseXCom(
  { dagId, runId, taskId, mapIndex }: TaskInstanceKey,
  row: Row,
): XComRecord {
  const value = optionalText(row, "value");
  const ref = optionalText(row, "ref");
  return {
    dagId,
    runId,
    taskId,
    mapIndex,
    key: text(row, "key"),
    ...(value !== undefined && { value }),
    ...(ref !== undefined && { ref }),
    sizeBytes: integer(row, "size_bytes"),
    timestamp: text(row, "timestamp"),
  };
}
