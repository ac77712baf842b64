// XComs, task states and variables in SQLite.
import type { VariableRecord } from "../../model/records.ts";
import type { ValueStore } from "../../ports/metadata.ts";
import { parseAfter, toPage, toRowLimit } from "../../ports/pages.ts";
import type { SqliteDatabase } from "./database.ts";
import { type Row, text } from "./rows.ts";
import { columnsOf } from "./task-instances.ts";
import { createXComWriter, parseXCom } from "./xcoms.ts";

const ONE = "dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ?";

/** The part of the metadata that keeps the values of tasks and users. */
export function createValueStore(db: SqliteDatabase): ValueStore {
  const writeXCom = createXComWriter(db);
  const selectXCom = db.prepare(
    `SELECT key, value, ref, size_bytes, timestamp FROM xcoms WHERE ${ONE} AND key = ?`,
  );
  const selectXComs = db.prepare(
    `SELECT key, value, ref, size_bytes, timestamp FROM xcoms WHERE ${ONE} ORDER BY key`,
  );
  const deleteXComs = db.prepare(`DELETE FROM xcoms WHERE ${ONE}`);

  const selectState = db.prepare(`SELECT value FROM task_states WHERE ${ONE} AND name = ?`);
  const upsertState = db.prepare(
    `INSERT INTO task_states VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET value = excluded.value`,
  );
  const deleteState = db.prepare(`DELETE FROM task_states WHERE ${ONE} AND name = ?`);

  const selectVariable = db.prepare("SELECT record FROM variables WHERE key = ?");
  const selectVariables = db.prepare(
    "SELECT record FROM variables WHERE key > ? ORDER BY key LIMIT ?",
  );
  const upsertVariable = db.prepare(
    "INSERT INTO variables VALUES (?, ?) ON CONFLICT DO UPDATE SET record = excluded.record",
  );
  const deleteVariable = db.prepare("DELETE FROM variables WHERE key = ?");

  return {
    putXCom: (xcom) => db.write(() => writeXCom(xcom)),
    getXCom: (key, name) =>
      db.read(() => {
        const row = selectXCom.get(...columnsOf(key), name);
        return row && parseXCom(key, row);
      }),
    listXComs: (key) =>
      db.read(() => selectXComs.all(...columnsOf(key)).map((row) => parseXCom(key, row))),
    deleteXComs: (key) =>
      db.write(() => {
        deleteXComs.run(...columnsOf(key));
      }),

    getTaskState: (key, name) =>
      db.read(() => {
        const row = selectState.get(...columnsOf(key), name);
        return row && text(row, "value");
      }),
    putTaskState: (key, name, value) =>
      db.write(() => {
        if (value === undefined) deleteState.run(...columnsOf(key), name);
        else upsertState.run(...columnsOf(key), name, value);
      }),
    replaceTaskState: (key, name, { from, to }) =>
      db.write(() => {
        const row = selectState.get(...columnsOf(key), name);
        if ((row && text(row, "value")) !== from) return false;
        upsertState.run(...columnsOf(key), name, to);
        return true;
      }),

    getVariable: (key) =>
      db.read(() => {
        const row = selectVariable.get(key);
        return row && parseVariable(row);
      }),
    putVariable: (variable) =>
      db.write(() => {
        upsertVariable.run(variable.key, JSON.stringify(variable));
      }),
    deleteVariable: (key) =>
      db.write(() => {
        deleteVariable.run(key);
      }),
    listVariables: ({ limit, after } = {}) =>
      db.read(() => {
        const rowLimit = toRowLimit(limit);
        const [lastKey = ""] = parseAfter(after, 1) ?? [];
        const variables = selectVariables.all(lastKey, rowLimit).map(parseVariable);
        return toPage(variables, { rowLimit, keyOf: ({ key }) => [key] });
      }),
  };
}

function parseVariable(row: Row): VariableRecord {
  return JSON.parse(text(row, "record"));
}
