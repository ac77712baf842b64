// A cron text that has been read: which seconds, minutes, hours and days it allows. Made by
// parse-cron.ts.

/** The allowed values of one field: for each value the nearest allowed one from there on, or -1. */
export interface CronField {
  /** At index v the smallest allowed value ≥ v; its last entry is -1. */
  readonly next: readonly number[];
  /** At index v the largest allowed value ≤ v. */
  readonly previous: readonly number[];
  readonly first: number;
  readonly last: number;
}

/** Which days of a month are meant. */
export interface CronDays {
  /** Allowed days of the month; absent: any. */
  readonly daysOfMonth?: ReadonlySet<number>;
  readonly lastDay: boolean;
  /** Allowed days of the week, Sunday is 0; absent: any. */
  readonly weekdays?: ReadonlySet<number>;
  /** The weekday (Monday to Friday) nearest to this day of the month ("15W"). */
  readonly nearestWeekday?: number;
  /**
   * The nth of a weekday in the month ("1#2"), 0 for the last one ("L5"); when there are any, only
   * they count.
   */
  readonly nthWeekdays: readonly { readonly weekday: number; readonly nth: number }[];
}

export interface CronExpression {
  /** The text in five or six fields; a preset is spelled out. */
  readonly text: string;
  readonly seconds: CronField;
  readonly minutes: CronField;
  readonly hours: CronField;
  /** Numbered from 1. */
  readonly months: ReadonlySet<number>;
  readonly days: CronDays;
  /**
   * No hour is left out: such a schedule steps through clock changes by elapsed time (Airflow:
   * _covers_every_hour).
   */
  readonly coversEveryHour: boolean;
}
