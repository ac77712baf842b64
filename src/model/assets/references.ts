// What a DAG's document refers to: assets and aliases by their use.
import type { DagDocument } from "../document.ts";
import { type AssetTarget, assetAliasIdOf, assetIdOf } from "../ids.ts";
import type { AssetAliasDocument, AssetDocument, AssetItem } from "./documents.ts";
import type { AssetUse } from "./records.ts";
import { assetConditionOf, itemsOfCondition } from "./schedules.ts";

export interface AssetReference {
  readonly target: AssetTarget;
  readonly use: AssetUse;
  readonly taskIds: readonly string[];
  /** Of a schedule on partitions of the asset. */
  readonly isPartitioned?: true;
}

/** What a document has of assets. */
export interface DocumentAssets {
  readonly assets: readonly AssetDocument[];
  readonly aliases: readonly AssetAliasDocument[];
  readonly references: readonly AssetReference[];
  readonly isScheduled: boolean;
}

const known = new WeakMap<DagDocument, DocumentAssets>();

/** Found once per document. */
export function assetsOfDocument(document: DagDocument): DocumentAssets {
  let found = known.get(document);
  if (!found) {
    found = findAssets(document);
    known.set(document, found);
  }
  return found;
}

/** What an outlet, an inlet or a part of a schedule refers to. */
export function targetOf(item: AssetItem): AssetTarget {
  switch (item.kind) {
    case "asset":
      return { kind: "asset", id: assetIdOf(item) };
    case "alias":
      return { kind: "alias", id: assetAliasIdOf(item.name) };
    case "name-ref":
      return { kind: "name", name: item.name };
    case "uri-ref":
      return { kind: "uri", uri: item.uri };
  }
}

function findAssets(document: DagDocument): DocumentAssets {
  const condition = assetConditionOf(document.schedule);
  const scheduled = condition ? itemsOfCondition(condition) : [];
  const isPartitioned = document.schedule.kind === "partitioned-assets";
  const uses: { readonly use: AssetUse; readonly item: AssetItem; readonly taskId?: string }[] = [
    ...scheduled.map((item) => ({ use: "schedule", item }) as const),
    ...document.tasks.flatMap(({ taskId, outlets = [], inlets = [] }) => [
      ...outlets.map((item) => ({ use: "outlet", item, taskId }) as const),
      ...inlets.map((item) => ({ use: "inlet", item, taskId }) as const),
    ]),
  ];
  const assets = new Map<number, AssetDocument>();
  const aliases = new Map<string, AssetAliasDocument>();
  const references = new Map<string, { target: AssetTarget; use: AssetUse; taskIds: string[] }>();
  for (const { use, item, taskId } of uses) {
    if (item.kind === "asset") assets.set(assetIdOf(item), assets.get(assetIdOf(item)) ?? item);
    if (item.kind === "alias") aliases.set(item.name, aliases.get(item.name) ?? item);
    const target = targetOf(item);
    const key = JSON.stringify([target, use]);
    const reference = references.get(key) ?? { target, use, taskIds: [] };
    if (taskId !== undefined && !reference.taskIds.includes(taskId)) reference.taskIds.push(taskId);
    references.set(key, reference);
  }
  return {
    assets: [...assets.values()],
    aliases: [...aliases.values()],
    references: [...references.values()].map((reference) =>
      isPartitioned && reference.use === "schedule" ? { ...reference, isPartitioned } : reference,
    ),
    isScheduled: condition !== undefined,
  };
}
