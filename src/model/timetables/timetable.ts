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
