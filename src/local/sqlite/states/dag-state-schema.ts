// The migration to what is kept of DAGs and of ended runs for lists and grids: for runs of earlier
// releases it is worked out once, from the newest runs of each DAG.
import { RECENT_RUNS } from "../../../model/summaries/dag-activity.ts";

/** A run as `packActivity` writes it. */
const PACKED_RUN = `json_array(
  run_id, run_type, state, run_after,
  CAST(round((julianday(json_extract(record, '$.startDate')) - 2440587.5) * 86400000.0) AS INTEGER),
  CAST(round((julianday(json_extract(record, '$.endDate')) - 2440587.5) * 86400000.0) AS INTEGER),
  json_extract(record, '$.clearNumber'),
  json_extract(record, '$.versionHash')
)`;

export const DAG_STATES = `
  -- What is kept of each DAG's runs; seq: its place in the order of changes. The row of a DAG that
  -- was removed stays, so that whoever follows the changes learns of it.
  CREATE TABLE dag_states (
    dag_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, activity TEXT NOT NULL
  ) STRICT;
  CREATE INDEX dag_states_by_seq ON dag_states (seq);
  CREATE TABLE run_outcomes (
    dag_id TEXT NOT NULL, run_id TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (dag_id, run_id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO dag_states
    SELECT dag_id, row_number() OVER (ORDER BY dag_id), json_object(
      'r', (
        SELECT json_group_array(json(packed)) FROM (
          SELECT ${PACKED_RUN} AS packed FROM dag_runs
          WHERE dag_runs.dag_id = dags.dag_id
          ORDER BY run_after DESC, run_id DESC LIMIT ${RECENT_RUNS}
        )
      ),
      'f', 0,
      'e', json('[]'),
      's', (
        SELECT json_object(
          'runId', run_id, 'logicalDate', logical_date,
          'dataIntervalStart', json_extract(record, '$.dataIntervalStart'),
          'dataIntervalEnd', json_extract(record, '$.dataIntervalEnd'), 'runAfter', run_after
        ) FROM dag_runs
        WHERE dag_runs.dag_id = dags.dag_id AND run_type IN ('scheduled', 'backfill')
          AND logical_date IS NOT NULL
        ORDER BY logical_date DESC LIMIT 1
      )
    ) FROM dags;
`;
