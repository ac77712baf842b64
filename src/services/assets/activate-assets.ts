// Which assets are active: those that some DAG names, one for each name and each URI (Airflow:
// _activate_referenced_assets, _orphan_unreferenced_assets).
import type { AssetDocument } from "../../model/assets/documents.ts";
import type { AssetRecord } from "../../model/assets/records.ts";
import { assetIdOf, assetIdText, assetTargetText } from "../../model/ids.ts";
import type { Stored } from "../../ports/metadata.ts";
import type { Platform } from "../../ports/platform.ts";

export type ActivationContext = Pick<Platform, "metadata" | "clock">;

/**
 * The asset is there as the DAG names it, and active unless another active one has its name or its
 * URI. Answers that other one's id. Repeating is safe.
 */
export async function activateAsset(
  context: ActivationContext,
  document: AssetDocument,
): Promise<number | undefined> {
  const id = assetIdOf(document);
  for (const target of claimsOf(document)) {
    const holder = await claim(context, target, id);
    if (holder !== id) {
      await putAsset(context, document, false);
      return holder;
    }
  }
  await putAsset(context, document, true);
  return undefined;
}

/** An asset that no DAG names any more is kept, but not active. */
export async function deactivateUnused(context: ActivationContext, id: number): Promise<void> {
  const { assets } = context.metadata;
  const stored = await assets.get(assetIdText(id));
  if (!stored?.isActive || (await isUsed(context, id))) return;
  await changeAsset(context, id, (asset) => ({ ...asset, isActive: false }));
  // Somebody who found it active may have begun to use it.
  if (await isUsed(context, id)) {
    await changeAsset(context, id, (asset) => ({ ...asset, isActive: true }));
    return;
  }
  for (const target of claimsOf(stored)) {
    const held = await context.metadata.assetClaims.get(target);
    if (held?.assetId === id) await context.metadata.assetClaims.delete(target);
  }
}

/** An asset that a task has added through an alias, and that no DAG names: it isn't active. */
export async function addUnknownAsset(
  context: ActivationContext,
  document: AssetDocument,
): Promise<void> {
  const key = assetIdText(assetIdOf(document));
  if (!(await context.metadata.assets.get(key))) await putAsset(context, document, false);
}

async function isUsed({ metadata }: ActivationContext, id: number): Promise<boolean> {
  const prefix = `${assetTargetText({ kind: "asset", id })}/`;
  return (await metadata.assetReferences.list({ prefix, limit: 1 })).items.length > 0;
}

function claimsOf({ name, uri }: Pick<AssetDocument, "name" | "uri">): readonly string[] {
  return [assetTargetText({ kind: "name", name }), assetTargetText({ kind: "uri", uri })];
}

/** Who has the name or the URI after that. One whose holder isn't active is taken over. */
async function claim({ metadata }: ActivationContext, key: string, id: number): Promise<number> {
  for (;;) {
    const held = await metadata.assetClaims.get(key);
    if (held?.assetId === id) return id;
    const holder = held && (await metadata.assets.get(assetIdText(held.assetId)));
    if (holder?.isActive) return holder.id;
    const revision = held?.revision ?? "";
    if (await metadata.assetClaims.put({ key, assetId: id }, { revision })) return id;
  }
}

async function putAsset(
  context: ActivationContext,
  { name, uri, group, extra = {} }: AssetDocument,
  isActive: boolean,
): Promise<void> {
  const id = assetIdOf({ name, uri });
  const now = new Date(context.clock.now()).toISOString();
  const fresh = { id, name, uri, group, extra, createdAt: now, updatedAt: now, isActive };
  await changeAsset(context, id, (asset) => ({ ...asset, group, extra, isActive }), fresh);
}

/** Nothing is written where nothing changes; `fresh` is the asset if there is none yet. */
async function changeAsset(
  { metadata, clock }: ActivationContext,
  id: number,
  change: (asset: AssetRecord) => AssetRecord,
  fresh?: AssetRecord,
): Promise<void> {
  for (;;) {
    const stored = await metadata.assets.get(assetIdText(id));
    if (!stored && !fresh) return;
    const before = stored && withoutRevision(stored);
    const after = before ? change(before) : fresh;
    if (!after || JSON.stringify(after) === JSON.stringify(before)) return;
    const updatedAt = new Date(clock.now()).toISOString();
    const revision = stored?.revision ?? "";
    if (await metadata.assets.put({ ...after, updatedAt }, { revision })) return;
  }
}

function withoutRevision({ revision: _, ...asset }: Stored<AssetRecord>): AssetRecord {
  return asset;
}
