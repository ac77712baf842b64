// /assets and /assets/aliases: what DAGs have named, and runs that make an asset anew (Airflow:
// routes/public/assets.py).
import { z } from "zod";
import type { AssetAliasRecord, AssetRecord } from "../../../model/assets/records.ts";
import { assetIdText, assetReferenceKey } from "../../../model/ids.ts";
import type { Api, ApiContext } from "../../context.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import { accepts, PAGE } from "../../requests/accepts.ts";
import { AWARE_DATE, CONF, DATE, readBody } from "../../requests/body.ts";
import { byPattern, type Filter, parametersOf, testsOf } from "../../requests/filters.ts";
import { cut, everyItem, type OrderKeys, ordered } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import { toAliasResponse, toAssetResponse } from "../../responses/asset-responses.ts";
import { toRunResponse } from "../../responses/run-responses.ts";
import { assetOf, factsOfAsset, readAssetId } from "./asset-look-ups.ts";

const FILTERS: readonly Filter<AssetRecord>[] = [
  byPattern("name", ({ name }) => name),
  byPattern("uri", ({ uri }) => uri),
  {
    parameters: ["only_active"],
    toTest: (query) =>
      (query.boolean("only_active") ?? true) ? ({ isActive }) => isActive : undefined,
  },
];
const ORDER: OrderKeys<AssetRecord> = {
  id: ({ id }) => id,
  name: ({ name }) => name,
  uri: ({ uri }) => uri,
  created_at: ({ createdAt }) => createdAt,
  updated_at: ({ updatedAt }) => updatedAt,
};
const ALIAS_FILTERS: readonly Filter<AssetAliasRecord>[] = [byPattern("name", ({ name }) => name)];
const ALIAS_ORDER: OrderKeys<AssetAliasRecord> = { id: ({ id }) => id, name: ({ name }) => name };
const DAG_IDS = "dag_ids";

const MATERIALIZE_BODY = z
  .strictObject({
    dag_run_id: z.string().nullish(),
    data_interval_start: DATE.nullish(),
    data_interval_end: DATE.nullish(),
    logical_date: AWARE_DATE.nullish(),
    run_after: DATE.nullish(),
    conf: CONF.nullish(),
    note: z.string().max(1000).nullish(),
    partition_key: z.string().nullish(),
  })
  .nullable();

export function addAssetRoutes(app: Api, context: ApiContext): void {
  const { platform, services } = context;
  const { metadata } = platform;
  const listAliases = () => everyItem((page) => metadata.assetAliases.list(page));

  app.get("/assets", accepts(...PAGE, "order_by", DAG_IDS, ...parametersOf(FILTERS)), async (c) => {
    const { query } = c.var;
    const tests = testsOf(FILTERS, query, platform.clock.now());
    const all = await listAssets(context, query);
    const found = all.filter((asset) => tests.every((test) => test(asset)));
    const order = { query, keys: ORDER, fallback: ["name"] };
    const page = cut(ordered(found, order), query.page());
    const aliases = await listAliases();
    const facts = await Promise.all(page.map((each) => factsOfAsset(context, each, aliases)));
    return c.json({ assets: facts.map(toAssetResponse), total_entries: found.length });
  });

  app.get(
    "/assets/aliases",
    accepts(...PAGE, "order_by", ...parametersOf(ALIAS_FILTERS)),
    async (c) => {
      const { query } = c.var;
      const tests = testsOf(ALIAS_FILTERS, query, platform.clock.now());
      const found = (await listAliases()).filter((alias) => tests.every((test) => test(alias)));
      const page = cut(
        ordered(found, { query, keys: ALIAS_ORDER, fallback: ["name"] }),
        query.page(),
      );
      return c.json({ asset_aliases: page.map(toAliasResponse), total_entries: found.length });
    },
  );

  app.get("/assets/aliases/:asset_alias_id", accepts(), async (c) => {
    const id = readAssetId(c.req.param("asset_alias_id"), "asset_alias_id");
    const alias = await metadata.assetAliases.get(assetIdText(id));
    if (!alias) throw new Problem(404, `The Asset Alias with ID: \`${id}\` was not found`);
    return c.json(toAliasResponse(alias));
  });

  app.get("/assets/:asset_id", accepts(), async (c) => {
    const asset = await assetOf(context, readAssetId(c.req.param("asset_id")));
    return c.json(toAssetResponse(await factsOfAsset(context, asset, await listAliases())));
  });

  app.post("/assets/:asset_id/materialize", accepts(), async (c) => {
    const id = readAssetId(c.req.param("asset_id"));
    const body = (await readBody(c, MATERIALIZE_BODY, { isOptional: true })) ?? {};
    refuseIntervals(body);
    const { client, name } = c.var.principal;
    const run = await services.runControl.trigger({
      dagId: await producerOf(context, id),
      runType: "asset_materialization",
      logicalDate: body.logical_date ?? null,
      ...(body.dag_run_id ? { runId: body.dag_run_id } : {}),
      ...(body.conf ? { conf: body.conf } : {}),
      ...(body.note ? { note: body.note } : {}),
      ...(body.run_after ? { runAfter: body.run_after } : {}),
      ...(typeof body.partition_key === "string" ? { partitionKey: body.partition_key } : {}),
      triggeredBy: client,
      ...(name === null ? {} : { triggeringUserName: name }),
    });
    return c.json(toRunResponse(run, await services.versions.get(run.dagId, run.versionHash)));
  });
}

/** All assets, or those that some DAGs have in their schedules or as outlets. */
async function listAssets(
  { platform: { metadata } }: ApiContext,
  query: Query,
): Promise<readonly AssetRecord[]> {
  const dagIds = query.texts(DAG_IDS);
  if (dagIds.length === 0) return everyItem((page) => metadata.assets.list(page));
  const ids = new Set<number>();
  for (const dagId of dagIds) {
    for (const id of (await metadata.dagAssets.get(dagId))?.assetIds ?? []) ids.add(id);
  }
  const found = await Promise.all([...ids].map((id) => metadata.assets.get(assetIdText(id))));
  return found.filter((asset) => asset !== undefined);
}

/** The one DAG that has a task with the asset as outlet. */
async function producerOf({ platform }: ApiContext, id: number): Promise<string> {
  const prefix = assetReferenceKey({ kind: "asset", id }, "outlet");
  const { items } = await platform.metadata.assetReferences.list({ prefix, limit: 2 });
  const [first, second] = items;
  if (!first) throw new Problem(404, `No DAG materializes asset with ID: ${id}`);
  if (second) throw new Problem(409, `More than one DAG materializes asset with ID: ${id}`);
  return first.dagId;
}

function refuseIntervals(body: z.infer<typeof MATERIALIZE_BODY>): void {
  for (const name of ["data_interval_start", "data_interval_end"] as const) {
    const input = body?.[name];
    if (input === null || input === undefined) continue;
    const msg = "Not supported: the timetable derives the data interval from logical_date";
    throw new InvalidRequest([{ type: "value_error", loc: ["body", name], msg, input }]);
  }
}
