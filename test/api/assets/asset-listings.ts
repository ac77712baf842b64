// Listings of assets, and how they answer to queries.
import type { ApiProduct } from "../api-product.ts";
import { type Listing, nothingWithin } from "../listing-cases.ts";

/** Three assets, one of them not active; two aliases; an event of each active asset. */
async function prepareAssets({ metadata }: ApiProduct): Promise<void> {
  const at = "2026-01-29T00:00:00.000Z";
  const shared = { group: "asset", extra: {}, createdAt: at, updatedAt: at };
  const orders = { id: 1, name: "orders", uri: "s3://b/orders", isActive: true };
  const refunds = { id: 2, name: "refunds", uri: "refunds", isActive: true };
  const gone = { id: 3, name: "gone", uri: "gone", isActive: false };
  for (const asset of [orders, refunds, gone]) await metadata.assets.put({ ...shared, ...asset });
  for (const [id, name] of [
    [1, "exports"],
    [2, "imports"],
  ] as const) {
    await metadata.assetAliases.put({ id, name, group: "asset", assetIds: [] });
  }
  await metadata.dagAssets.put({
    dagId: "load",
    versionHash: "v1",
    references: [],
    assetIds: [1],
    isScheduled: false,
  });
  for (const [assetId, timestamp, taskId] of [
    [1, at, "first"],
    [2, "2026-01-30T00:00:00.000Z", "second"],
  ] as const) {
    const source = { dagId: "load", runId: `r${assetId}`, taskId, mapIndex: assetId * 2 - 1 };
    const key = `${timestamp}-${taskId}`;
    await metadata.assetEvents.record({ key, assetId, timestamp, extra: {}, source }, []);
  }
}

export const ASSET_LISTINGS: Readonly<Record<string, Listing>> = {
  "/assets": {
    items: "assets",
    id: "name",
    prepare: prepareAssets,
    all: ["orders", "refunds"],
    queries: {
      "limit=1": ["orders"],
      "offset=1": ["refunds"],
      "name_pattern=FUND": ["refunds"],
      "name_prefix_pattern=ord": ["orders"],
      "uri_pattern=S3": ["orders"],
      "uri_prefix_pattern=s3": ["orders"],
      "dag_ids=load": ["orders"],
      "only_active=false": ["gone", "orders", "refunds"],
      "order_by=-name": ["refunds", "orders"],
    },
  },
  "/assets/aliases": {
    items: "asset_aliases",
    id: "name",
    prepare: prepareAssets,
    all: ["exports", "imports"],
    queries: {
      "limit=1": ["exports"],
      "offset=1": ["imports"],
      "name_pattern=EXP": ["exports"],
      "name_prefix_pattern=imp": ["imports"],
      "order_by=-name": ["imports", "exports"],
    },
  },
  "/assets/events": {
    items: "asset_events",
    id: "source_task_id",
    prepare: prepareAssets,
    all: ["first", "second"],
    queries: {
      "limit=1": ["first"],
      "offset=1": ["second"],
      "asset_id=2": ["second"],
      "source_dag_id=other": [],
      "source_task_id=first": ["first"],
      "source_run_id=r2": ["second"],
      "source_map_index=3": ["second"],
      "name_pattern=FUND": ["second"],
      "name_prefix_pattern=ord": ["first"],
      ...nothingWithin("timestamp"),
      "timestamp_gte=2026-01-30T00:00:00Z": ["second"],
      "timestamp_gt=2026-01-29T00:00:00Z": ["second"],
      "timestamp_lte=2026-01-29T00:00:00Z": ["first"],
      "timestamp_lt=2026-01-30T00:00:00Z": ["first"],
      "order_by=-timestamp": ["second", "first"],
    },
  },
};
