// The tables of the metadata database, as migrations: number n of the tuple leads from schema n to
// schema n + 1. What is searched is a column, so that an index answers it; the rest of a record is
// JSON text.
import type { DatabaseSync } from "node:sqlite";
import { StorageRefused } from "../storage-refused.ts";
import {
  LISTINGS_OF_EVENT_LOGS,
  LISTINGS_OF_INSTANCES,
  LISTINGS_OF_RUNS,
} from "./listings/listing-schema.ts";
import { integer } from "./rows.ts";
import { DAG_STATES } from "./states/dag-state-schema.ts";

/**
 * Schema 0 (an empty file) to the newest. Entries are only ever added: databases of every schema
 * are out there.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE dags (dag_id TEXT PRIMARY KEY, revision INTEGER NOT NULL, record TEXT NOT NULL) STRICT;

  CREATE TABLE dag_versions (
    dag_id TEXT NOT NULL, hash TEXT NOT NULL, number INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (dag_id, hash)
  ) STRICT;
  CREATE INDEX dag_versions_by_number ON dag_versions (dag_id, number);

  CREATE TABLE dag_files (file TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;

  CREATE TABLE dag_runs (
    dag_id TEXT NOT NULL, run_id TEXT NOT NULL, run_type TEXT NOT NULL, state TEXT NOT NULL,
    logical_date TEXT, run_after TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (dag_id, run_id)
  ) STRICT;
  CREATE UNIQUE INDEX dag_runs_by_logical_date ON dag_runs (dag_id, logical_date)
    WHERE logical_date IS NOT NULL;
  CREATE INDEX dag_runs_not_manual ON dag_runs (dag_id, logical_date) WHERE run_type <> 'manual';
  CREATE INDEX dag_runs_automated ON dag_runs (dag_id, logical_date)
    WHERE run_type IN ('scheduled', 'backfill');
  CREATE INDEX dag_runs_by_time ON dag_runs (run_after, dag_id, run_id);
  CREATE INDEX dag_runs_by_state ON dag_runs (state, run_after, dag_id, run_id);
  CREATE INDEX dag_runs_of_dag_by_time ON dag_runs (dag_id, run_after, run_id);
  CREATE INDEX dag_runs_of_dag_by_state ON dag_runs (dag_id, state, run_after, run_id);

  -- The instances of a run lie side by side, so that reading a run is one range.
  CREATE TABLE task_instances (
    dag_id TEXT NOT NULL, run_id TEXT NOT NULL, task_id TEXT NOT NULL, map_index INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index)
  ) STRICT, WITHOUT ROWID;
  -- Tasks that have an instance in some run: an index over all instances would cost a page per task and run.
  CREATE TABLE known_tasks (
    dag_id TEXT NOT NULL, task_id TEXT NOT NULL, PRIMARY KEY (dag_id, task_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE gates (
    dag_id TEXT NOT NULL, run_id TEXT NOT NULL, task_id TEXT NOT NULL, map_index INTEGER NOT NULL,
    token TEXT NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE xcoms (
    dag_id TEXT NOT NULL, run_id TEXT NOT NULL, task_id TEXT NOT NULL, map_index INTEGER NOT NULL,
    key TEXT NOT NULL, value TEXT, ref TEXT, size_bytes INTEGER NOT NULL, timestamp TEXT NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index, key)
  ) STRICT;

  CREATE TABLE task_states (
    dag_id TEXT NOT NULL, run_id TEXT NOT NULL, task_id TEXT NOT NULL, map_index INTEGER NOT NULL,
    name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, map_index, name)
  ) STRICT;

  CREATE TABLE variables (key TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
  `,
  `
  -- Simple entities of every kind, each found by its key alone.
  CREATE TABLE entities (
    kind TEXT NOT NULL, key TEXT NOT NULL, revision TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO entities SELECT 'variables', key, '1', record FROM variables;
  DROP TABLE variables;
  `,
  `
  -- What a DAG file is found by: its imports, DAG ids that another file has, that it has an error.
  CREATE TABLE dag_file_finders (
    kind TEXT NOT NULL, key TEXT NOT NULL, file TEXT NOT NULL, PRIMARY KEY (kind, key, file)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX dag_file_finders_of_file ON dag_file_finders (file);
  INSERT OR IGNORE INTO dag_file_finders
    SELECT 'import', value, file FROM dag_files, json_each(record, '$.imports');
  INSERT OR IGNORE INTO dag_file_finders
    SELECT 'claim', json_extract(value, '$.dagId'), file FROM dag_files, json_each(record, '$.diagnostics')
    WHERE json_extract(value, '$.code') = 'dag-id-in-two-files' AND json_extract(value, '$.dagId') IS NOT NULL;
  INSERT OR IGNORE INTO dag_file_finders
    SELECT 'broken', '', file FROM dag_files, json_each(record, '$.diagnostics')
    WHERE json_extract(value, '$.severity') = 'error';
  CREATE INDEX dags_by_file ON dags (json_extract(record, '$.file'), dag_id);
  `,
  `
  -- Slots in use of each limit of active tasks; dag_id and run_id are empty where it has none.
  CREATE TABLE limits (
    name TEXT PRIMARY KEY, dag_id TEXT NOT NULL, run_id TEXT NOT NULL,
    scheduled INTEGER NOT NULL, queued INTEGER NOT NULL, running INTEGER NOT NULL,
    deferred INTEGER NOT NULL, executing INTEGER NOT NULL, begun INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX limits_of_run ON limits (dag_id, run_id);
  -- Instances that wait for slots of a limit, in their order.
  CREATE TABLE limit_waiters (
    limit_name TEXT NOT NULL, place TEXT NOT NULL,
    dag_id TEXT NOT NULL, run_id TEXT NOT NULL, task_id TEXT NOT NULL, map_index INTEGER NOT NULL,
    slots INTEGER NOT NULL,
    PRIMARY KEY (limit_name, place, dag_id, run_id, task_id, map_index)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX limit_waiters_of_run ON limit_waiters (dag_id, run_id);
  `,
  `
  ALTER TABLE dag_runs ADD COLUMN partition_date TEXT;
  CREATE INDEX dag_runs_by_partition ON dag_runs (dag_id, partition_date, run_after, run_id)
    WHERE partition_date IS NOT NULL;
  CREATE INDEX dag_runs_automated_by_partition ON dag_runs (dag_id, partition_date, run_after)
    WHERE partition_date IS NOT NULL AND run_type IN ('scheduled', 'backfill');
  `,
  `
  CREATE TABLE asset_events (
    asset_id INTEGER NOT NULL, key TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (asset_id, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX asset_events_by_time ON asset_events (key);
  -- Events that DAGs have not consumed; partition_key is empty in a DAG without partitions.
  CREATE TABLE asset_queue (
    dag_id TEXT NOT NULL, partition_key TEXT NOT NULL, key TEXT NOT NULL, asset_id INTEGER NOT NULL,
    is_passive INTEGER NOT NULL,
    PRIMARY KEY (dag_id, partition_key, key)
  ) STRICT, WITHOUT ROWID;
  -- Events that runs have consumed.
  CREATE TABLE asset_uses (
    dag_id TEXT NOT NULL, run_id TEXT NOT NULL, key TEXT NOT NULL, asset_id INTEGER NOT NULL,
    PRIMARY KEY (dag_id, run_id, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX asset_uses_of_event ON asset_uses (asset_id, key);
  `,
  `
  -- When a value was written, and until when it counts.
  ALTER TABLE task_states ADD COLUMN updated_at TEXT;
  ALTER TABLE task_states ADD COLUMN expires_at TEXT;
  `,
  "ALTER TABLE asset_queue ADD COLUMN source TEXT;",
  `
  CREATE TABLE event_logs (id INTEGER PRIMARY KEY, dag_id TEXT, record TEXT NOT NULL) STRICT;
  CREATE INDEX event_logs_of_dag ON event_logs (dag_id, id);
  `,
  DAG_STATES,
  LISTINGS_OF_RUNS,
  LISTINGS_OF_INSTANCES,
  LISTINGS_OF_EVENT_LOGS,
];

/**
 * Brings the database to the newest schema; refuses one that is newer still. The migrations share a
 * commit: a new file takes all of them, and each commit would take a fsync.
 */
