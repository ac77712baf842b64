// Schedules as an author writes them: presets, cron texts, and Airflow's timetables as functions of
// their name.

import type { PartitionMapper } from "../model/partitions/mappers.ts";
import type { Duration } from "../model/values/durations.ts";
import type { AssetExpression } from "./assets/asset.ts";

/** Airflow's presets. */
export type SchedulePreset =
  | "@once"
  | "@continuous"
  | "@hourly"
  | "@daily"
  | "@weekly"
  | "@monthly"
  | "@quarterly"
  | "@yearly";

/**
 * A schedule that a function of this module made; the document's form with durations as written.
 */
export type Timetable =
  | {
      readonly kind: "cron";
      readonly cron: string;
      readonly interval?: Duration;
      readonly runImmediately?: boolean | Duration;
    }
  | {
      readonly kind: "multi-cron";
      readonly crons: readonly string[];
      readonly interval?: Duration;
      readonly runImmediately?: boolean | Duration;
    }
  | { readonly kind: "cron-data-interval"; readonly cron: string }
  | ({ readonly kind: "cron-partition"; readonly cron: string } & CronPartitionOptions)
  | { readonly kind: "partitioned-at-runtime" }
  | { readonly kind: "delta"; readonly delta: Duration; readonly interval?: Duration }
  | { readonly kind: "delta-data-interval"; readonly delta: Duration }
  | { readonly kind: "events"; readonly dates: readonly string[] };

/** A preset, a cron text of 5 or 6 fields, a fixed distance, once, or a timetable. */
export type TimeScheduleInput =
  | SchedulePreset
  | (string & NonNullable<unknown>)
  | { readonly every: Duration }
  | { readonly once: true }
  | Timetable;

/**
 * `null` for none; a schedule by time; or assets, of which a list means all.
 */
export type ScheduleInput =
  | null
  | TimeScheduleInput
  | AssetExpression
  | readonly AssetExpression[]
  | AssetOrTimeSchedule
  | PartitionedAssetSchedule;

/** A schedule that `assetOrTime` made. */
export interface AssetOrTimeSchedule {
  readonly kind: "asset-or-time";
  readonly timetable: TimeScheduleInput;
  readonly assets: AssetExpression | readonly AssetExpression[];
}

export interface CronTriggerOptions {
  /** Length of the data interval that ends at each tick; 0 by default. */
  readonly interval?: Duration;
  /**
   * Whether a DAG without start date and runs runs its latest past tick: always, never, or if so
   * recent.
   */
  readonly runImmediately?: boolean | Duration;
}

/**
 * A run at each tick; what a plain cron text means (Airflow: CronTriggerTimetable).
 *
 * ```ts
 * new Dag("report", { schedule: cronTrigger("0 6 * * *", { interval: "1 day" }) });
 * ```
 */
export function cronTrigger(cron: string, options: CronTriggerOptions = {}): Timetable {
  return { kind: "cron", cron, ...options };
}

/**
 * A run at each tick of any of several crons (Airflow: MultipleCronTriggerTimetable).
 *
 * ```ts
 * new Dag("report", { schedule: multipleCronTrigger(["0 6 * * 1-5", "0 9 * * 6,0"]) });
 * ```
 */
export function multipleCronTrigger(
  crons: readonly string[],
  options: CronTriggerOptions = {},
): Timetable {
  return { kind: "multi-cron", crons, ...options };
}

/**
 * A run per interval between two ticks, made when the interval is over (Airflow:
 * CronDataIntervalTimetable).
 *
 * ```ts
 * new Dag("load", { schedule: cronDataInterval("0 0 * * *"), startDate: "2026-01-01" });
 * ```
 */
export function cronDataInterval(cron: string): Timetable {
  return { kind: "cron-data-interval", cron };
}

