// Records events of assets and queues them for the DAGs that wait for these. A task's events are in
// its own record from its success on, so that whoever comes after a call that died finds them.
import type { AssetDocument } from "../../model/assets/documents.ts";
import type { AssetEventRecord } from "../../model/assets/records.ts";
import {
  type AssetTarget,
  assetAliasIdOf,
  assetIdOf,
  assetIdText,
  assetReferenceKey,
} from "../../model/ids.ts";
import { instanceKey } from "../../model/instance-key.ts";
import type { DagRecord, TaskInstanceRecord } from "../../model/records.ts";
import type { EventReader } from "../../ports/asset-events.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import { partitionReaders } from "../partitions/partition-readers.ts";
import { addUnknownAsset } from "./activate-assets.ts";
import { wakeReaders } from "./wake-readers.ts";

export type RecordContext = Pick<Platform, "metadata" | "triggers" | "clock" | "report">;

/**
 * Records the events of a task instance that has succeeded; then its record has them no more. Costs
 * nothing where there are none. Repeating is safe.
 */
export async function recordOutletEvents(
  context: RecordContext,
  known: TaskInstanceRecord,
): Promise<void> {
  const { assetEvents = [], state, tryNumber, pokes } = known;
  if (assetEvents.length === 0) return;
  for (const { event, asset } of assetEvents) {
    if (asset) await addThroughAliases(context, asset, event.aliases ?? []);
    await recordEvent(context, event);
  }
  await context.metadata.taskInstances.update({
    key: instanceKey(known, known),
    from: [state],
    tryNumber,
    ...(pokes === undefined ? {} : { pokes }),
    set: { assetEvents: undefined },
  });
}

/** Records one event and wakes the DAGs that wait for it. Repeating is safe. */
export async function recordEvent(context: RecordContext, event: AssetEventRecord): Promise<void> {
  const readers = await findReaders(context, event);
  await context.metadata.assetEvents.record(event, readers);
  const waiting = readers.filter(({ isPassive }) => !isPassive).map(({ dagId }) => dagId);
  await wakeReaders(context, [...new Set(waiting)]);
}

/** Of each DAG that waits for the asset, in whichever way. */
async function findReaders(
  context: RecordContext,
  event: AssetEventRecord,
): Promise<readonly EventReader[]> {
  const { metadata } = context;
  const readers = new Map<string, readonly EventReader[]>();
  for (const target of await targetsOf(metadata, event)) {
    const prefix = assetReferenceKey(target, "schedule");
    for await (const { dagId, isPartitioned } of itemsOf((page) =>
      metadata.assetReferences.list({ ...page, prefix }),
    )) {
      if (readers.has(dagId)) continue;
      const dag = await metadata.dags.get(dagId);
      if (!dag || dag.isStale) continue;
      readers.set(
        dagId,
        isPartitioned ? await partitionReaders(context, dag, event) : readersOf(dag, event),
      );
    }
  }
  return [...readers.values()].flat();
}

/** Of a DAG without partitions: an event of a partition is not for it, as in Airflow. */
function readersOf(
  { dagId, isPaused }: DagRecord,
  { partitionKey }: AssetEventRecord,
): readonly EventReader[] {
  if (partitionKey !== undefined) return [];
  return [isPaused ? { dagId, isPassive: true } : { dagId }];
}

async function targetsOf(
  metadata: Platform["metadata"],
  { assetId, aliases = [] }: AssetEventRecord,
): Promise<readonly AssetTarget[]> {
  const asset = await metadata.assets.get(assetIdText(assetId));
  return [
    { kind: "asset", id: assetId },
    ...(asset ? [{ kind: "name", name: asset.name } as const] : []),
    ...(asset ? [{ kind: "uri", uri: asset.uri } as const] : []),
    ...aliases.map((name) => ({ kind: "alias", id: assetAliasIdOf(name) }) as const),
  ];
}

/** The asset is one of those that the aliases stand for from now on. */
async function addThroughAliases(
  context: RecordContext,
  asset: AssetDocument,
  aliases: readonly string[],
): Promise<void> {
  const { assetAliases } = context.metadata;
  await addUnknownAsset(context, asset);
  const assetId = assetIdOf(asset);
  for (const name of aliases) {
    const id = assetAliasIdOf(name);
    for (;;) {
      const stored = await assetAliases.get(assetIdText(id));
      const { group = "asset", assetIds = [] } = stored ?? {};
      if (assetIds.includes(assetId)) break;
      const alias = { id, name, group, assetIds: [...assetIds, assetId] };
      if (await assetAliases.put(alias, { revision: stored?.revision ?? "" })) break;
    }
  }
}
