// Partition mappers as the document has them: data that map-keys.ts works by (Airflow:
// partition_mappers/). A mapper says to which target keys a partition of an asset belongs.

/** Temporal mappers, by the period whose start they give. */
export const PERIODS = ["hour", "day", "week", "month", "quarter", "year"] as const;
export type Period = (typeof PERIODS)[number];

/** Where the window of a period lies: from the period's start on, or up to it. */
export type Direction = "forward" | "backward";

/** The keys that make up one target key: steps of time in a period, or listed texts. */
export type PartitionWindow =
  | { readonly kind: Period; readonly direction: Direction }
  | { readonly kind: "segment"; readonly segments: readonly string[] };

/** When a rollup has enough of its keys. `n` below 0: so many may be missing. */
export type WaitPolicy =
  | { readonly kind: "wait-for-all" }
  | { readonly kind: "minimum-count"; readonly n: number };

/** Reads a key as a time and writes the start of the period that it lies in. */
export interface TemporalMapper {
  readonly kind: "start-of";
  readonly period: Period;
  /** IANA name; of keys without an offset, and of the period. */
  readonly timezone: string;
  readonly inputFormat: string;
  readonly outputFormat: string;
}

/** Waits for all keys of a window before the target key is complete. */
export interface RollupMapper {
  readonly kind: "rollup";
  readonly upstreamMapper: PartitionMapper;
  readonly window: PartitionWindow;
  readonly waitPolicy: WaitPolicy;
}

export type PartitionMapper = {
  /** A key that gives more target keys than this is left out; 1,000 when absent. */
  readonly maxDownstreamKeys?: number;
} & (
  | { readonly kind: "identity" }
  | TemporalMapper
  | {
      readonly kind: "product";
      /** One for each part of the key. */
      readonly mappers: readonly PartitionMapper[];
      readonly delimiter: string;
    }
  | { readonly kind: "chain"; readonly mappers: readonly PartitionMapper[] }
  | { readonly kind: "allowed-key"; readonly allowedKeys: readonly string[] }
  | { readonly kind: "fixed-key"; readonly downstreamKey: string }
  | RollupMapper
  | {
      readonly kind: "fan-out";
      readonly upstreamMapper: PartitionMapper;
      readonly window: PartitionWindow;
      readonly downstreamMapper: PartitionMapper;
    }
);

/** What an asset schedule maps by where nothing else is said. */
export const IDENTITY_MAPPER: PartitionMapper = { kind: "identity" };

/** Airflow: [scheduler] partition_mapper_max_downstream_keys. */
export const MOST_DOWNSTREAM_KEYS = 1_000;

/** Characters of a partition key at most (Airflow: ID_LEN). */
export const MAX_PARTITION_KEY_LENGTH = 250;

/** The format of keys that a temporal mapper reads where none is said. */
export const DEFAULT_INPUT_FORMAT = "%Y-%m-%dT%H:%M:%S";

/** What each temporal mapper writes where no format is said. */
export const DEFAULT_OUTPUT_FORMATS: Readonly<Record<Period, string>> = {
  hour: "%Y-%m-%dT%H",
  day: "%Y-%m-%d",
  week: "%Y-%m-%d (W%V)",
  month: "%Y-%m",
  quarter: "%Y-Q{quarter}",
  year: "%Y",
};

/**
 * The period whose mapper writes the keys of a fan-out over the window; undefined where one must be
 * named.
 */
export const DEFAULT_FAN_OUT_PERIODS: Readonly<
  Record<PartitionWindow["kind"], Period | undefined>
> = {
  hour: undefined,
  day: "hour",
  week: "day",
  month: "day",
  quarter: "month",
  year: "month",
  segment: undefined,
};

/**
 * What a mapper's target keys stand for: moments, or texts alone (Airflow: expected_decoded_type).
 */
export function decodesTo({ kind }: PartitionMapper): "moment" | "text" {
  return kind === "start-of" ? "moment" : "text";
}

/** What the members of a window are. */
export function windowOf({ kind }: PartitionWindow): "moment" | "text" {
  return kind === "segment" ? "text" : "moment";
}

/** What keeps a text from being a partition key, as the end of a sentence; undefined if nothing. */
export function findPartitionKeyFlaw(key: string): string | undefined {
  if (key.trim() === "") return "must not be empty or whitespace-only.";
  if (key.length <= MAX_PARTITION_KEY_LENGTH) return undefined;
  return `must be at most ${MAX_PARTITION_KEY_LENGTH} characters; got ${key.length}.`;
}