export interface CronPartitionOptions extends Pick<CronTriggerOptions, "runImmediately"> {
  /**
   * The partition of a run is that of the tick so many ticks later; below 0, earlier; 0 by default.
   */
  readonly runOffset?: number;
  /** strftime format of keys, in the DAG's time zone; "%Y-%m-%dT%H:%M:%S" by default. */
  readonly keyFormat?: string;
}

/**
 * A run at each tick for the partition of the tick, or of one nearby. Such runs have a
 * `partitionKey`, and neither logical date nor data interval (Airflow: CronPartitionTimetable).
 *
 * ```ts
 * new Dag("ingest", { schedule: cronPartition("0 * * * *", { keyFormat: "%Y-%m-%dT%H" }) });
 * ```
 */
export function cronPartition(cron: string, options: CronPartitionOptions = {}): Timetable {
  return { kind: "cron-partition", cron, ...options };
}

/**
 * Runs only when triggered, if need be with a partition key; tasks say for which partitions of
 * their assets they have worked (Airflow: PartitionedAtRuntime).
 *
 * ```ts
 * new Dag("ingest_region", { schedule: partitionedAtRuntime() });
 * ```
 */
export function partitionedAtRuntime(): Timetable {
  return { kind: "partitioned-at-runtime" };
}

/** A schedule that `partitionedAsset` made. */
export interface PartitionedAssetSchedule extends PartitionedAssetOptions {
  readonly kind: "partitioned-assets";
  readonly assets: AssetExpression | readonly AssetExpression[];
}

export interface PartitionedAssetOptions {
  /** Pairs of an asset and its mapper; a Map is one, too. */
  readonly partitionMapperConfig?: Iterable<readonly [AssetExpression, PartitionMapper]>;
  /** Maps all other assets; `identityMapper()` by default. */
  readonly defaultPartitionMapper?: PartitionMapper;
}

/**
 * A run for each partition for which the assets have come: their keys are mapped to that of the
 * run, which waits until all of them have given the same (Airflow: PartitionedAssetTimetable).
 *
 * ```ts
 * new Dag("combine", {
 *   schedule: partitionedAsset(orders.and(refunds), { defaultPartitionMapper: startOfHourMapper() }),
 * });
 * ```
 */
export function partitionedAsset(
  assets: AssetExpression | readonly AssetExpression[],
  options: PartitionedAssetOptions = {},
): PartitionedAssetSchedule {
  return { kind: "partitioned-assets", assets, ...options };
}

/**
 * A run every so often, counted from the start date; what `{ every }` means (Airflow:
 * DeltaTriggerTimetable).
 *
 * ```ts
 * new Dag("poll", { schedule: deltaTrigger("10 minutes") });
 * ```
 */
export function deltaTrigger(
  delta: Duration,
  options: Pick<CronTriggerOptions, "interval"> = {},
): Timetable {
  return { kind: "delta", delta, ...options };
}

/**
 * A run per interval of a fixed length, made when the interval is over (Airflow:
 * DeltaDataIntervalTimetable).
 *
 * ```ts
 * new Dag("load", { schedule: deltaDataInterval("1 day"), startDate: "2026-01-01" });
 * ```
 */
export function deltaDataInterval(delta: Duration): Timetable {
  return { kind: "delta-data-interval", delta };
}

/**
 * A run at each of the listed moments, ISO texts as `startDate` (Airflow: EventsTimetable).
 *
 * ```ts
 * new Dag("launch", { schedule: events(["2026-03-01T09:00", "2026-06-01T09:00"]) });
 * ```
 */
export function events(dates: readonly string[]): Timetable {
  return { kind: "events", dates };
}

/**
 * Runs by time, and besides whenever assets were changed (Airflow: AssetOrTimeSchedule).
 *
 * ```ts
 * new Dag("report", { schedule: assetOrTime({ timetable: "0 6 * * *", assets: [orders] }) });
 * ```
 */
export function assetOrTime(
  schedule: Pick<AssetOrTimeSchedule, "timetable" | "assets">,
): AssetOrTimeSchedule {
  return { kind: "asset-or-time", ...schedule };
}
