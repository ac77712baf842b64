// Which events the success of a task instance makes, from what it says of its outlets (Airflow:
// register_asset_changes_in_db). The code of a task can say anything: only its own outlets count.
import { assetEventKey, assetIdOf } from "../ids.ts";
import { findPartitionKeyFlaw } from "../partitions/mappers.ts";
import type { TaskInstanceKey } from "../records.ts";
import type { JsonObject } from "../values/json.ts";
import type { AssetAliasDocument, AssetItem, OutletEvent } from "./documents.ts";
import type { AssetEventRecord, AssetRecord, PendingAssetEvent } from "./records.ts";

/** Longest JSON text of all that a try says of its outlets, in bytes of UTF-8. */
const MAX_OUTLET_EVENTS_BYTES = 128 * 1024;

/** An outlet that is an asset, with the active asset that it names. */
export interface FoundOutlet {
  readonly item: Exclude<AssetItem, AssetAliasDocument>;
  /** Absent: there is none, so that it has no event. */
  readonly asset?: AssetRecord;
}

export interface OutletFacts {
  readonly key: TaskInstanceKey;
  readonly tryNumber: number;
  /** When the task succeeded, UTC ISO text. */
  readonly timestamp: string;
  readonly outlets: readonly FoundOutlet[];
  /** Names of the aliases among the outlets. */
  readonly aliases: readonly string[];
  readonly events: readonly OutletEvent[];
  /** The partition of the run; absent where it is for none. */
  readonly partition?: EventPartitionNames;
}

type EventPartitionNames = Pick<AssetEventRecord, "partitionKey" | "partitionDate">;

/**
 * One event for each outlet that is an asset, and one for each asset that was added through
 * aliases: the same asset with the same extra counts once, whatever the aliases.
 */
export function outletEventsOf(facts: OutletFacts): readonly PendingAssetEvent[] {
  const { key, tryNumber, timestamp, partition = {} } = facts;
  const { dagId, runId, taskId, mapIndex } = key;
  const source = { dagId, runId, taskId, mapIndex };
  const found: PendingAssetEvent[] = [];
  function add(
    assetId: number,
    extra: JsonObject,
    through: Pick<PendingAssetEvent, "asset"> & {
      readonly aliases?: readonly string[];
      readonly of?: EventPartitionNames;
    } = {},
  ): void {
    const { aliases, asset, of = partition } = through;
    const name = [dagId, runId, taskId, mapIndex, tryNumber, found.length];
    found.push({
      event: {
        key: assetEventKey(timestamp, name),
        assetId,
        timestamp,
        extra,
        source,
        ...(aliases ? { aliases } : {}),
        ...of,
      },
      ...(asset ? { asset } : {}),
    });
  }

  const own = new Set<number>();
  for (const { item, asset } of facts.outlets) {
    if (!asset || own.has(asset.id)) continue;
    own.add(asset.id);
    const { extra = {}, partitionKeys = [] } = toldOf(facts.events, item, asset) ?? {};
    if (partitionKeys.length === 0) add(asset.id, extra);
    for (const each of new Set(partitionKeys)) add(asset.id, extra, { of: named(each, partition) });
  }
  for (const { event, aliases } of throughAliases(facts)) {
    const { name, uri, group, extra } = event.asset;
    const asset = { kind: "asset", name, uri, group, ...(extra ? { extra } : {}) } as const;
    add(assetIdOf(asset), event.extra, { aliases, asset });
  }
  return found;
}

/** The run's date is that of its own partition only. */
function named(partitionKey: string, ofRun: EventPartitionNames): EventPartitionNames {
  return partitionKey === ofRun.partitionKey ? ofRun : { partitionKey };
}

/** What the task has said of an outlet of its own; the last counts. */
function toldOf(
  events: readonly OutletEvent[],
  item: FoundOutlet["item"],
  { name, uri }: AssetRecord,
): OutletEvent | undefined {
  const own = events.filter(({ alias }) => alias === undefined);
  const isMeant = ({ asset }: OutletEvent): boolean => {
    if (item.kind === "name-ref") return asset.name === name;
    return item.kind === "uri-ref"
      ? asset.uri === uri
      : asset.name === item.name && asset.uri === item.uri;
  };
  return own.findLast(isMeant);
}

function throughAliases({ events, aliases }: OutletFacts) {
  const groups = new Map<string, { readonly event: OutletEvent; readonly aliases: string[] }>();
  for (const event of events) {
    if (event.alias === undefined || !aliases.includes(event.alias)) continue;
    const { name, uri } = event.asset;
    const text = JSON.stringify([name, uri, event.asset.extra ?? {}, event.extra]);
    const group = groups.get(text) ?? { event, aliases: [] };
    if (!group.aliases.includes(event.alias)) group.aliases.push(event.alias);
    groups.set(text, group);
  }
  return groups.values();
}

/** What keeps an asset that a task has named from having an event; undefined if nothing does. */
export function findOutletFlaw(events: readonly OutletEvent[]): string | undefined {
  for (const { asset, partitionKeys = [] } of events) {
    const flaw = partitionKeys.map(findPartitionKeyFlaw).find(Boolean);
    if (flaw !== undefined) return `Asset "${asset.name}" in outletEvents: partition_key ${flaw}`;
  }
  const sizeBytes = new TextEncoder().encode(JSON.stringify(events)).length;
  if (sizeBytes <= MAX_OUTLET_EVENTS_BYTES) return undefined;
  return `outletEvents have ${sizeBytes} bytes of JSON in all; they may have ${MAX_OUTLET_EVENTS_BYTES}`;
}
