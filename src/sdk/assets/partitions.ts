// Partitions as an author writes them: how keys of assets map to the runs of a DAG, with Airflow's
// mappers, windows and wait policies as functions of their names.
import {
  DEFAULT_FAN_OUT_PERIODS,
  DEFAULT_INPUT_FORMAT,
  DEFAULT_OUTPUT_FORMATS,
  type Direction,
  IDENTITY_MAPPER,
  type PartitionMapper,
  type PartitionWindow,
  type Period,
  type WaitPolicy,
} from "../../model/partitions/mappers.ts";

export interface MapperOptions {
  /** A key that gives more target keys is left out; 1,000 by default. */
  readonly maxDownstreamKeys?: number;
}

export interface TemporalMapperOptions extends MapperOptions {
  /** IANA name; of keys without an offset, and of the period. "UTC" by default. */
  readonly timezone?: string;
  /** Format of the asset's keys (strptime); "%Y-%m-%dT%H:%M:%S" by default. */
  readonly inputFormat?: string;
  /** Format of the target keys (strftime). */
  readonly outputFormat?: string;
}

/**
 * Target keys are the keys themselves (Airflow: IdentityMapper); what counts where none is named.
 */
export function identityMapper(options: MapperOptions = {}): PartitionMapper {
  return { ...IDENTITY_MAPPER, ...options };
}

function startOf(period: Period, options: TemporalMapperOptions): PartitionMapper {
  const { timezone = "UTC", inputFormat = DEFAULT_INPUT_FORMAT, ...others } = options;
  const outputFormat = DEFAULT_OUTPUT_FORMATS[period];
  return { kind: "start-of", period, timezone, inputFormat, outputFormat, ...others };
}

/**
 * "2026-01-31T10:42:15" → "2026-01-31T10" (Airflow: StartOfHourMapper).
 *
 * ```ts
 * partitionedAsset(stats, { defaultPartitionMapper: startOfHourMapper() });
 * ```
 */
export function startOfHourMapper(options: TemporalMapperOptions = {}): PartitionMapper {
  return startOf("hour", options);
}

/** "2026-01-31T10:42:15" → "2026-01-31" (Airflow: StartOfDayMapper). */
export function startOfDayMapper(options: TemporalMapperOptions = {}): PartitionMapper {
  return startOf("day", options);
}

/** "2026-01-31T10:42:15" → "2026-01-26 (W05)", the Monday (Airflow: StartOfWeekMapper). */
export function startOfWeekMapper(options: TemporalMapperOptions = {}): PartitionMapper {
  return startOf("week", options);
}

/** "2026-01-31T10:42:15" → "2026-01" (Airflow: StartOfMonthMapper). */
export function startOfMonthMapper(options: TemporalMapperOptions = {}): PartitionMapper {
  return startOf("month", options);
}

/**
 * "2026-01-31T10:42:15" → "2026-Q1"; the format also takes `{quarter}` (Airflow:
 * StartOfQuarterMapper).
 */
export function startOfQuarterMapper(options: TemporalMapperOptions = {}): PartitionMapper {
  return startOf("quarter", options);
}

/** "2026-01-31T10:42:15" → "2026" (Airflow: StartOfYearMapper). */
export function startOfYearMapper(options: TemporalMapperOptions = {}): PartitionMapper {
  return startOf("year", options);
}

/**
 * Maps each part of a key by a mapper of its own (Airflow: ProductMapper). The delimiter is "|" by
 * default.
 *
 * ```ts
 * productMapper([identityMapper(), startOfDayMapper()]); // "eu|2026-01-31T03:00:00" → "eu|2026-01-31"
 * ```
 */
export function productMapper(
  mappers: readonly [PartitionMapper, PartitionMapper, ...PartitionMapper[]],
  { delimiter = "|", ...options }: MapperOptions & { readonly delimiter?: string } = {},
): PartitionMapper {
  return { kind: "product", mappers, delimiter, ...options };
}

/**
 * Applies mappers one after the other (Airflow: ChainMapper).
 *
 * ```ts
 * chainMapper([startOfHourMapper(), startOfDayMapper({ inputFormat: "%Y-%m-%dT%H" })]);
 * ```
 */
export function chainMapper(
  mappers: readonly [PartitionMapper, PartitionMapper, ...PartitionMapper[]],
  options: MapperOptions = {},
): PartitionMapper {
  return { kind: "chain", mappers, ...options };
}

/**
 * Takes these keys and no others (Airflow: AllowedKeyMapper).
 *
 * ```ts
 * allowedKeyMapper(["us", "eu", "apac"]);
 * ```
 */
