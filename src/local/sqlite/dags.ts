// DAGs and their versions in SQLite.
import type { DagRecord, DagVersionRecord } from "../../model/records.ts";
import type { DagStore, VersionStore } from "../../ports/metadata.ts";
import { parseAfter, toPage, toRowLimit } from "../../ports/pages.ts";
import type { SqliteDatabase } from "./database.ts";
import { type Row, text } from "./rows.ts";
import { createDagStateWriter } from "./states/dag-states.ts";

/** Every table with rows of a DAG, by its dag_id. */
const TABLES_OF_A_DAG = [
  "dags",
  "dag_versions",
  "dag_runs",
  "task_instances",
  "known_tasks",
  "gates",
  "xcoms",
  "task_states",
  "limits",
  "limit_waiters",
  "asset_queue",
  "asset_uses",
  "run_outcomes",
];

/** What listings of its runs are answered from, by its dag_id; in this order. */
const FACTS_OF_A_DAG = [
  "DELETE FROM instance_facts WHERE run_no IN (SELECT no FROM run_facts WHERE dag_id = ?)",
  `DELETE FROM instance_fact_counts
   WHERE task_no IN (SELECT no FROM task_kinds WHERE dag_id = ?)`,
  "DELETE FROM task_kinds WHERE dag_id = ?",
  "DELETE FROM run_facts WHERE dag_id = ?",
  "DELETE FROM run_fact_counts WHERE dag_id = ?",
];

/** The part of the metadata that keeps the DAGs. */
export function createDagStore(db: SqliteDatabase): DagStore {
  const selectDag = db.prepare("SELECT record FROM dags WHERE dag_id = ?");
  const selectDags = db.prepare("SELECT record FROM dags WHERE dag_id > ? ORDER BY dag_id LIMIT ?");
  const selectDagsOfFile = db.prepare(
    "SELECT record FROM dags WHERE json_extract(record, '$.file') = ? ORDER BY dag_id",
  );
  const insertDag = db.prepare("INSERT INTO dags VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  const updateDag = db.prepare(
    "UPDATE dags SET revision = ?, record = ? WHERE dag_id = ? AND revision = ?",
  );
  const deleteDag = db.prepare("DELETE FROM dags WHERE dag_id = ?");
  const deletions = [
    ...TABLES_OF_A_DAG.map((table) => `DELETE FROM ${table} WHERE dag_id = ?`),
    ...FACTS_OF_A_DAG,
  ].map((sql) => db.prepare(sql));
  const states = createDagStateWriter(db);

  return {
    get: (dagId) => db.read(() => toDag(selectDag.get(dagId))),
    list: ({ limit, after } = {}) =>
      db.read(() => {
        const rowLimit = toRowLimit(limit);
        const [lastDagId = ""] = parseAfter(after, 1) ?? [];
        const dags = selectDags.all(lastDagId, rowLimit).map(parseDag);
        return toPage(dags, { rowLimit, keyOf: ({ dagId }) => [dagId] });
      }),
    listOfFile: (file) => db.read(() => selectDagsOfFile.all(file).map(parseDag)),
    put: (dag) =>
      db.write(() => {
        const { dagId, revision } = dag;
        const record = JSON.stringify(dag);
        const { changes } =
          revision === 1
            ? insertDag.run(dagId, revision, record)
            : updateDag.run(revision, record, dagId, revision - 1);
        if (changes === 1) states.touch(dagId);
        return changes === 1;
      }),
    forget: (dagId) =>
      db.write(() => {
        deleteDag.run(dagId);
        states.touch(dagId);
      }),
    delete: (dagId) =>
      db.write(() => {
        for (const deletion of deletions) deletion.run(dagId);
        states.forget(dagId);
      }),
  };
}

/** The part of the metadata that keeps the versions of DAGs. */
export function createVersionStore(db: SqliteDatabase): VersionStore {
  const insertVersion = db.prepare(
    "INSERT INTO dag_versions VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const deleteVersion = db.prepare("DELETE FROM dag_versions WHERE dag_id = ? AND hash = ?");
  const selectVersion = db.prepare("SELECT record FROM dag_versions WHERE dag_id = ? AND hash = ?");
  const selectVersions = db.prepare(
    "SELECT record FROM dag_versions WHERE dag_id = ? ORDER BY number DESC",
  );

  return {
    create: (version) =>
      db.write(() => {
        const { dagId, hash, number } = version;
        return insertVersion.run(dagId, hash, number, JSON.stringify(version)).changes === 1;
      }),
    delete: (dagId, hash) =>
      db.write(() => {
        deleteVersion.run(dagId, hash);
      }),
    get: (dagId, hash) => db.read(() => toVersion(selectVersion.get(dagId, hash))),
    list: (dagId) => db.read(() => selectVersions.all(dagId).map(parseVersion)),
  };
}

function parseDag(row: Row): DagRecord {
  return JSON.parse(text(row, "record"));
}

function toDag(row: Row | undefined): DagRecord | undefined {
  return row && parseDag(row);
}

function parseVersion(row: Row): DagVersionRecord {
  return JSON.parse(text(row, "record"));
}

function toVersion(row: Row | undefined): DagVersionRecord | undefined {
  return row && parseVersion(row);
}
