// What every timetable answers: when a DAG runs next, and over which data interval. All times are
// epoch ms.

export interface DataInterval {
  readonly start: number;
  readonly end: number;
}

export interface NextRun extends DataInterval {
  readonly logicalDate: number;
  /** The run may be created from this moment on. */
  readonly runAfter: number;
  /**
   * Present where partitions tell the DAG's runs apart. Such a run has neither logical date nor
   * data interval; the moments here are its `runAfter`.
   */
  readonly partition?: Partition;
}

/** What a run of a partitioned DAG is for (Airflow: partition_key, partition_date). */
export interface Partition {
  readonly key: string;
  /** Start of the period that the key stands for; epoch ms. */
  readonly date: number;
}

/** How the partitions of a schedule are named. */
export interface PartitionRules {
  /**
   * The date of the partition of a key; undefined if the key stands for none. Throws PythonError
   * for a key that the schedule can't have (Airflow: resolve_partition_date).
   */
  dateOf(key: string): number | undefined;
  /**
   * What clocks show in UTC at the moment, taken as the schedule's own time (Airflow:
   * localize_partition_datetime).
   */
  localize(moment: number): number;
}

/** What the next run depends on. */
export interface NextRunQuery {
  /** Data interval of the newest automated run (scheduled or backfill); absent before the first. */
  readonly last?: DataInterval | undefined;
  /** The DAG's start date, inclusive. */
  readonly earliest?: number | undefined;
  /** The DAG's end date, inclusive. */
  readonly latest?: number | undefined;
  readonly catchup: boolean;
  readonly now: number;
}

export interface Timetable {
  /** The run after `last`, due or not; `undefined` when none will ever come. */
  nextRun(query: NextRunQuery): NextRun | undefined;
  /**
   * The data interval of a run triggered by hand with a logical date (Airflow:
   * infer_manual_data_interval).
   */
  inferManualDataInterval(runAfter: number): DataInterval;
  /** The schedule in a few characters, as Airflow writes it. */
  readonly summary: string;
  /** At most so many runs at a time, whatever the DAG says. */
  readonly activeRunsLimit?: number;
  /**
   * Without catchup the next run depends on the moment of asking, so what was promised before must
   * be remembered.
   */
  readonly followsClock?: boolean;
  /** Present where partitions tell the DAG's runs apart (Airflow: Timetable.partitioned). */
  readonly partitions?: PartitionRules;
}

/** A run over the interval, due at its end, named by its start. */
export function runOver(interval: DataInterval): NextRun {
  const { start, end } = interval;
  return { logicalDate: start, start, end, runAfter: end };
}

/** A run at a moment, over no time. */
export function runAt(moment: number): NextRun {
  return runOver({ start: moment, end: moment });
}

/** Whether a moment lies beyond the DAG's end date. */
export function isTooLate(moment: number, { latest }: NextRunQuery): boolean {
  return latest !== undefined && moment > latest;
}
