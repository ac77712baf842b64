// DAG runs in SQLite: every question is one range of an index, however long the history.
import type { DagRunRecord } from "../../model/records.ts";
import { isRunFinished } from "../../model/states.ts";
import type { RunStore } from "../../ports/metadata.ts";
import type { SqliteDatabase } from "./database.ts";
import type { FactBuilds } from "./listings/fact-builds.ts";
import { FactTable } from "./listings/fact-table.ts";
import type { InstanceFacts } from "./listings/instance-facts.ts";
import { createRunFinder, RUN_FACTS } from "./listings/run-facts.ts";
import { createPartitionListing } from "./partition-listing.ts";
import { type Row, text } from "./rows.ts";
import { createRunListing } from "./run-listing.ts";
import { createDagStateWriter } from "./states/dag-states.ts";

/** Every table with rows of a run. */
const TABLES_OF_A_RUN = [
  "dag_runs",
  "task_instances",
  "gates",
  "xcoms",
  "task_states",
  "limits",
  "limit_waiters",
  "asset_uses",
  "run_outcomes",
];

/** The part of the metadata that keeps the runs. */
export function createRunStore(
  db: SqliteDatabase,
  { builds, instances }: { readonly builds: FactBuilds; readonly instances: InstanceFacts },
): RunStore {
  const facts = new FactTable(db, RUN_FACTS);
  const states = createDagStateWriter(db);
  const putFacts = (run: DagRunRecord, before = run) => {
    facts.put(run);
    if ([run, before].some(({ state }) => isRunFinished(state))) {
      instances.touch(run.dagId, run.runId);
    }
  };
  const insert = db.prepare(
    `INSERT INTO dag_runs
       (run_type, state, logical_date, partition_date, run_after, record, dag_id, run_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const update = db.prepare(
    `UPDATE dag_runs
     SET run_type = ?, state = ?, logical_date = ?, partition_date = ?, run_after = ?, record = ?
     WHERE dag_id = ? AND run_id = ?`,
  );
  const select = db.prepare("SELECT record FROM dag_runs WHERE dag_id = ? AND run_id = ?");
  const deletions = TABLES_OF_A_RUN.map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE dag_id = ? AND run_id = ?`),
  );

  return {
    create: (run) =>
      db.write(() => {
        if (insert.run(...toColumns(run)).changes === 0) return "exists";
        putFacts(run);
        states.noteRun({ after: run });
        return "created";
      }),
    get: (dagId, runId) => db.read(() => toRun(select.get(dagId, runId))),
    update: ({ dagId, runId, from, clearNumber, awaitedBy, deadlines, set }) =>
      db.write(() => {
        const run = toRun(select.get(dagId, runId));
        if (run === undefined || !from.includes(run.state)) return undefined;
        if (clearNumber !== undefined && clearNumber !== run.clearNumber) return undefined;
        if (awaitedBy && !isSame(awaitedBy, run.awaitedBy)) return undefined;
        if (deadlines && !isSame(deadlines, run.deadlines)) return undefined;
        const changed: DagRunRecord = JSON.parse(JSON.stringify({ ...run, ...set }));
        update.run(...toColumns(changed));
        putFacts(changed, run);
        states.noteRun({ before: run, after: changed });
        return changed;
      }),
    delete: (dagId, runId) =>
      db.write(() => {
        const run = toRun(select.get(dagId, runId));
        if (run === undefined || !isRunFinished(run.state)) return;
        for (const deletion of deletions) deletion.run(dagId, runId);
        instances.remove(dagId, runId);
        facts.remove([dagId, runId]);
        states.noteRun({ before: run });
      }),
    ...createRunListing(db),
    find: createRunFinder(db, { builds, put: putFacts }),
    ...createPartitionListing(db),
    ...createActiveRuns(db),
    ...createPastRuns(db),
  };
}

/** The runs that are waiting or going on. */
function createActiveRuns(db: SqliteDatabase): Pick<RunStore, "listActive" | "listRunning"> {
  // INDEXED BY: else SQLite reads all runs of a DAG in order, to save sorting the few active ones.
  const selectActive = db.prepare(
    `SELECT record FROM dag_runs INDEXED BY dag_runs_by_state
     WHERE state IN ('queued', 'running') ORDER BY run_after, dag_id, run_id`,
  );
  const selectActiveOfDag = db.prepare(
    `SELECT record FROM dag_runs INDEXED BY dag_runs_of_dag_by_state
     WHERE dag_id = ? AND state IN ('queued', 'running') ORDER BY run_after, run_id`,
  );
  const selectRunning = db.prepare(
    "SELECT record FROM dag_runs WHERE dag_id = ? AND state = 'running' ORDER BY run_after, run_id",
  );

  return {
    listActive: (dagId) =>
      db.read(() => {
        const rows = dagId === undefined ? selectActive.all() : selectActiveOfDag.all(dagId);
        return rows.map(parseRun);
      }),
    listRunning: (dagId) => db.read(() => selectRunning.all(dagId).map(parseRun)),
  };
}

/** The runs that others follow by their dates. */
function createPastRuns(db: SqliteDatabase): Pick<RunStore, "getLatestAutomated" | "getPrevious"> {
  const selectLatestAutomated = db.prepare(
    `SELECT record FROM dag_runs
     WHERE dag_id = ? AND run_type IN ('scheduled', 'backfill') AND logical_date IS NOT NULL
     ORDER BY logical_date DESC LIMIT 1`,
  );
  const selectPrevious = db.prepare(
    `SELECT record FROM dag_runs WHERE dag_id = ? AND logical_date < ?
     ORDER BY logical_date DESC LIMIT 1`,
  );
  const selectPreviousNotManual = db.prepare(
    `SELECT record FROM dag_runs WHERE dag_id = ? AND logical_date < ? AND run_type <> 'manual'
     ORDER BY logical_date DESC LIMIT 1`,
  );
  return {
    getLatestAutomated: (dagId) => db.read(() => toRun(selectLatestAutomated.get(dagId))),
    getPrevious: ({ dagId, logicalDate, automatedOnly }) =>
      db.read(() => {
        const previous = automatedOnly ? selectPreviousNotManual : selectPrevious;
        return toRun(previous.get(dagId, logicalDate));
      }),
  };
}

function isSame<T>(wanted: readonly T[], present: readonly T[] = []): boolean {
  return JSON.stringify(wanted) === JSON.stringify(present);
}

function toColumns(run: DagRunRecord) {
  const { dagId, runId, runType, state, logicalDate, partitionDate = null, runAfter } = run;
  const record = JSON.stringify(run);
  return [runType, state, logicalDate, partitionDate, runAfter, record, dagId, runId] as const;
}

function parseRun(row: Row): DagRunRecord {
  return JSON.parse(text(row, "record"));
}

function toRun(row: Row | undefined): DagRunRecord | undefined {
  return row && parseRun(row);
}
