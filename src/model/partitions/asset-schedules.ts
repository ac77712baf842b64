// A schedule on partitions of assets: how their keys map to the partitions of the DAG (Airflow:
// timetables/simple.py PartitionedAssetTimetable).
import type { AssetAliasDocument, AssetCondition, AssetItem } from "../assets/documents.ts";
import { fingerprintOf } from "../ids.ts";
import { toPartitionDate } from "./map-keys.ts";
import type { PartitionMapper } from "./mappers.ts";

/** A run for each partition for which all assets have come. */
export interface PartitionedAssetSchedule {
  readonly kind: "partitioned-assets";
  readonly condition: AssetCondition;
  /** Of assets that aren't mapped by the default. */
  readonly mappers: readonly AssetMapper[];
  readonly defaultMapper: PartitionMapper;
}

export interface AssetMapper {
  readonly asset: Exclude<AssetItem, AssetAliasDocument>;
  readonly mapper: PartitionMapper;
}

/** Names of an asset, or of a reference to one. */
export interface AssetNames {
  readonly name?: string;
  readonly uri?: string;
}

/** The mapper of an asset: by its name, else by its URI; the last one that fits. */
export function mapperOf(
  { mappers, defaultMapper }: Pick<PartitionedAssetSchedule, "mappers" | "defaultMapper">,
  { name, uri }: AssetNames,
): PartitionMapper {
  const byName = mappers.findLast(({ asset }) => "name" in asset && asset.name === name);
  const byUri = mappers.findLast(({ asset }) => "uri" in asset && asset.uri === uri);
  return (byName ?? byUri)?.mapper ?? defaultMapper;
}

/**
 * Names how the schedule maps: what was mapped otherwise before counts no more (Airflow:
 * compute_rollup_fingerprint).
 */
export function rulesIdOf(schedule: PartitionedAssetSchedule): string {
  const rules = itemsOf(schedule.condition).map((item) => [item, mapperOf(schedule, item)]);
  return fingerprintOf(rules);
}

/**
 * Epoch ms of the partition's date where all mappers of times that the schedule has agree on one;
 * undefined where they don't, or none does. Throws PythonError for a key that one of them doesn't
 * write (Airflow: _decode_partition_date).
 */
export function partitionDateIn(
  schedule: PartitionedAssetSchedule,
  partitionKey: string,
): number | undefined {
  const mappers = itemsOf(schedule.condition).map((item) => mapperOf(schedule, item));
  const dates = new Set(mappers.map((mapper) => toPartitionDate(mapper, partitionKey)));
  dates.delete(undefined);
  return dates.size === 1 ? [...dates][0] : undefined;
}

/**
 * What a condition names, but for aliases: what they stand for isn't known before they are used.
 */
function itemsOf(condition: AssetCondition): readonly AssetMapper["asset"][] {
  if ("conditions" in condition) return condition.conditions.flatMap(itemsOf);
  return condition.kind === "alias" ? [] : [condition];
}