export function migrate(
  db: DatabaseSync,
  { file, migrations }: { readonly file: string; readonly migrations: readonly string[] },
): void {
  const schema = integer(db.prepare("PRAGMA user_version").get() ?? {}, "user_version");
  if (schema > migrations.length) {
    throw new StorageRefused(
      "unusable",
      `${file} was written by a newer Stepwind: it has schema ${schema}, this one knows up to ` +
        `${migrations.length}. Update Stepwind, or use another --home`,
    );
  }
  if (schema === migrations.length) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const [index, migration] of migrations.entries()) {
      if (index >= schema) applyMigration(db, { file, index, migration });
    }
  } finally {
    // Those before one that fails hold.
    if (db.isTransaction) db.exec("COMMIT");
  }
}

/** All of it or nothing, in the open transaction. */
function applyMigration(
  db: DatabaseSync,
  {
    file,
    index,
    migration,
  }: { readonly file: string; readonly index: number; readonly migration: string },
): void {
  db.exec("SAVEPOINT migration");
  try {
    db.exec(migration);
    db.exec(`PRAGMA user_version = ${index + 1}`);
    db.exec("RELEASE migration");
  } catch (cause) {
    if (db.isTransaction) db.exec("ROLLBACK TO migration");
    throw new Error(
      `${file} can't be brought from schema ${index} to ${index + 1}; it was left as it was`,
      { cause },
    );
  }
}
