// …/queuedEvents: assets whose events DAGs have not consumed. A DAG has one entry for each asset,
// as in Airflow; to remove it, all of the asset's events are taken off the DAG's queue.
import type { QueuedAssetEvent } from "../../../model/assets/records.ts";
import { timestampOfEvent } from "../../../model/ids.ts";
import { type Api, type ApiContext, dagOf } from "../../context.ts";
import { Problem } from "../../problems.ts";
import { accepts } from "../../requests/accepts.ts";
import { everyItem } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import { toQueuedResponse } from "../../responses/asset-responses.ts";
import { displayNameOf } from "../../responses/dag-responses.ts";
import { readAssetId } from "./asset-look-ups.ts";

const BEFORE = "before";
const OF_DAG = "/dags/:dag_id/assets/queuedEvents";
const OF_BOTH = "/dags/:dag_id/assets/:asset_id/queuedEvents";
const OF_ASSET = "/assets/:asset_id/queuedEvents";

export function addQueuedEventRoutes(app: Api, context: ApiContext): void {
  const { assetEvents } = context.platform.metadata;

  async function answer(queued: readonly QueuedAssetEvent[]) {
    const entries = firstOfEach(queued);
    const names = new Map<string, string>();
    for (const { dagId } of entries) {
      if (!names.has(dagId)) names.set(dagId, await displayNameOfDag(context, dagId));
    }
    return {
      queued_events: entries.map((each) => toQueuedResponse(each, names.get(each.dagId) ?? "")),
      total_entries: entries.length,
    };
  }

  app.get(OF_ASSET, accepts(BEFORE), async (c) => {
    const assetId = readAssetId(c.req.param("asset_id"));
    return c.json(await answer(await queuedOfAsset(context, assetId, c.var.query)));
  });

  app.delete(OF_ASSET, accepts(BEFORE), async (c) => {
    const assetId = readAssetId(c.req.param("asset_id"));
    const queued = await queuedOfAsset(context, assetId, c.var.query);
    if (queued.length === 0) {
      throw new Problem(404, `Queue event with asset_id: \`${assetId}\` was not found`);
    }
    await assetEvents.unqueue(queued);
    return c.body(null, 204);
  });

  app.get(OF_DAG, accepts(BEFORE), async (c) =>
    c.json(await answer(await queuedOfDag(context, c.req.param("dag_id"), c.var.query))),
  );

  app.delete(OF_DAG, accepts(BEFORE), async (c) => {
    const dagId = c.req.param("dag_id");
    const queued = await queuedOfDag(context, dagId, c.var.query);
    if (queued.length === 0) {
      throw new Problem(404, `Queue event with dag_id: \`${dagId}\` was not found`);
    }
    await assetEvents.unqueue(queued);
    return c.body(null, 204);
  });

  app.get(OF_BOTH, accepts(BEFORE), async (c) => {
    const queued = await queuedOfBoth(context, c.req.param(), c.var.query);
    const { queued_events: entries } = await answer(queued);
    return c.json(entries[0]);
  });

  app.delete(OF_BOTH, accepts(BEFORE), async (c) => {
    await assetEvents.unqueue(await queuedOfBoth(context, c.req.param(), c.var.query));
    return c.body(null, 204);
  });
}

/** Throws Airflow's 404 where there is nothing. */
async function queuedOfBoth(
  context: ApiContext,
  { dag_id: dagId, asset_id }: { readonly dag_id: string; readonly asset_id: string },
  query: Query,
): Promise<readonly QueuedAssetEvent[]> {
  const assetId = readAssetId(asset_id);
  const queued = await queuedOfDag(context, dagId, query);
  const found = queued.filter((each) => each.assetId === assetId);
  if (found.length > 0) return found;
  throw new Problem(
    404,
    `Queued event with dag_id: \`${dagId}\` and asset_id: \`${assetId}\` was not found`,
  );
}

/** What came during a pause makes no run, and is in no queue of Airflow. */
async function queuedOfDag(
  { platform }: ApiContext,
  dagId: string,
  query: Query,
): Promise<readonly QueuedAssetEvent[]> {
  const before = query.moment(BEFORE) ?? Infinity;
  const all = await everyItem((page) =>
    platform.metadata.assetEvents.listQueued({ ...page, dagId }),
  );
  return all.filter(
    ({ key, isPassive }) => !isPassive && Date.parse(timestampOfEvent(key)) < before,
  );
}

async function queuedOfAsset(
  context: ApiContext,
  assetId: number,
  query: Query,
): Promise<readonly QueuedAssetEvent[]> {
  const { dagAssets } = context.platform.metadata;
  const found: QueuedAssetEvent[] = [];
  for (const { dagId, isScheduled } of await everyItem((page) => dagAssets.list(page))) {
    if (!isScheduled) continue;
    const queued = await queuedOfDag(context, dagId, query);
    found.push(...queued.filter((each) => each.assetId === assetId));
  }
  return found;
}

function firstOfEach(queued: readonly QueuedAssetEvent[]): readonly QueuedAssetEvent[] {
  const first = new Map<string, QueuedAssetEvent>();
  for (const each of queued) {
    const name = `${each.assetId}/${each.dagId}`;
    const known = first.get(name);
    if (!known || each.key < known.key) first.set(name, each);
  }
  return [...first.values()];
}

async function displayNameOfDag(context: ApiContext, dagId: string): Promise<string> {
  const dag = await dagOf(context, dagId);
  return displayNameOf((await context.services.versions.get(dagId, dag.versionHash)).document);
}
