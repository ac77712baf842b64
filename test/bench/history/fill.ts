// A deployment with a long history: 250 DAGs, 250,000 runs, a million task instances, written
// straight into the database. Takes about half a minute.
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { openLocalProduct } from "../../../src/local/local-platform.ts";
import { openConnection } from "../../../src/local/sqlite/database.ts";
import type { Workplace } from "../measure.ts";

const DAGS = 250;
const RUNS = 250_000;

/** The DAGs of the history, and those that are run while measuring. */
export const HISTORY_FILE = `import { chain, Dag } from "stepwind";
export const past = Array.from({ length: ${DAGS} }, (_, i) => {
  const dag = new Dag("past_" + String(i).padStart(3, "0"), {
    schedule: null, tags: ["team_" + (i % 7), "all"], defaultArgs: { owner: "owner_" + (i % 11) },
  });
  chain(...["extract", "check", "load", "report"].map((id) => dag.task(id, async () => 0)()));
  return dag;
});
const light = new Dag("light", { schedule: null });
chain(...Array.from({ length: 40 }, (_, i) => light.task("task_" + i, async () => i)()));
const wide = new Dag("fanout_1000", { schedule: null });
const start = wide.task("start", async () => 0)();
chain(start, Array.from({ length: 1000 }, (_, i) => wide.task("task_" + i, async () => i)()));
export const present = [light, wide];
`;

/** A workplace whose DAG folder has the file. Its database gets the history. */
export async function fillHistory({ home, dagsFolder }: Workplace): Promise<void> {
  const product = await openLocalProduct({ home, dagsFolder });
  await product.processor.processFile("history.ts");
  await product.close();
  const db = openConnection(join(home, "metadata.db"));
  try {
    db.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; PRAGMA temp_store = MEMORY");
    db.exec("BEGIN");
    db.exec(KINDS);
    for (const table of ["dag_runs", "task_instances", "run_facts", "instance_facts"]) {
      withoutIndexes(db, table, () => db.exec(FILLS[table] ?? ""));
    }
    db.exec(FINISH);
    db.exec("COMMIT");
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    db.close();
  }
}

/** Rows are written faster before their indexes are made. */
function withoutIndexes(db: DatabaseSync, table: string, fill: () => void): void {
  const indexes = db
    .prepare(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql <> ''",
    )
    .all(table);
  for (const { name } of indexes) db.exec(`DROP INDEX ${name}`);
  fill();
  for (const { sql } of indexes) db.exec(String(sql));
}

const START = Date.UTC(2025, 0, 1);
const MOMENT = (ms: string) => `strftime('%Y-%m-%dT%H:%M:%fZ', (${ms}) / 1000.0, 'unixepoch')`;

/** Run i of the history: one of each DAG every hour, in turn. */
const HISTORY = `
  WITH RECURSIVE number(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM number WHERE i < ${RUNS - 1}),
  dag AS (
    SELECT row_number() OVER (ORDER BY dag_id) - 1 AS d, dag_id,
      json_extract(record, '$.versionHash') AS hash
    FROM dags WHERE dag_id LIKE 'past%'
  ),
  run AS (
    SELECT i, dag_id, hash,
      ${START} + (i / ${DAGS}) * 3600000 + (i % ${DAGS}) * 1000 AS due,
      ${START} + (i / ${DAGS}) * 3600000 + (i % ${DAGS}) * 1000 + 2000 AS began,
      ${START} + (i / ${DAGS}) * 3600000 + (i % ${DAGS}) * 1000 + 3000 + (i * 7919 % 600) * 1000 AS ended,
      CASE WHEN i % 50 = 7 THEN 'failed' ELSE 'success' END AS state,
      CASE WHEN i % 20 = 3 THEN 'manual' ELSE 'scheduled' END AS run_type,
      CASE WHEN i % 20 = 3 THEN '{"day": "friday"}' ELSE '{}' END AS conf
    FROM number JOIN dag ON d = i % ${DAGS}
  ),
  named AS (SELECT *, run_type || '__' || ${MOMENT("due")} AS run_id FROM run)`;

