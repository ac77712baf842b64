// …/queuedEvents: assets whose events DAGs have not consumed. A DAG has one entry for each asset,
// as in Airflow; to remove it, all of the asset's events are taken off the DAG's queue.

import type { QueuedAssetEvent } from "../../../model/assets/records.ts";
import { timestampOfEvent } from "../../../model/ids.ts";
import { forbidden } from "../../access/forbidden.ts";
import type { Principal } from "../../access/principal.ts";
import { createChangeList } from "../../audit/change-list.ts";
import { type ApiContext, dagOf } from "../../context.ts";
import { type Asked, type Changed, type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { everyItem } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import { toQueuedResponse } from "../../responses/asset-responses.ts";
import { displayNameOf } from "../../responses/dag-responses.ts";

const BEFORE = "before";

export const queuedEventOperations: Operations = (context) => [
  ...ofAsset(context),
  ...ofDag(context),
  ...ofBoth(context),
];

function ofAsset(context: ApiContext) {
  const queuedFor = async (
    assetId: number,
    { query, c }: Pick<Asked<"get_asset">, "query" | "c">,
  ) => {
    const queued = await queuedOfAsset(context, assetId, query);
    return queued.filter(({ dagId }) => c.var.principal.may("GET dag", dagId));
  };
  return [
    operation("get_asset_queued_events", {
      permission: "GET asset",
      query: [BEFORE],
      handle: async ({ path, ...asked }) =>
        toAnswer(context, await queuedFor(path.asset_id, asked)),
    }),

    operation("delete_asset_queued_events", {
      permission: "DELETE asset",
      query: [BEFORE],
      async handle({ path: { asset_id: assetId }, ...asked }) {
        const queued = await queuedFor(assetId, asked);
        if (queued.length === 0) {
          throw new Problem(404, `Queue event with asset_id: \`${assetId}\` was not found`);
        }
        return unqueue(context, queued, asked.changed);
      },
    }),
  ];
}

function ofDag(context: ApiContext) {
  return [
    operation("get_dag_asset_queued_events", {
      permission: "GET asset",
      query: [BEFORE],
      async handle({ path: { dag_id: dagId }, query, c }) {
        requireDag(c.var.principal, dagId);
        return toAnswer(context, await queuedOfDag(context, dagId, query));
      },
    }),

    operation("delete_dag_asset_queued_events", {
      permission: "DELETE asset",
      query: [BEFORE],
      async handle({ path: { dag_id: dagId }, query, c, changed }) {
        requireDag(c.var.principal, dagId);
        const queued = await queuedOfDag(context, dagId, query);
        if (queued.length === 0) {
          throw new Problem(404, `Queue event with dag_id: \`${dagId}\` was not found`);
        }
        return unqueue(context, queued, changed);
      },
    }),
  ];
}

function ofBoth(context: ApiContext) {
  return [
    operation("get_dag_asset_queued_event", {
      permission: "GET asset",
      query: [BEFORE],
      async handle({ path, query, c }) {
        requireDag(c.var.principal, path.dag_id);
        const queued = await queuedOfBoth(context, path, query);
        const { queued_events: entries } = await toAnswer(context, queued);
        const [entry] = entries;
        if (!entry) throw new Error("Events that were found are shown as none");
        return entry;
      },
    }),

    operation("delete_dag_asset_queued_event", {
      permission: "DELETE asset",
      query: [BEFORE],
      async handle({ path, query, c, changed }) {
        requireDag(c.var.principal, path.dag_id);
        return unqueue(context, await queuedOfBoth(context, path, query), changed);
      },
    }),
  ];
}

/**
 * Queued events are read and removed by whoever may read the DAG (Airflow:
 * routes/public/assets.py).
 */
function requireDag(principal: Principal, dagId: string): void {
  if (!principal.may("GET dag", dagId)) throw forbidden("GET dag");
}

async function unqueue(
  { platform }: ApiContext,
  queued: readonly QueuedAssetEvent[],
  changed: Changed,
): Promise<undefined> {
  await platform.metadata.assetEvents.unqueue(queued);
  const changes = createChangeList(changed);
  for (const { dagId, assetId, key } of queued) {
    const before = { dag_id: dagId, asset_id: assetId };
    changes.add("queued_events", `${dagId}.${key}`, { before, after: undefined });
  }
}

async function toAnswer(context: ApiContext, queued: readonly QueuedAssetEvent[]) {
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

/** Throws Airflow's 404 where there is nothing. */
async function queuedOfBoth(
  context: ApiContext,
  { dag_id: dagId, asset_id: assetId }: { readonly dag_id: string; readonly asset_id: number },
  query: Query,
): Promise<readonly QueuedAssetEvent[]> {
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
