// What aliases and references stand for at the moment: assets that tasks have added through an
// alias, the active asset of a name or a URI.
import type { AssetCondition, AssetItem } from "../../model/assets/documents.ts";
import type { ResolvedAssets } from "../../model/assets/evaluate.ts";
import type { AssetRecord } from "../../model/assets/records.ts";
import { targetOf } from "../../model/assets/references.ts";
import { itemsOfCondition } from "../../model/assets/schedules.ts";
import { type AssetTarget, assetIdText, assetTargetText } from "../../model/ids.ts";
import type { Metadata } from "../../ports/metadata.ts";

type AssetStores = Pick<Metadata, "assets" | "assetAliases" | "assetClaims">;

/** Of all aliases and references of a condition. Assets cost no read. */
export async function resolveCondition(
  metadata: AssetStores,
  condition: AssetCondition,
): Promise<ResolvedAssets> {
  const targets = itemsOfCondition(condition).map(targetOf);
  const resolved = new Map<string, readonly number[]>();
  for (const target of targets) {
    const text = assetTargetText(target);
    if (target.kind !== "asset" && !resolved.has(text)) {
      resolved.set(text, await assetIdsOf(metadata, target));
    }
  }
  return resolved;
}

/** Ids of the assets that the target stands for. */
export async function assetIdsOf(
  metadata: Pick<AssetStores, "assetAliases" | "assetClaims">,
  target: AssetTarget,
): Promise<readonly number[]> {
  if (target.kind === "asset") return [target.id];
  if (target.kind === "alias") {
    return (await metadata.assetAliases.get(assetIdText(target.id)))?.assetIds ?? [];
  }
  const claim = await metadata.assetClaims.get(assetTargetText(target));
  return claim ? [claim.assetId] : [];
}

/** The active asset that an outlet or an inlet names; undefined for none, and for an alias. */
export async function findActiveAsset(
  metadata: AssetStores,
  item: AssetItem,
): Promise<AssetRecord | undefined> {
  if (item.kind === "alias") return undefined;
  const [id] = await assetIdsOf(metadata, targetOf(item));
  const asset = id === undefined ? undefined : await metadata.assets.get(assetIdText(id));
  return asset?.isActive ? asset : undefined;
}