const FILLS: Readonly<Record<string, string>> = {
  dag_runs: `${HISTORY}
    INSERT INTO dag_runs (dag_id, run_id, run_type, state, logical_date, run_after, record)
    SELECT dag_id, run_id, run_type, state, ${MOMENT("due")}, ${MOMENT("due")}, json_object(
      'dagId', dag_id, 'runId', run_id, 'runType', run_type, 'state', state,
      'logicalDate', ${MOMENT("due")}, 'dataIntervalStart', ${MOMENT("due")},
      'dataIntervalEnd', ${MOMENT("due")}, 'runAfter', ${MOMENT("due")},
      'queuedAt', ${MOMENT("due")}, 'startDate', ${MOMENT("began")}, 'endDate', ${MOMENT("ended")},
      'conf', json(conf), 'triggeredBy', 'timetable', 'versionHash', hash, 'clearNumber', 0)
    FROM named`,
  task_instances: `${HISTORY}
    INSERT INTO task_instances
    SELECT dag_id, run_id, value, -1, json_object(
      'state', CASE WHEN state = 'failed' AND value = 'load' THEN 'failed'
        WHEN state = 'failed' AND value = 'report' THEN 'upstream_failed' ELSE 'success' END,
      'tryNumber', 1 + (i % 30 = 0), 'maxTries', 1, 'startDate', ${MOMENT("began + key * 200")},
      'endDate', ${MOMENT("began + key * 200 + 150 + i % 1000")}, 'tries', json('[]'), 'pokes', 1)
    FROM named, json_each('["extract", "check", "load", "report"]')
    ORDER BY dag_id, run_id, value`,
  run_facts: `${HISTORY}
    INSERT INTO run_facts (run_after, state, run_type, dag_id, start_date, end_date, duration,
      updated_at, logical_date, partition_date, run_id, version_hash, triggering_user_name, conf)
    SELECT due, state, run_type, dag_id, began, ended, ended - began, ended, due,
      -8640000000000001, run_id, hash, CASE run_type WHEN 'manual' THEN 'ann' END, conf
    FROM named ORDER BY i`,
  instance_facts: `${HISTORY}
    INSERT INTO instance_facts (run_no, task_no, run_after, state, start_date, end_date, duration,
      updated_at, logical_date, try_number, map_index, label)
    SELECT run_facts.no, task_kinds.no, due,
      CASE WHEN named.state = 'failed' AND value = 'load' THEN 'failed'
        WHEN named.state = 'failed' AND value = 'report' THEN 'upstream_failed' ELSE 'success' END,
      began + key * 200, began + key * 200 + 150 + i % 1000, 150 + i % 1000,
      began + key * 200 + 150 + i % 1000, due, 1 + (i % 30 = 0), -1, '-1'
    FROM named JOIN run_facts ON run_facts.no = i + 1,
      json_each('["extract", "check", "load", "report"]')
    JOIN task_kinds ON task_kinds.dag_id = named.dag_id AND task_id = value
    ORDER BY i, key DESC`,
};

const KINDS = `
  INSERT INTO task_kinds (
    dag_id, version_hash, task_id, display_name, operator, pool, groups, version_number
  )
  SELECT dag_id, hash, json_extract(value, '$.taskId'), json_extract(value, '$.taskId'),
    json_extract(value, '$.operator'), 'default_pool', '[]', number
  FROM dag_versions, json_each(record, '$.document.tasks')`;

const FINISH = `
  INSERT INTO run_fact_counts
    SELECT dag_id, state, run_type, COUNT(*) FROM run_facts GROUP BY 1, 2, 3;
  INSERT INTO instance_fact_counts
    SELECT task_no, state, COUNT(*) FROM instance_facts GROUP BY 1, 2;
  INSERT OR IGNORE INTO known_tasks SELECT DISTINCT dag_id, task_id FROM task_kinds;
`;
