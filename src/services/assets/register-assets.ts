// Keeps what the metadata knows of a DAG's assets as its live version names them. Planning the DAG
// does so, since a DAG is planned whenever it has changed.
import type { AssetReferenceRecord, DagAssetsRecord } from "../../model/assets/records.ts";
import { type AssetReference, assetsOfDocument } from "../../model/assets/references.ts";
import type { DagDocument } from "../../model/document.ts";
import { assetAliasIdOf, assetIdOf, assetIdText, assetReferenceKey } from "../../model/ids.ts";
import type { DagRecord } from "../../model/records.ts";
import type { Platform } from "../../ports/platform.ts";
import { updateDag } from "../update-dag.ts";
import { activateAsset, deactivateUnused } from "./activate-assets.ts";

type RegisterContext = Pick<Platform, "metadata" | "clock"> & {
  readonly report?: Pick<Platform["report"], "warn">;
};

/**
 * Registers the assets of a DAG whose live version has changed; costs nothing for one that names
 * none and named none. Answers the DAG's record as it is after that. Repeating is safe.
 */
export async function registerAssets(
  context: RegisterContext,
  dag: DagRecord,
  document: DagDocument,
): Promise<DagRecord> {
  const { dagId, versionHash, isStale } = dag;
  const wanted = isStale ? NO_DOCUMENT : document;
  const hasAny = assetsOfDocument(wanted).references.length > 0;
  const state = hasAny ? versionHash : undefined;
  if (dag.assetsVersion === state) return dag;
  await writeAssets(context, dagId, { document: wanted, versionHash: state ?? "" });
  const { dag: now } = await updateDag(context.metadata.dags, dagId, (current) => {
    if (current?.versionHash !== versionHash || current.isStale !== isStale) return undefined;
    const { assetsVersion: _, ...others } = current;
    return state === undefined ? others : { ...others, assetsVersion: state };
  });
  return now ?? dag;
}

/** What a DAG that is deleted has left of references. Repeating is safe. */
export async function forgetAssets(
  context: Pick<Platform, "metadata" | "clock">,
  dagId: string,
): Promise<void> {
  const { dagAssets, assetRuns, assetWakes } = context.metadata;
  if (!(await dagAssets.get(dagId))) return;
  await writeAssets(context, dagId, { document: NO_DOCUMENT, versionHash: "" });
  await assetRuns.delete(dagId);
  await assetWakes.delete(dagId);
  await dagAssets.delete(dagId);
}

/** Of a DAG without assets. */
const NO_DOCUMENT = { schedule: { kind: "none" }, tasks: [] } as unknown as DagDocument;

interface Wanted {
  readonly document: DagDocument;
  readonly versionHash: string;
}

/**
 * The record that lists the references goes first, with the old and the new ones: whoever comes
 * after a call that died finds all that may be there.
 */
async function writeAssets(
  context: RegisterContext,
  dagId: string,
  { document, versionHash }: Wanted,
): Promise<void> {
  const { metadata } = context;
  const { assets, aliases, references, isScheduled } = assetsOfDocument(document);
  const keys = references.map((reference) => keyOf(reference, dagId));
  const assetIds = assets.map(assetIdOf);
  for (;;) {
    const found = await metadata.dagAssets.get(dagId);
    const before = { references: found?.references ?? [], assetIds: found?.assetIds ?? [] };
    const both: DagAssetsRecord = {
      dagId,
      versionHash: "",
      references: [...new Set([...before.references, ...keys])],
      assetIds: [...new Set([...before.assetIds, ...assetIds])],
      isScheduled: isScheduled || (found?.isScheduled ?? false),
    };
    if (!(await metadata.dagAssets.put(both, { revision: found?.revision ?? "" }))) continue;
    const begun = await metadata.dagAssets.get(dagId);
    for (const alias of aliases) await putAlias(context, alias);
    for (const reference of references) await putReference(context, reference, dagId);
    const conflicts: number[] = [];
    for (const asset of assets) {
      const holder = await activateAsset(context, asset);
      if (holder === undefined) continue;
      conflicts.push(assetIdOf(asset));
      await warnOfConflict(context, { dagId, name: asset.name, uri: asset.uri, holder });
    }
    for (const key of before.references) {
      if (!keys.includes(key)) await metadata.assetReferences.delete(key);
    }
    for (const id of before.assetIds) {
      if (!assetIds.includes(id)) await deactivateUnused(context, id);
    }
    const done = { dagId, versionHash, references: keys, assetIds, isScheduled, conflicts };
    if (await metadata.dagAssets.put(done, { revision: begun?.revision ?? "" })) return;
  }
}

function keyOf({ target, use }: AssetReference, dagId: string): string {
  return assetReferenceKey(target, use, dagId);
}

async function warnOfConflict(
  { metadata, report }: RegisterContext,
  {
    dagId,
    name,
    uri,
    holder,
  }: {
    readonly dagId: string;
    readonly name: string;
    readonly uri: string;
    readonly holder: number;
  },
): Promise<void> {
  const other = await metadata.assets.get(assetIdText(holder));
  report?.warn(
    `Asset "${name}" with URI "${uri}" of DAG "${dagId}" is not active: asset "${other?.name}" with URI "${other?.uri}" has the same name or URI; tasks that name it fail`,
  );
}

async function putAlias(
  { metadata }: RegisterContext,
  { name, group }: { readonly name: string; readonly group: string },
): Promise<void> {
  const id = assetAliasIdOf(name);
  for (;;) {
    const stored = await metadata.assetAliases.get(assetIdText(id));
    if (stored?.group === group) return;
    const alias = { id, name, group, assetIds: stored?.assetIds ?? [] };
    const revision = stored?.revision ?? "";
    if (await metadata.assetAliases.put(alias, { revision })) return;
  }
}

async function putReference(
  { metadata, clock }: RegisterContext,
  reference: AssetReference,
  dagId: string,
): Promise<void> {
  const key = keyOf(reference, dagId);
  const stored = await metadata.assetReferences.get(key);
  const { use, taskIds, isPartitioned } = reference;
  const isSame = JSON.stringify(stored?.taskIds) === JSON.stringify(taskIds);
  if (isSame && stored?.isPartitioned === isPartitioned) return;
  const now = new Date(clock.now()).toISOString();
  const record: AssetReferenceRecord = {
    key,
    use,
    dagId,
    taskIds,
    ...(isPartitioned ? { isPartitioned } : {}),
    createdAt: stored?.createdAt ?? now,
    updatedAt: now,
  };
  await metadata.assetReferences.put(record);
}
