// Deadline alerts as they are stored: those of a DAG in its document, those of a run with the run
// (Airflow: models/deadline.py, models/deadline_alert.py).

/** The moment that a deadline counts from. */
export type DeadlineReferenceDocument =
  | { readonly kind: "dagrun-logical-date" }
  /** Counts anew when the run is cleared. */
  | { readonly kind: "dagrun-queued-at" }
  /** UTC ISO text. */
  | { readonly kind: "fixed-datetime"; readonly datetime: string }
  /**
   * When the run is made, and the mean time that the last runs which succeeded took: at most
   * `maxRuns` of them. With fewer than `minRuns` there is no deadline.
   */
  | { readonly kind: "average-runtime"; readonly maxRuns: number; readonly minRuns: number };

/** An alert that a DAG has for each of its runs. */
export interface DeadlineDocument {
  readonly name?: string;
  readonly reference: DeadlineReferenceDocument;
  /** Seconds from the reference to the deadline; less than 0: before it. */
  readonly interval: number;
}

/** A deadline of a run. */
export interface RunDeadline {
  /** Place of its alert among those of the version, from 0. */
  readonly alert: number;
  readonly name?: string;
  /** UTC ISO text. */
  readonly deadlineTime: string;
  /** The version that has the alert, and its callback: that with which the run was made. */
  readonly versionHash: string;
  /** Seconds from the run's `queuedAt`, where it counts from there. */
  readonly afterQueued?: number;
  /** Somebody has been told that the run had not succeeded by then. */
  readonly isMissed?: true;
}

/**
 * What leads to a deadline of a run that is open, or whose miss is still to be told. It is written
 * before the run, and may be left when neither holds any more.
 */
export interface OpenDeadlineRecord {
  readonly dagId: string;
  readonly runId: string;
  readonly alert: number;
  readonly deadlineTime: string;
  readonly writtenAt: string;
  /** Until then somebody tells the miss; who died over it is taken for dead after that. */
  readonly claimedUntil?: string;
}
