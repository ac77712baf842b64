// Events of assets for the context of a task: what it says of its outlets is gathered, and what it
// asks for is read by the services.

import { toJsonText } from "../describe/json-text.ts";
import { givenOptions } from "../describe/task-settings.ts";
import type { AssetItem, OutletEvent } from "../model/assets/documents.ts";
import { targetOf } from "../model/assets/references.ts";
import { assetTargetText } from "../model/ids.ts";
import { findPartitionKeyFlaw } from "../model/partitions/mappers.ts";
import type { TaskServices } from "../model/task-services.ts";
import type { JsonObject } from "../model/values/json.ts";
import { type Asset, assetItemOf } from "../sdk/assets/asset.ts";
import type {
  AssetEvent,
  InletEventAccessors,
  OutletEventAccessor,
  OutletEventAccessors,
  TriggeringAssetEvents,
} from "../sdk/assets/events.ts";
import type { TaskRecord } from "../sdk/drawing/graph.ts";
import { isPlainObject } from "../sdk/results.ts";

/** Reads events: those of an inlet by its `assetTargetText`, or those that triggered the run. */
export type ReadAssetEvents = (inlet?: string) => Promise<readonly AssetEvent[]>;

export function createReadAssetEvents(
  services: Pick<TaskServices, "getAssetEvents">,
): ReadAssetEvents {
  return async (inlet) =>
    JSON.parse(await services.getAssetEvents(inlet === undefined ? {} : { inlet }));
}

/** What a try has said of its outlets. */
export interface GatheredOutletEvents extends OutletEventAccessors {
  /** Throws for what is no JSON. */
  gathered(): readonly OutletEvent[];
}

interface OwnAccessor extends OutletEventAccessor {
  readonly item: AssetItem;
  readonly added: { readonly asset: Asset; readonly extra: JsonObject }[];
  readonly partitions: Set<string>;
}

export function createOutletEvents(task: TaskRecord): GatheredOutletEvents {
  const outlets = itemsOf(givenOptions(task).outlets);
  const accessors = new Map<string, OwnAccessor>();
  return {
    get(outlet) {
      const text = textOf(outlet);
      const item = outlets.get(text);
      if (!item) throw notAmong("outlets", outlet, task);
      const known = accessors.get(text) ?? createAccessor(item);
      accessors.set(text, known);
      return known;
    },
    gathered: () => [...accessors.values()].flatMap(eventsOf),
  };
}

function createAccessor(item: AssetItem): OwnAccessor {
  const added: OwnAccessor["added"] = [];
  const partitions = new Set<string>();
  return {
    item,
    added,
    partitions,
    addPartitions(keys) {
      if (item.kind === "alias") {
        throw new TypeError("addPartitions() is for an Asset; an AssetAlias has no partitions");
      }
      for (const key of [keys].flat()) {
        if (typeof key !== "string") throw new TypeError("addPartitions() takes texts");
        const flaw = findPartitionKeyFlaw(key);
        if (flaw !== undefined) throw new TypeError(`addPartitions(): partition_key ${flaw}`);
        partitions.add(key);
      }
    },
    extra: {},
    add(asset, extra = {}) {
      if (item.kind !== "alias") {
        throw new TypeError("add() is for an AssetAlias; of an Asset, set extra");
      }
      if (assetItemOf(asset)?.kind !== "asset") throw new TypeError("add() takes an Asset");
      added.push({ asset, extra });
    },
  };
}

function eventsOf({ item, extra, added, partitions }: OwnAccessor): readonly OutletEvent[] {
  if (item.kind === "alias") {
    return added.map(({ asset: { name, uri, group, extra: own }, extra: told }) => ({
      asset: {
        name,
        uri,
        group,
        ...(Object.keys(own).length > 0 ? { extra: checked(own, name) } : {}),
      },
      alias: item.name,
      extra: checked(told, name),
    }));
  }
  const name = "name" in item ? item.name : item.uri;
  const uri = "uri" in item ? item.uri : item.name;
  const group = item.kind === "asset" ? item.group : "asset";
  const told = checked(extra, name);
  if (Object.keys(told).length === 0 && partitions.size === 0) return [];
  const partitionKeys = partitions.size === 0 ? {} : { partitionKeys: [...partitions] };
  return [{ asset: { name, uri, group }, extra: told, ...partitionKeys }];
}

function checked(extra: unknown, name: string): JsonObject {
  if (!isPlainObject(extra)) {
    throw new TypeError(`extra of asset "${name}" in outletEvents takes an object`);
  }
  const json = toJsonText(extra, "extra");
  if ("error" in json) {
    throw new TypeError(`extra of asset "${name}" in outletEvents takes JSON: ${json.error}`);
  }
  return JSON.parse(json.text ?? "{}");
}

export function createInletEvents(task: TaskRecord, read: ReadAssetEvents): InletEventAccessors {
  const inlets = itemsOf(givenOptions(task).inlets);
  return {
    async get(inlet) {
      const text = textOf(inlet);
      if (!inlets.has(text)) throw notAmong("inlets", inlet, task);
      return read(text);
    },
  };
}

export function createTriggeringEvents(read: ReadAssetEvents): TriggeringAssetEvents {
  let all: Promise<readonly AssetEvent[]> | undefined;
  const readOnce = () => {
    all ??= read();
    return all;
  };
  return {
    all: readOnce,
    async get({ name, uri }) {
      const events = await readOnce();
      return events.filter(({ asset }) => asset.name === name && asset.uri === uri);
    },
  };
}

function itemsOf(given: readonly unknown[] = []): ReadonlyMap<string, AssetItem> {
  const items = given.flatMap((each) => assetItemOf(each) ?? []);
  return new Map(items.map((item) => [assetTargetText(targetOf(item)), item]));
}

function textOf(value: unknown): string {
  const item = assetItemOf(value);
  if (!item) throw new TypeError("get() takes an Asset or an AssetAlias");
  return assetTargetText(targetOf(item));
}

function notAmong(what: "outlets" | "inlets", value: unknown, { taskId }: TaskRecord): TypeError {
  const item = assetItemOf(value);
  const name = item && ("name" in item ? item.name : item.uri);
  return new TypeError(
    `Asset "${name}" is not among the ${what} of task "${taskId}"; add it to ${what}`,
  );
}
