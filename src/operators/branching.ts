// Branches by dates. The product decides them when the task ends, by the run's dates and its clock,
// so that they need no code of the author.
import type { DateCondition } from "../model/document.ts";
import { parseBound } from "../model/scheduling/date-decisions.ts";
import { createOperator, type FollowTarget, type Operator } from "../sdk/operator.ts";
import { wrongArgument } from "./wrong-argument.ts";

const WEEK_DAYS = [
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
  "Sunday",
] as const;

/** A day's English name, in whatever case. */
export type WeekDay =
  | (typeof WEEK_DAYS)[number]
  | Uppercase<(typeof WEEK_DAYS)[number]>
  | Lowercase<(typeof WEEK_DAYS)[number]>;

export interface FollowOptions {
  /**
   * Tasks and groups to follow if it holds: ids, or as placed. Edges to them are drawn as usual.
   */
  readonly followTaskIdsIfTrue: FollowTarget | readonly FollowTarget[];
  readonly followTaskIdsIfFalse: FollowTarget | readonly FollowTarget[];
  /** Asks the run's logical date, or its `runAfter` where it has none, instead of the clock. */
  readonly useTaskLogicalDate?: boolean;
}

export interface BranchDayOfWeekOptions extends FollowOptions {
  readonly weekDay: WeekDay | readonly WeekDay[];
}

export interface BranchDateTimeOptions extends FollowOptions {
  /**
   * ISO text: a date and time, or a time of day, in the DAG's time zone where it has no offset. A
   * time of day is taken on the day that is asked for. `null` for no limit.
   */
  readonly targetLower: string | null;
  /** As `targetLower`; one day later where it is before that, so a night may be asked for. */
  readonly targetUpper: string | null;
}

type Branch = Operator<readonly string[], Record<never, never>>;

/**
 * Skips what is right below it unless the run is the latest that is due (Airflow:
 * LatestOnlyOperator). Runs that somebody triggered go on always.
 *
 * ```ts
 * dag.task("latest_only", latestOnly())().before(notified);
 * ```
 */
export function latestOnly(): Branch {
  return createOperator({
    name: "latestOnly",
    templateFields: [],
    fields: {},
    decision: { kind: "latest-only" },
    execute: async () => undefined,
  });
}

/**
 * Follows one side on these days of the week, the other one on others (Airflow:
 * BranchDayOfWeekOperator). The clock's day is that of the DAG's time zone, a logical date's that
 * of UTC.
 *
 * ```ts
 * const isWeekend = dag.task(
 *   "is_weekend",
 *   branchDayOfWeek({
 *     weekDay: ["Saturday", "Sunday"],
 *     followTaskIdsIfTrue: "weekly",
 *     followTaskIdsIfFalse: "daily",
 *     useTaskLogicalDate: true,
 *   }),
 * )();
 * isWeekend.before(weekly, daily);
 * ```
 */
export function branchDayOfWeek(options: BranchDayOfWeekOptions): Branch {
  const days = [options.weekDay].flat().map((given) => {
    const index = WEEK_DAYS.findIndex((day) => day.toLowerCase() === String(given).toLowerCase());
    if (index >= 0) return index + 1;
    const takes = 'names of days such as "Monday"';
    throw wrongArgument("weekDay", "branchDayOfWeek", { takes, given });
  });
  const condition = { kind: "week-day", days: [...new Set(days)], ...dateOf(options) } as const;
  return branch("branchDayOfWeek", condition, options);
}

/**
 * Follows one side between two moments, both included, the other one outside (Airflow:
 * BranchDateTimeOperator). One of the two may be `null`.
 *
 * ```ts
 * const isNight = dag.task(
 *   "is_night",
 *   branchDateTime({
 *     targetLower: "22:00",
 *     targetUpper: "06:00",
 *     followTaskIdsIfTrue: "heavy",
 *     followTaskIdsIfFalse: "light",
 *   }),
 * )();
 * isNight.before(heavy, light);
 * ```
 */
export function branchDateTime(options: BranchDateTimeOptions): Branch {
  const { targetLower: lower, targetUpper: upper } = options;
  if (lower === null && upper === null) {
    throw new TypeError(
      "branchDateTime needs targetLower or targetUpper to compare with, got null for both",
    );
  }
  for (const [name, given] of Object.entries({ targetLower: lower, targetUpper: upper })) {
    if (given === null || parseBound(given) !== undefined) continue;
    const takes = 'ISO text such as "2026-01-31T10:00" or "10:00", or null';
    throw wrongArgument(name, "branchDateTime", { takes, given });
  }
  const condition = {
    kind: "between",
    ...dateOf(options),
    ...(lower === null ? {} : { lower }),
    ...(upper === null ? {} : { upper }),
  } as const;
  return branch("branchDateTime", condition, options);
}

function dateOf({ useTaskLogicalDate = false }: FollowOptions) {
  return { useTaskLogicalDate };
}

function branch(name: string, condition: DateCondition, options: FollowOptions): Branch {
  return createOperator({
    name,
    templateFields: [],
    fields: {},
    decision: {
      kind: "by-date",
      condition,
      ifTrue: [options.followTaskIdsIfTrue].flat(),
      ifFalse: [options.followTaskIdsIfFalse].flat(),
    },
    execute: async () => undefined,
  });
}
