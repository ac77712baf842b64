// Airflow's event log, which its page calls the audit log: who asked for which change, and when.

export interface EventLogRecord {
  /** Ids of later events are larger; see `eventLogId`. */
  readonly id: number;
  /** UTC ISO text. */
  readonly when: string;
  /** The operation of the API, such as "trigger_dag_run". */
  readonly event: string;
  readonly dagId?: string;
  readonly runId?: string;
  readonly taskId?: string;
  readonly mapIndex?: number;
  readonly tryNumber?: number;
  /** Of the run, UTC ISO text. */
  readonly logicalDate?: string;
  /** The user; absent when nobody is known. */
  readonly owner?: string;
  /** JSON text: what was asked for, what changed by it, and why it was refused. No secrets. */
  readonly extra?: string;
}

/** Events in one millisecond that have ids of their own. */
export const EVENTS_PER_MS = 1_000;
const ID_DIGITS = 16;

/** The id of the event of this moment, epoch ms, with this number among those of the moment. */
export function eventLogId(moment: number, number: number): number {
  return moment * EVENTS_PER_MS + number;
}

/** Texts that sort as the ids do. */
export function eventLogKey(id: number): string {
  return String(id).padStart(ID_DIGITS, "0");
}
