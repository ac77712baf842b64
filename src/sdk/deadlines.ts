// Deadline alerts as an author writes them (Airflow 3.1: sdk/definitions/deadline.py).
import type { Duration } from "../model/values/durations.ts";
import type { CallbackContext } from "./context.ts";

export interface AverageRuntimeOptions {
  /** Runs that count at most, the latest ones; 10 by default. */
  readonly maxRuns?: number;
  /** With fewer, the run has no deadline; `maxRuns` by default. */
  readonly minRuns?: number;
}

/** The moment that a deadline counts from; `DeadlineReference` makes them. */
export type DeadlineReferenceMoment =
  | { readonly kind: "dagrun-logical-date" }
  | { readonly kind: "dagrun-queued-at" }
  | { readonly kind: "fixed-datetime"; readonly datetime: string }
  | ({ readonly kind: "average-runtime" } & AverageRuntimeOptions);

/** What a deadline counts from (Airflow: DeadlineReference). */
export const DeadlineReference: {
  /** The run's logical date. A run without one has no deadline. */
  readonly DAGRUN_LOGICAL_DATE: DeadlineReferenceMoment;
  /** When the run was queued, or queued again by a clear. */
  readonly DAGRUN_QUEUED_AT: DeadlineReferenceMoment;
  /** A moment as ISO text, read in the DAG's time zone unless it has an offset. */
  FIXED_DATETIME(datetime: string): DeadlineReferenceMoment;
  /** When the run is made, and the mean time that the latest successful runs took. */
  AVERAGE_RUNTIME(options?: AverageRuntimeOptions): DeadlineReferenceMoment;
} = {
  DAGRUN_LOGICAL_DATE: { kind: "dagrun-logical-date" },
  DAGRUN_QUEUED_AT: { kind: "dagrun-queued-at" },
  FIXED_DATETIME: (datetime) => ({ kind: "fixed-datetime", datetime }),
  AVERAGE_RUNTIME: (options = {}) => ({ kind: "average-runtime", ...options }),
};

/**
 * A run that has not succeeded so long after the reference has missed its deadline: the callback is
 * called once, and the run goes on (Airflow: DeadlineAlert).
 *
 * ```ts
 * export const dag = new Dag("nightly_load", {
 *   schedule: "@daily",
 *   deadline: {
 *     name: "before_work",
 *     reference: DeadlineReference.DAGRUN_QUEUED_AT,
 *     interval: "6 hours",
 *     callback: async ({ runId, deadline }) => page(`${runId} was due at ${deadline?.deadlineTime}`),
 *   },
 * });
 * ```
 */
export interface DeadlineAlert {
  readonly reference: DeadlineReferenceMoment;
  /** From the reference to the deadline; a number less than 0 means before it. */
  readonly interval: Duration;
  /** Its context has the `deadline` and the `dagRun` as it was then. */
  readonly callback: (context: CallbackContext) => unknown;
  /** Tells the alerts of a DAG apart. */
  readonly name?: string;
}
