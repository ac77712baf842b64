// The parts of the metadata that keep what lists say of DAGs and grids of runs, beside the records
// themselves, and that tell which DAGs have changed.
import type { DagRecord } from "../../model/records.ts";
import type { DagActivity } from "../../model/summaries/dag-activity.ts";
import type { RunOutcomeRecord } from "../../model/summaries/run-outcome.ts";

/** A DAG with what is kept of its runs. */
export interface DagState {
  readonly dag: DagRecord;
  readonly activity: DagActivity;
}

/** DAGs that have changed since a place in the order of all changes. */
export interface ChangedDags {
  /** Each once; those that were removed, too. */
  readonly dagIds: readonly string[];
  /** Where the order ends now. The same while nothing has changed. */
  readonly place: string;
}

/**
 * Written by the stores of DAGs and runs with each change of a DAG's record, and of a run that was
 * made, started, ended or removed. On AWS what was written a moment ago may not be seen yet.
 */
export interface DagStateStore {
  /** Every DAG, by id. */
  list(): Promise<readonly DagState[]>;
  /** Those of the DAGs that are there, in any order. */
  getAll(dagIds: readonly string[]): Promise<readonly DagState[]>;
  /** Without a place: where the order ends now, and no DAG. Throws for a text that is no place. */
  listChanged(place?: string): Promise<ChangedDags>;
  /** Whether the text is a place in the order. */
  isPlace(text: string): boolean;
}

/** What is kept of runs that have ended. It goes with the run. */
export interface RunOutcomeStore {
  /** Replaces that of the same run. */
  put(outcome: RunOutcomeRecord): Promise<void>;
  /** Those of the DAG's runs that are there, in any order; at most 100 of them. */
  getAll(dagId: string, runIds: readonly string[]): Promise<readonly RunOutcomeRecord[]>;
  /** To be called once a task instance of a run that has ended was changed. Repeating is safe. */
  delete(dagId: string, runId: string): Promise<void>;
}
