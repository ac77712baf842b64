// What the routes of assets look up: an asset with all that refers to it, an event with its runs.
import type {
  AssetAliasRecord,
  AssetEventRecord,
  AssetRecord,
} from "../../../model/assets/records.ts";
import { assetIdText, assetTargetText } from "../../../model/ids.ts";
import type { ApiContext } from "../../context.ts";
import { Problem } from "../../problems.ts";
import { everyItem } from "../../requests/listing.ts";
import type { AssetFacts, EventFacts } from "../../responses/asset-responses.ts";

/** Throws Airflow's 404 for one that isn't there. */
export async function assetOf({ platform }: ApiContext, id: number): Promise<AssetRecord> {
  const found = await platform.metadata.assets.get(assetIdText(id));
  if (!found) throw new Problem(404, `The Asset with ID: \`${id}\` was not found`);
  return found;
}

/** `aliases` are all that there are. */
export async function factsOfAsset(
  { platform: { metadata } }: ApiContext,
  asset: AssetRecord,
  aliases: readonly AssetAliasRecord[],
): Promise<AssetFacts> {
  const { id } = asset;
  const prefix = `${assetTargetText({ kind: "asset", id })}/`;
  const references = await everyItem((page) => metadata.assetReferences.list({ ...page, prefix }));
  const newest = await metadata.assetEvents.list({ assetId: id, limit: 1 });
  return {
    asset,
    references,
    aliases: aliases.filter(({ assetIds }) => assetIds.includes(id)),
    lastEvent: newest.items[0],
  };
}

/** Of events of any assets, in the order given. */
export async function factsOfEvents(
  { platform: { metadata } }: ApiContext,
  events: readonly AssetEventRecord[],
): Promise<readonly EventFacts[]> {
  const assets = new Map<number, AssetRecord | undefined>();
  const facts: EventFacts[] = [];
  for (const event of events) {
    const { assetId } = event;
    if (!assets.has(assetId)) assets.set(assetId, await metadata.assets.get(assetIdText(assetId)));
    const consumers = await metadata.assetEvents.listConsumers(event);
    const runs = await Promise.all(
      consumers.map(({ dagId, runId }) => metadata.runs.get(dagId, runId)),
    );
    const there = runs.filter((run) => run !== undefined);
    facts.push({ event, asset: assets.get(assetId), runs: there });
  }
  return facts;
}
