// What the metadata keeps of backfills. Times are UTC ISO 8601 text.
import type { JsonObject } from "../values/json.ts";
import type { BackfillDates } from "./dates.ts";

/** What a backfill does about a run that has ended (Airflow: ReprocessBehavior). */
export type ReprocessBehavior = "none" | "failed" | "completed";

/** Why a backfill leaves a date out (Airflow: BackfillDagRunExceptionReason). */
export type BackfillSkipReason = "in flight" | "already exists";

/** Runs of a DAG over a range of its schedule, made bit by bit (Airflow: backfill). */
export interface BackfillRecord {
  readonly id: number;
  readonly dagId: string;
  /** The range of logical dates as it was asked for; both ends belong to it. */
  readonly fromDate: string;
  readonly toDate: string;
  readonly runBackwards: boolean;
  readonly reprocessBehavior: ReprocessBehavior;
  /** Whether runs that are cleared go on with the DAG's newest version. */
  readonly runOnLatestVersion: boolean;
  /** Absent: new runs have none, and runs that are cleared keep theirs. */
  readonly dagRunConf?: JsonObject;
  readonly maxActiveRuns: number;
  readonly triggeringUserName?: string;
  readonly isPaused: boolean;
  /** Completed before all of its dates were dealt with; its queued runs fail. */
  readonly isCancelled?: true;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly completedAt?: string;
  /** Its dates, as the schedule had them when it was asked for. */
  readonly dates: BackfillDates;
  /** How many of the dates, in its order, have been dealt with. */
  readonly dealtWith: number;
  /** Runs of dates that have been dealt with and aren't known to have ended. */
  readonly open: readonly OpenBackfillRun[];
  /** How many dates were left out, by reason. */
  readonly skipped: Readonly<Partial<Record<BackfillSkipReason, number>>>;
}

/** A run that a backfill makes or clears. It may be still to be done. */
export interface OpenBackfillRun {
  readonly ordinal: number;
  readonly runId: string;
  /** The run was there before, and is cleared. */
  readonly isReprocessed?: true;
}

/** Dates that a backfill has left out, some of those that it dealt with at a time. */
export interface BackfillSkipsRecord {
  readonly backfillId: number;
  /** Ordinal of the first of them. */
  readonly first: number;
  readonly dates: readonly BackfillSkip[];
}

export interface BackfillSkip {
  readonly ordinal: number;
  /** The partition's date where it has a key. */
  readonly logicalDate: string;
  readonly partitionKey?: string;
  readonly reason: BackfillSkipReason;
}

/** Of which DAG the backfill of an id is. */
export interface BackfillIdRecord {
  readonly id: number;
  readonly dagId: string;
}

/** A backfill that may have something left to do, for the upkeep. */
export interface ActiveBackfillRecord extends BackfillIdRecord {
  readonly createdAt: string;
}
