// Outcomes of runs that have ended, in SQLite: a row per run, beside its instances.
import type { RunOutcomeRecord } from "../../../model/summaries/run-outcome.ts";
import type { RunOutcomeStore } from "../../../ports/states/dag-states.ts";
import type { SqliteDatabase } from "../database.ts";
import { text } from "../rows.ts";

/** The part of the metadata that keeps the outcomes of runs. */
export function createRunOutcomeStore(db: SqliteDatabase): RunOutcomeStore {
  const upsert = db.prepare(
    `INSERT INTO run_outcomes VALUES (?, ?, ?)
     ON CONFLICT (dag_id, run_id) DO UPDATE SET record = excluded.record`,
  );
  const select = db.prepare("SELECT record FROM run_outcomes WHERE dag_id = ? AND run_id = ?");
  const remove = db.prepare("DELETE FROM run_outcomes WHERE dag_id = ? AND run_id = ?");
  const selectRun = db.prepare("SELECT 1 FROM dag_runs WHERE dag_id = ? AND run_id = ?");

  return {
    put: (outcome) =>
      db.write(() => {
        const { dagId, runId } = outcome;
        // Of a run that was removed meanwhile nothing is to be left.
        if (!selectRun.get(dagId, runId)) return;
        upsert.run(dagId, runId, JSON.stringify(outcome));
      }),
    getAll: (dagId, runIds) =>
      db.read(() =>
        runIds.flatMap((runId): RunOutcomeRecord[] => {
          const row = select.get(dagId, runId);
          return row ? [JSON.parse(text(row, "record"))] : [];
        }),
      ),
    delete: (dagId, runId) =>
      db.write(() => {
        remove.run(dagId, runId);
      }),
  };
}
