// XComs and task states in SQLite.
import type { XComQuery, XComStore } from "../../ports/metadata.ts";
import type { TaskStateEntry, TaskStateStore } from "../../ports/task-states.ts";
import type { SqliteDatabase } from "./database.ts";
import { integer, type Row, text } from "./rows.ts";
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
  const deleteXCom = db.prepare(`DELETE FROM xcoms WHERE ${ONE} AND key = ?`);

  return {
    put: (xcom) => db.write(() => writeXCom(xcom)),
    get: (key, name) =>
      db.read(() => {
        const row = selectXCom.get(...columnsOf(key), name);
        return row && parseXCom(key, row);
      }),
    list: (query) =>
      db.read(() => selectRows(query).map((row) => parseXCom(keyOf(query, row), row))),
    delete: (key, name) =>
      db.write(() => {
        if (name === undefined) deleteXComs.run(...columnsOf(key));
        else deleteXCom.run(...columnsOf(key), name);
      }),
    deleteRun: (dagId, runId) =>
      db.write(() => {
        deleteXComsOfRun.run(dagId, runId);
      }),
  };
}

/** The part of the metadata that keeps values across tries. */
export function createTaskStateStore(db: SqliteDatabase): TaskStateStore {
  const columns = "map_index, name, value, updated_at, expires_at";
  const selectState = db.prepare(`SELECT ${columns} FROM task_states WHERE ${ONE} AND name = ?`);
  const selectStates = db.prepare(
    `SELECT ${columns} FROM task_states WHERE ${ONE} ORDER BY map_index, name`,
  );
  const selectStatesOfTask = db.prepare(
    `SELECT ${columns} FROM task_states WHERE dag_id = ? AND run_id = ? AND task_id = ?
     ORDER BY map_index, name`,
  );
  const upsertState = db.prepare(
    `INSERT INTO task_states
       (dag_id, run_id, task_id, map_index, name, value, updated_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at,
       expires_at = excluded.expires_at`,
  );
  const deleteState = db.prepare(`DELETE FROM task_states WHERE ${ONE} AND name = ?`);

  return {
    get: (key, name) =>
      db.read(() => {
        const row = selectState.get(...columnsOf(key), name);
        return row && text(row, "value");
      }),
    find: (key, name) =>
      db.read(() => {
        const row = selectState.get(...columnsOf(key), name);
        return row && toState(row);
      }),
    list: ({ dagId, runId, taskId, mapIndex }) =>
      db.read(() => {
        const rows =
          mapIndex === undefined
            ? selectStatesOfTask.all(dagId, runId, taskId)
            : selectStates.all(dagId, runId, taskId, mapIndex);
        return rows.map(toState);
      }),
    put: (key, name, value, { updatedAt = null, expiresAt = null } = {}) =>
      db.write(() => {
        if (value === undefined) deleteState.run(...columnsOf(key), name);
        else upsertState.run(...columnsOf(key), name, value, updatedAt, expiresAt);
      }),
    replace: (key, name, { from, to }) =>
      db.write(() => {
        const row = selectState.get(...columnsOf(key), name);
        if ((row && text(row, "value")) !== from) return false;
        upsertState.run(...columnsOf(key), name, to, null, null);
        return true;
      }),
  };
}

function toState(row: Row): TaskStateEntry {
  const { updated_at: updatedAt, expires_at: expiresAt } = row;
  return {
    mapIndex: integer(row, "map_index"),
    name: text(row, "name"),
    value: text(row, "value"),
    ...(typeof updatedAt === "string" ? { updatedAt } : {}),
    ...(typeof expiresAt === "string" ? { expiresAt } : {}),
  };
}
