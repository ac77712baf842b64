// The values that assets keep across runs (Airflow 3.3: asset_state_store), for the API and for tasks.
// They stay until they are deleted, or until no DAG names their asset any more.
import {
  type AssetStateRecord,
  type AssetStateWriter,
  assetStateKey,
  findStateFlaw,
} from "../../model/assets/asset-states.ts";
import type { AssetRecord } from "../../model/assets/records.ts";
import { targetOf } from "../../model/assets/references.ts";
import { graphOf } from "../../model/graph.ts";
import { assetIdText, assetTargetText } from "../../model/ids.ts";
import type { TaskInstanceKey } from "../../model/records.ts";
import type { AssetStateServices } from "../../model/task-services.ts";
import { toIso } from "../../model/values/time.ts";
import { allOf, itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import { findActiveAsset } from "./resolve-assets.ts";

type States = Pick<Platform["metadata"], "assetStates">;

/** By key. */
export function listAssetStates(
  { assetStates }: States,
  assetId: number,
): Promise<readonly AssetStateRecord[]> {
  return allOf((page) => assetStates.list({ ...page, prefix: assetStateKey(assetId) }));
}

/** Throws for what findStateFlaw finds. */
export async function putAssetState(
  { metadata, clock }: Pick<Platform, "metadata" | "clock">,
  { assetId, name, value }: Pick<AssetStateRecord, "assetId" | "name" | "value">,
  updatedBy: AssetStateWriter,
): Promise<AssetStateRecord> {
  const flaw = findStateFlaw(name, value);
  if (flaw !== undefined) throw new RangeError(`State "${name}" of an asset: ${flaw}`);
  const record = { assetId, name, value, updatedAt: toIso(clock.now()), updatedBy };
  await metadata.assetStates.put(record);
  return record;
}

/** Repeating is safe. */
export async function deleteAssetState(
  { assetStates }: States,
  { assetId, name }: Pick<AssetStateRecord, "assetId" | "name">,
): Promise<void> {
  await assetStates.delete(assetStateKey(assetId, name));
}

/** Repeating is safe. */
export async function clearAssetStates(states: States, assetId: number): Promise<void> {
  for (const each of await listAssetStates(states, assetId)) await deleteAssetState(states, each);
}

/** A DAG file that moves takes its assets away for a moment; Airflow waits for no time at all. */
const GRACE_MS = 24 * 60 * 60 * 1_000;

/**
 * Removes the states of assets that no DAG has named for a day (Airflow: the orphan sweep). One query
 * where there are none; repeating is safe.
 */
export async function sweepAssetStates({
  metadata,
  clock,
}: Pick<Platform, "metadata" | "clock">): Promise<void> {
  const gone = new Map<number, boolean>();
  for await (const state of itemsOf(metadata.assetStates.list)) {
    const { assetId } = state;
    if (!gone.has(assetId)) {
      const asset = await metadata.assets.get(assetIdText(assetId));
      const until = asset ? Date.parse(asset.updatedAt) + GRACE_MS : 0;
      gone.set(assetId, !asset?.isActive && until <= clock.now());
    }
    if (gone.get(assetId)) await deleteAssetState(metadata, state);
  }
}

/** What a task may do with the states of its inlets and outlets. */
export function createAssetStateServices(
  platform: Pick<Platform, "metadata" | "clock">,
  key: TaskInstanceKey,
): AssetStateServices {
  const { metadata } = platform;
  return {
    async getAssetState({ key: name, ...which }) {
      const { id } = await ownAsset(platform, key, which);
      return (await metadata.assetStates.get(assetStateKey(id, name)))?.value;
    },
    async putAssetState({ key: name, value, ...which }) {
      const { id: assetId } = await ownAsset(platform, key, which);
      if (value === undefined) return deleteAssetState(metadata, { assetId, name });
      await putAssetState(platform, { assetId, name, value }, { kind: "task", ...key });
    },
    async clearAssetState(which) {
      await clearAssetStates(metadata, (await ownAsset(platform, key, which)).id);
    },
  };
}

/**
 * The inlet or outlet that is named by its `assetTargetText` or, without a name, the only one.
 * Aliases have no state.
 */
async function ownAsset(
  { metadata }: Pick<Platform, "metadata">,
  { dagId, runId, taskId }: TaskInstanceKey,
  { asset: named }: { readonly asset?: string },
): Promise<AssetRecord> {
  const run = await metadata.runs.get(dagId, runId);
  const version = run && (await metadata.versions.get(dagId, run.versionHash));
  const { inlets = [], outlets = [] } = (version && graphOf(version.document).task(taskId)) ?? {};
  const items = new Map(
    [...inlets, ...outlets]
      .filter(({ kind }) => kind !== "alias")
      .map((item) => [assetTargetText(targetOf(item)), item]),
  );
  const place = `task "${taskId}" of DAG "${dagId}"`;
  if (named === undefined && items.size !== 1) {
    throw new Error(
      `${place} has ${items.size} assets among its inlets and outlets; name one: assetStateStore(asset)`,
    );
  }
  const item = named === undefined ? [...items.values()][0] : items.get(named);
  if (!item) throw new Error(`The asset is neither an inlet nor an outlet of ${place}`);
  const asset = await findActiveAsset(metadata, item);
  if (asset) return asset;
  throw new Error(
    `The asset that ${place} names is not active: no DAG has it, or another holds its name`,
  );
}
