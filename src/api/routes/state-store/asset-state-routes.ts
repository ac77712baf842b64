// /assets/{asset_id}/state-store: the values that an asset keeps across runs (Airflow 3.3:
// asset_state_store.py).
import {
  type AssetStateRecord,
  assetStateKey,
  findStateFlaw,
} from "../../../model/assets/asset-states.ts";
import { assetIdText } from "../../../model/ids.ts";
import {
  clearAssetStates,
  deleteAssetState,
  listAssetStates,
  putAssetState,
} from "../../../services/assets/asset-states.ts";
import { createAuditedState } from "../../audit/audited-states.ts";
import { createChangeList } from "../../audit/change-list.ts";
import type { ApiContext } from "../../context.ts";
import { type Operations, operation } from "../../operation.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
import { cut } from "../../requests/listing.ts";
import { toWireDate } from "../../responses/wire.ts";
import { quoted } from "./quoted.ts";

export const assetStateOperations: Operations = (context) => [
  ...lookingOperations(context),
  ...changingOperations(context),
];

function lookingOperations(context: ApiContext) {
  const { metadata } = context.platform;
  return [
    operation("list_asset_state_store", {
      permission: "GET asset",
      query: PAGE,
      async handle({ path: { asset_id: assetId }, query }) {
        await requireAsset(context, assetId);
        const found = await listAssetStates(metadata, assetId);
        const shown = cut(found, query.page()).map(toResponse);
        return { asset_state_store: shown, total_entries: found.length };
      },
    }),

    operation("get_asset_state_store", {
      permission: "GET asset",
      async handle({ path: { asset_id: assetId, key } }) {
        await requireAsset(context, assetId);
        const found = await metadata.assetStates.get(assetStateKey(assetId, key));
        if (found) return toResponse(found);
        throw new Problem(404, `Asset state store key ${quoted(key)} not found`);
      },
    }),
  ];
}

function changingOperations(context: ApiContext) {
  const { platform } = context;
  const { metadata } = platform;
  const toAudited = createAuditedState(platform);
  return [
    operation("set_asset_state_store", {
      permission: "PUT asset",
      async handle({ path: { asset_id: assetId, key: name }, body, changed }) {
        await requireAsset(context, assetId);
        const value = JSON.stringify(body.value);
        const flaw = findStateFlaw(name, value);
        if (flaw !== undefined) {
          const msg = `Value error, ${flaw}`;
          throw new InvalidRequest([{ type: "value_error", loc: ["body", "value"], msg }]);
        }
        const before = await metadata.assetStates.get(assetStateKey(assetId, name));
        const after = await putAssetState(platform, { assetId, name, value }, { kind: "api" });
        changed(await toAudited(before), await toAudited(after));
        return undefined;
      },
    }),

    operation("delete_asset_state_store", {
      permission: "DELETE asset",
      async handle({ path: { asset_id: assetId, key: name }, changed }) {
        await requireAsset(context, assetId);
        const before = await metadata.assetStates.get(assetStateKey(assetId, name));
        await deleteAssetState(metadata, { assetId, name });
        changed(await toAudited(before), undefined);
        return undefined;
      },
    }),

    operation("clear_asset_state_store", {
      permission: "DELETE asset",
      async handle({ path: { asset_id: assetId }, changed }) {
        await requireAsset(context, assetId);
        const found = await listAssetStates(metadata, assetId);
        await clearAssetStates(metadata, assetId);
        const changes = createChangeList(changed);
        for (const each of found) {
          changes.add("states", each.name, { before: await toAudited(each), after: undefined });
        }
        return undefined;
      },
    }),
  ];
}

async function requireAsset({ platform }: ApiContext, id: number): Promise<void> {
  if (await platform.metadata.assets.get(assetIdText(id))) return;
  throw new Problem(404, `Asset with id ${id} not found`);
}

function toResponse({ name, value, updatedAt, updatedBy }: AssetStateRecord) {
  const task = updatedBy.kind === "task" ? updatedBy : undefined;
  return {
    key: name,
    value: JSON.parse(value),
    updated_at: toWireDate(updatedAt),
    last_updated_by: {
      kind: updatedBy.kind,
      dag_id: task?.dagId ?? null,
      run_id: task?.runId ?? null,
      task_id: task?.taskId ?? null,
      map_index: task?.mapIndex ?? null,
    },
  };
}
