// XComs and task states in SQLite.
import type { TaskStateStore, XComQuery, XComStore } from "../../ports/metadata.ts";
import type { SqliteDatabase } from "./database.ts";
import { text } from "./rows.ts";
import { columnsOf, keyOf } from "./task-instances.ts";
import { createXComWriter, parseXCom } from "./xcoms.ts";

const ONE = "dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ?";

/** The part of the metadata that keeps the XComs. */
export function createXComStore(db: SqliteDatabase): XComStore {
  const writeXCom = createXComWriter(db);
  const selectXCom = db.prepare(
    `SELECT key, value, ref, size_bytes, timestamp FROM xcoms WHERE ${ONE} AND key = ?`,
  );
  // One range of the primary key, however much of it is given.
  const selectXComs = (condition: string) =>
    db.prepare(
      `SELECT task_id, map_index, key, value, ref, size_bytes, timestamp FROM xcoms
       WHERE ${condition} ORDER BY task_id, map_index, key`,
    );
  const selectXComsOfRun = selectXComs("dag_id = ? AND run_id = ?");
  const selectXComsOfTask = selectXComs("dag_id = ? AND run_id = ? AND task_id = ?");
  const selectXComsOfInstance = selectXComs(ONE);

  function selectRows({ dagId, runId, taskId, mapIndex }: XComQuery) {
    if (taskId === undefined) return selectXComsOfRun.all(dagId, runId);
    if (mapIndex === undefined) return selectXComsOfTask.all(dagId, runId, taskId);
    return selectXComsOfInstance.all(dagId, runId, taskId, mapIndex);
  }

  const deleteXComsOfRun = db.prepare("DELETE FROM xcoms WHERE dag_id = ? AND run_id = ?");
  const deleteXComs = db.prepare(`DELETE FROM xcoms WHERE ${ONE}`);

  return {
    put: (xcom) => db.write(() => writeXCom(xcom)),
    get: (key, name) =>
      db.read(() => {
        const row = selectXCom.get(...columnsOf(key), name);
        return row && parseXCom(key, row);
      }),
    list: (query) =>
      db.read(() => selectRows(query).map((row) => parseXCom(keyOf(query, row), row))),
    delete: (key) =>
      db.write(() => {
        deleteXComs.run(...columnsOf(key));
      }),
    deleteRun: (dagId, runId) =>
      db.write(() => {
        deleteXComsOfRun.run(dagId, runId);
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
