// For which partitions of a DAG an event of an asset is (Airflow: assets/manager.py,
// _queue_partitioned_dags). What can't be mapped is told, and queued for none.
import type { AssetEventRecord } from "../../model/assets/records.ts";
import { assetIdText } from "../../model/ids.ts";
import { mapperOf, rulesIdOf } from "../../model/partitions/asset-schedules.ts";
import { mapKey } from "../../model/partitions/map-keys.ts";
import type { DagRecord } from "../../model/records.ts";
import type { EventReader } from "../../ports/asset-events.ts";
import type { Platform } from "../../ports/platform.ts";

export type ReaderContext = Pick<Platform, "metadata"> & {
  readonly report: Pick<Platform["report"], "warn">;
};

/** None for a DAG that is paused, or whose schedule has no partitions of assets any more. */
export async function partitionReaders(
  { metadata, report }: ReaderContext,
  { dagId, versionHash, isPaused }: DagRecord,
  event: AssetEventRecord,
): Promise<readonly EventReader[]> {
  const version = isPaused ? undefined : await metadata.versions.get(dagId, versionHash);
  const schedule = version?.document.schedule;
  if (schedule?.kind !== "partitioned-assets") return [];
  const { assetId, partitionKey, partitionDate } = event;
  const asset = await metadata.assets.get(assetIdText(assetId));
  if (partitionKey === undefined) {
    report.warn(
      `DAG "${dagId}" waits for partitions of asset "${asset?.name}", and ${sourceOf(event)} has no partition key`,
    );
    return [];
  }
  const mapped = mapKey(mapperOf(schedule, asset ?? {}), partitionKey);
  if ("problem" in mapped) {
    report.warn(
      `DAG "${dagId}" can't map partition key "${partitionKey}" of asset "${asset?.name}", of ${sourceOf(event)}: ${mapped.problem}`,
    );
    return [];
  }
  const date = partitionDate === undefined ? {} : { date: partitionDate };
  const source = { key: partitionKey, ...date, rules: rulesIdOf(schedule) };
  return mapped.keys.map((key) => ({ dagId, partitionKey: key, source }));
}

function sourceOf({ source, key }: AssetEventRecord): string {
  if (!source) return `an event from outside (${key})`;
  return `the event of task "${source.taskId}" in run "${source.runId}" of DAG "${source.dagId}"`;
}
