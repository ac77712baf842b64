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

/** Airflow: [scheduler] partition_mapper_max_downstream_keys. */
export const MOST_DOWNSTREAM_KEYS = 1_000;

/** Characters of a partition key at most (Airflow: ID_LEN). */
const MAX_PARTITION_KEY_LENGTH = 250;

/** What keeps a text from being a partition key, as the end of a sentence; undefined if nothing. */
export function findPartitionKeyFlaw(key: string): string | undefined {
  if (key.trim() === "") return "must not be empty or whitespace-only.";
  if (key.length <= MAX_PARTITION_KEY_LENGTH) return undefined;
  return `must be at most ${MAX_PARTITION_KEY_LENGTH} characters; got ${key.length}.`;
}
