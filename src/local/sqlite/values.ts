// XComs and task states in SQLite.
import type { TaskStateStore, XComStore } from "../../ports/metadata.ts";
import type { SqliteDatabase } from "./database.ts";
import { text } from "./rows.ts";
import { columnsOf } from "./task-instances.ts";
import { createXComWriter, parseXCom } from "./xcoms.ts";

const ONE = "dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ?";

/** The part of the metadata that keeps the XComs. */
export function createXComStore(db: SqliteDatabase): XComStore {
  const writeXCom = createXComWriter(db);
  const selectXCom = db.prepare(
    `SELECT key, value, ref, size_bytes, timestamp FROM xcoms WHERE ${ONE} AND key = ?`,
  );
  const selectXComs = db.prepare(
    `SELECT key, value, ref, size_bytes, timestamp FROM xcoms WHERE ${ONE} ORDER BY key`,
  );
  const deleteXComs = db.prepare(`DELETE FROM xcoms WHERE ${ONE}`);

  return {
    put: (xcom) => db.write(() => writeXCom(xcom)),
    get: (key, name) =>
      db.read(() => {
        const row = selectXCom.get(...columnsOf(key), name);
        return row && parseXCom(key, row);
      }),
    list: (key) =>
      db.read(() => selectXComs.all(...columnsOf(key)).map((row) => parseXCom(key, row))),
    delete: (key) =>
      db.write(() => {
        deleteXComs.run(...columnsOf(key));
      }),
  };
}

/** The part of the metadata that keeps values across tries. */
export function createTaskStateStore(db: SqliteDatabase): TaskStateStore {
  const selectState = db.prepare(`SELECT value FROM task_states WHERE ${ONE} AND name = ?`);
  const upsertState = db.prepare(
    `INSERT INTO task_states VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET value = excluded.value`,
  );
  const deleteState = db.prepare(`DELETE FROM task_states WHERE ${ONE} AND name = ?`);

  return {
    get: (key, name) =>
      db.read(() => {
        const row = selectState.get(...columnsOf(key), name);
        return row && text(row, "value");
      }),
    put: (key, name, value) =>
      db.write(() => {
        if (value === undefined) deleteState.run(...columnsOf(key), name);
        else upsertState.run(...columnsOf(key), name, value);
      }),
    replace: (key, name, { from, to }) =>
      db.write(() => {
        const row = selectState.get(...columnsOf(key), name);
        if ((row && text(row, "value")) !== from) return false;
        upsertState.run(...columnsOf(key), name, to);
        return true;
      }),
  };
}
