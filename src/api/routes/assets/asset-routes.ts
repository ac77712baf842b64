// /assets and /assets/aliases: what DAGs have named, and runs that make an asset anew (Airflow:
// routes/public/assets.py).

import type { AssetAliasRecord, AssetRecord } from "../../../model/assets/records.ts";
import { assetIdText, assetReferenceKey } from "../../../model/ids.ts";
import type { JsonObject } from "../../../model/values/json.ts";
import { forbidden } from "../../access/forbidden.ts";
import { toAuditedRun } from "../../audit/audited-runs.ts";
import type { ApiContext } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
import { requireTimezone } from "../../requests/body.ts";
import { byPattern, type Filter, parametersOf, testsOf } from "../../requests/filters.ts";
import { cut, everyItem, type OrderKeys, ordered } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import { toAliasResponse, toAssetResponse } from "../../responses/asset-responses.ts";
import { toRunResponse } from "../../responses/run-responses.ts";
import { assetOf, factsOfAsset } from "./asset-look-ups.ts";

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
/** Characters (Airflow: MaterializeAssetBody.note; its document doesn't say so). */
const MAX_NOTE = 1_000;

export const assetOperations: Operations = (context) => [
  ...listings(context),
  ...aliasOperations(context),
  materializing(context),
];

function listings(context: ApiContext) {
  return [
    operation("get_assets", {
      permission: "GET asset",
      query: [...PAGE, "order_by", DAG_IDS, ...parametersOf(FILTERS)],
      async handle({ query }) {
        const tests = testsOf(FILTERS, query, context.platform.clock.now());
        const all = await listAssets(context, query);
        const found = all.filter((asset) => tests.every((test) => test(asset)));
        const order = { query, keys: ORDER, fallback: ["name"] };
        const page = cut(ordered(found, order), query.page());
        const aliases = await listAliases(context);
        const facts = await Promise.all(page.map((each) => factsOfAsset(context, each, aliases)));
        return { assets: facts.map(toAssetResponse), total_entries: found.length };
      },
    }),

    operation("get_asset", {
      permission: "GET asset",
      async handle({ path: { asset_id: id } }) {
        const asset = await assetOf(context, id);
        return toAssetResponse(await factsOfAsset(context, asset, await listAliases(context)));
      },
    }),
  ];
}

function aliasOperations(context: ApiContext) {
  const { metadata, clock } = context.platform;
  return [
    operation("get_asset_aliases", {
      permission: "GET asset_alias",
      query: [...PAGE, "order_by", ...parametersOf(ALIAS_FILTERS)],
      async handle({ query }) {
        const tests = testsOf(ALIAS_FILTERS, query, clock.now());
        const all = await listAliases(context);
        const found = all.filter((alias) => tests.every((test) => test(alias)));
        const order = { query, keys: ALIAS_ORDER, fallback: ["name"] };
        const page = cut(ordered(found, order), query.page());
        return { asset_aliases: page.map(toAliasResponse), total_entries: found.length };
      },
    }),

    operation("get_asset_alias", {
      permission: "GET asset_alias",
      async handle({ path: { asset_alias_id: id } }) {
        const alias = await metadata.assetAliases.get(assetIdText(id));
        if (!alias) throw new Problem(404, `The Asset Alias with ID: \`${id}\` was not found`);
        return toAliasResponse(alias);
      },
    }),
  ];
}

/** It triggers a run, so it asks for the right to do so, too. */
function materializing(context: ApiContext) {
  const { services } = context;
  return operation("materialize_asset", {
    permission: "POST asset",
    async handle({ path: { asset_id: id }, body, c, changed }) {
      const asked = readMaterializing(body ?? {});
      const dagId = await producerOf(context, id);
      const { principal } = c.var;
      const { client, name } = principal;
      if (!principal.may("POST dag.run", dagId)) throw forbidden("POST dag.run");
      const run = await services.runControl.trigger({
        dagId,
        runType: "asset_materialization",
        ...asked,
        triggeredBy: client,
        ...(name === null ? {} : { triggeringUserName: name }),
      });
      changed(undefined, toAuditedRun(run));
      return toRunResponse(run, await services.versions.get(run.dagId, run.versionHash));
    },
  });
}

function readMaterializing(body: Schema<"MaterializeAssetBody">) {
  refuseIntervals(body);
  if (body.logical_date) requireTimezone(body.logical_date, "logical_date");
  if (body.note && body.note.length > MAX_NOTE) {
    const msg = `String should have at most ${MAX_NOTE} characters`;
    const loc = ["body", "note"];
    throw new InvalidRequest([{ type: "string_too_long", loc, msg, input: body.note }]);
  }
  return {
    logicalDate: body.logical_date ?? null,
    ...(body.dag_run_id ? { runId: body.dag_run_id } : {}),
    // Parsed from JSON.
    ...(body.conf ? { conf: body.conf as JsonObject } : {}),
    ...(body.note ? { note: body.note } : {}),
    ...(body.run_after ? { runAfter: body.run_after } : {}),
    ...(typeof body.partition_key === "string" ? { partitionKey: body.partition_key } : {}),
  };
}

function listAliases({ platform: { metadata } }: ApiContext) {
  return everyItem((page) => metadata.assetAliases.list(page));
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

function refuseIntervals(body: Schema<"MaterializeAssetBody">): void {
  for (const name of ["data_interval_start", "data_interval_end"] as const) {
    const input = body[name];
    if (input === null || input === undefined) continue;
    const msg = "Not supported: the timetable derives the data interval from logical_date";
    throw new InvalidRequest([{ type: "value_error", loc: ["body", name], msg, input }]);
  }
}
