// The tables that listings are answered from: narrow rows of numbers and short texts, derived from
// the records. `no` numbers the rows; every index ends with it.

/**
 * Runs. The index of all columns that are cheap to test comes first; it is what a listing looks
 * through that no other index narrows down. Rows of runs that are there already are made in the
 * background: see fact-builds.ts.
 */
export const LISTINGS_OF_RUNS = `
  CREATE TABLE run_facts (
    no INTEGER PRIMARY KEY,
    run_after INTEGER NOT NULL, state TEXT NOT NULL, run_type TEXT NOT NULL, dag_id TEXT NOT NULL,
    start_date INTEGER NOT NULL, end_date INTEGER NOT NULL, duration INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, logical_date INTEGER NOT NULL, partition_date INTEGER NOT NULL,
    run_id TEXT NOT NULL, version_hash TEXT NOT NULL, triggering_user_name TEXT,
    partition_key TEXT, conf TEXT NOT NULL
  ) STRICT;
  CREATE INDEX run_facts_scan ON run_facts (
    run_after, no, state, run_type, dag_id, start_date, end_date, duration, updated_at,
    logical_date, partition_date
  );
  CREATE UNIQUE INDEX run_facts_key ON run_facts (dag_id, run_id);
  CREATE INDEX run_facts_by_dag ON run_facts (dag_id, run_after, no, state, run_type);
  CREATE INDEX run_facts_by_dag_and_state ON run_facts (dag_id, state, run_after, no);
  CREATE INDEX run_facts_by_state ON run_facts (state, run_after, no);
  CREATE INDEX run_facts_by_type ON run_facts (run_type, run_after, no);
  CREATE INDEX run_facts_by_start ON run_facts (start_date, run_after, no);
  CREATE INDEX run_facts_by_end ON run_facts (end_date, run_after, no);
  CREATE INDEX run_facts_by_duration ON run_facts (duration, run_after, no);
  CREATE INDEX run_facts_by_update ON run_facts (updated_at, run_after, no);
  CREATE INDEX run_facts_by_logical_date ON run_facts (logical_date, run_after, no);
  CREATE INDEX run_facts_by_partition_date ON run_facts (partition_date, run_after, no);
  CREATE INDEX run_facts_by_run_id ON run_facts (run_id, run_after, no);
  CREATE INDEX run_facts_by_user ON run_facts (triggering_user_name, run_after, no)
    WHERE triggering_user_name IS NOT NULL;
  CREATE INDEX run_facts_by_partition_key ON run_facts (partition_key, run_after, no)
    WHERE partition_key IS NOT NULL;
  CREATE INDEX run_facts_by_conf ON run_facts (conf, run_after, no) WHERE conf <> '{}';
  -- How many rows there are of each kind.
  CREATE TABLE run_fact_counts (
    dag_id TEXT NOT NULL, state TEXT NOT NULL, run_type TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (dag_id, state, run_type)
  ) STRICT, WITHOUT ROWID;
  -- What is made of the records that were there before: rowids from "next" to "last" are left.
  CREATE TABLE fact_builds (name TEXT PRIMARY KEY, next INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
  INSERT INTO fact_builds SELECT 'runs', 0, COALESCE(MAX(rowid), -1) FROM dag_runs;
`;

/**
 * Task instances of runs that have ended, written when their run ends; those of other runs are read
 * off their records. What all instances of a task share is in a row of its own.
 */
export const LISTINGS_OF_INSTANCES = `
  CREATE TABLE task_kinds (
    no INTEGER PRIMARY KEY,
    dag_id TEXT NOT NULL, version_hash TEXT NOT NULL, task_id TEXT NOT NULL,
    display_name TEXT NOT NULL, operator TEXT NOT NULL, pool TEXT NOT NULL,
    groups TEXT NOT NULL, version_number INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX task_kinds_key ON task_kinds (dag_id, version_hash, task_id);
  CREATE TABLE instance_facts (
    no INTEGER PRIMARY KEY,
    run_no INTEGER NOT NULL, task_no INTEGER NOT NULL, run_after INTEGER NOT NULL,
    state TEXT NOT NULL, start_date INTEGER NOT NULL, end_date INTEGER NOT NULL,
    duration INTEGER NOT NULL, updated_at INTEGER NOT NULL, logical_date INTEGER NOT NULL,
    try_number INTEGER NOT NULL, map_index INTEGER NOT NULL, label TEXT NOT NULL
  ) STRICT;
  CREATE INDEX instance_facts_scan ON instance_facts (
    run_after, no, state, task_no, start_date, end_date, duration, try_number, map_index
  );
  CREATE INDEX instance_facts_by_run ON instance_facts (run_no, run_after, no);
  CREATE INDEX instance_facts_by_task ON instance_facts (task_no, run_after, no);
  CREATE INDEX instance_facts_by_state ON instance_facts (state, run_after, no);
  CREATE INDEX instance_facts_by_start ON instance_facts (start_date, run_after, no);
  CREATE INDEX instance_facts_by_end ON instance_facts (end_date, run_after, no);
  CREATE INDEX instance_facts_by_duration ON instance_facts (duration, run_after, no);
  CREATE INDEX instance_facts_by_update ON instance_facts (updated_at, run_after, no);
  CREATE INDEX instance_facts_by_logical_date ON instance_facts (logical_date, run_after, no);
  CREATE INDEX instance_facts_by_try ON instance_facts (try_number, run_after, no);
  CREATE INDEX instance_facts_by_map_index ON instance_facts (map_index, run_after, no);
  CREATE TABLE instance_fact_counts (
    task_no INTEGER NOT NULL, state TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (task_no, state)
  ) STRICT, WITHOUT ROWID;
  -- Runs whose instances have changed since.
  CREATE TABLE instance_fact_queue (run_no INTEGER PRIMARY KEY) STRICT;
`;

/** The event log. */
export const LISTINGS_OF_EVENT_LOGS = `
  CREATE TABLE event_log_facts (
    no INTEGER PRIMARY KEY,
    id INTEGER NOT NULL, event TEXT NOT NULL, dag_id TEXT, run_id TEXT, task_id TEXT, owner TEXT,
    map_index INTEGER NOT NULL, try_number INTEGER NOT NULL, logical_date INTEGER NOT NULL,
    extra TEXT
  ) STRICT;
  CREATE INDEX event_log_facts_scan ON event_log_facts (
    id, no, event, dag_id, owner, task_id, map_index, try_number
  );
  CREATE INDEX event_log_facts_by_event ON event_log_facts (event, id, no);
  CREATE INDEX event_log_facts_by_dag ON event_log_facts (dag_id, id, no);
  CREATE INDEX event_log_facts_by_run ON event_log_facts (run_id, id, no);
  CREATE INDEX event_log_facts_by_task ON event_log_facts (task_id, id, no);
  CREATE INDEX event_log_facts_by_owner ON event_log_facts (owner, id, no);
  CREATE INDEX event_log_facts_by_logical_date ON event_log_facts (logical_date, id, no);
  CREATE TABLE event_log_fact_counts (
    event TEXT PRIMARY KEY, count INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO fact_builds SELECT 'event-logs', 0, COALESCE(MAX(id), -1) FROM event_logs;
`;