export function allowedKeyMapper(
  allowedKeys: readonly string[],
  options: MapperOptions = {},
): PartitionMapper {
  return { kind: "allowed-key", allowedKeys, ...options };
}

/** Every key has the same target key (Airflow: FixedKeyMapper). */
export function fixedKeyMapper(
  downstreamKey: string,
  options: MapperOptions = {},
): PartitionMapper {
  return { kind: "fixed-key", downstreamKey, ...options };
}

export interface RollupMapperOptions extends MapperOptions {
  /** Gives each key its target key. */
  readonly upstreamMapper: PartitionMapper;
  /** The keys that a target key is made of. */
  readonly window: PartitionWindow;
  /** `waitForAll()` by default. */
  readonly waitPolicy?: WaitPolicy;
}

/**
 * One run for many keys: it waits for all that the window has (Airflow: RollupMapper).
 *
 * ```ts
 * rollupMapper({ upstreamMapper: startOfDayMapper(), window: dayWindow() }); // 24 hours → a day
 * ```
 */
export function rollupMapper({
  upstreamMapper,
  window,
  waitPolicy = waitForAll(),
  ...options
}: RollupMapperOptions): PartitionMapper {
  return { kind: "rollup", upstreamMapper, window, waitPolicy, ...options };
}

export interface FanOutMapperOptions extends MapperOptions {
  /** Gives the period that the key stands for. */
  readonly upstreamMapper: PartitionMapper;
  /** The members of that period. */
  readonly window: PartitionWindow;
  /**
   * Writes each member's key. By default the hours of a day, the days of a week or month, the
   * months of a quarter or year.
   */
  readonly downstreamMapper?: PartitionMapper;
}

/**
 * Many runs for one key (Airflow: FanOutMapper). Throws where the window has no default for
 * `downstreamMapper` and none is given.
 *
 * ```ts
 * fanOutMapper({ upstreamMapper: startOfWeekMapper(), window: weekWindow() }); // a week → 7 days
 * ```
 */
export function fanOutMapper({
  upstreamMapper,
  window,
  downstreamMapper = defaultDownstreamMapper(window),
  ...options
}: FanOutMapperOptions): PartitionMapper {
  return { kind: "fan-out", upstreamMapper, window, downstreamMapper, ...options };
}

function defaultDownstreamMapper(window: PartitionWindow): PartitionMapper {
  const period = DEFAULT_FAN_OUT_PERIODS[window.kind];
  if (period !== undefined) return startOf(period, {});
  const name = `${window.kind}Window()`;
  throw new TypeError(`fanOutMapper() needs a downstreamMapper where the window is ${name}`);
}

export interface WindowOptions {
  /** "forward" by default: the period from its start on; "backward": the steps up to its start. */
  readonly direction?: Direction;
}

function windowOf(kind: Period, { direction = "forward" }: WindowOptions): PartitionWindow {
  return { kind, direction };
}

/** The 60 minutes of an hour (Airflow: HourWindow). */
export function hourWindow(options: WindowOptions = {}): PartitionWindow {
  return windowOf("hour", options);
}

/** The 24 hours of a day, on the clock: whatever the time zone does (Airflow: DayWindow). */
export function dayWindow(options: WindowOptions = {}): PartitionWindow {
  return windowOf("day", options);
}

/** The 7 days of a week (Airflow: WeekWindow). */
export function weekWindow(options: WindowOptions = {}): PartitionWindow {
  return windowOf("week", options);
}

/** The days of a month (Airflow: MonthWindow). */
export function monthWindow(options: WindowOptions = {}): PartitionWindow {
  return windowOf("month", options);
}

/** The 3 months of a quarter (Airflow: QuarterWindow). */
export function quarterWindow(options: WindowOptions = {}): PartitionWindow {
  return windowOf("quarter", options);
}

/** The 12 months of a year (Airflow: YearWindow). */
export function yearWindow(options: WindowOptions = {}): PartitionWindow {
  return windowOf("year", options);
}

/**
 * Listed keys (Airflow: SegmentWindow).
 *
 * ```ts
 * rollupMapper({ upstreamMapper: fixedKeyMapper("all"), window: segmentWindow(["us", "eu"]) });
 * ```
 */
export function segmentWindow(segments: readonly string[]): PartitionWindow {
  return { kind: "segment", segments };
}

/** A rollup waits for each key of its window (Airflow: WaitForAll). */
export function waitForAll(): WaitPolicy {
  return { kind: "wait-for-all" };
}

/** A rollup waits for `n` keys; below 0, until so many are missing (Airflow: MinimumCount). */
export function minimumCount(n: number): WaitPolicy {
  return { kind: "minimum-count", n };
}
