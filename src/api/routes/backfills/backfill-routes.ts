// /backfills: runs of a DAG over a range of its schedule. Two operations are Stepwind's own: how
// far a backfill has got, and which dates it left out.

import type { Action } from "../../../model/access/permissions.ts";
import type { BackfillRecord } from "../../../model/backfill/records.ts";
import { backfillSkipsKey } from "../../../model/ids.ts";
import type { JsonObject } from "../../../model/values/json.ts";
import type { BackfillRequest } from "../../../services/backfills/check-request.ts";
import { forbidden } from "../../access/forbidden.ts";
import type { Principal } from "../../access/principal.ts";
import type { ApiContext } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Asked, type Operations, operation } from "../../operation.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
import { cut, everyItem, ordered } from "../../requests/listing.ts";
import { displayNameOf } from "../../responses/dag-responses.ts";
import { toWireDate, toWireDateOrNull } from "../../responses/wire.ts";

export const backfillOperations: Operations = (context) => [
  ...lookingOperations(context),
  ...creatingOperations(context),
  ...changingOperations(context),
  ...progressOperations(context),
];

function lookingOperations(context: ApiContext) {
  return [
    operation("list_backfills", {
      permission: "GET backfill",
      query: ["dag_id", "order_by", ...PAGE],
      async handle({ query, c }) {
        const dagId = query.text("dag_id");
        if (dagId === undefined) {
          const msg = "Field required";
          const loc = ["query", "dag_id"];
          throw new InvalidRequest([{ type: "missing", loc, msg, input: null }]);
        }
        requireDag(c.var.principal, "GET", dagId);
        const all = await context.services.backfills.list(dagId);
        const keys = { id: ({ id }: BackfillRecord) => id };
        const shown = cut(ordered(all, { query, keys, fallback: ["id"] }), query.page());
        return {
          backfills: await Promise.all(shown.map((record) => toResponse(context, record))),
          total_entries: all.length,
        };
      },
    }),

    operation("get_backfill", {
      permission: "GET backfill",
      async handle({ path: { backfill_id: id }, c }) {
        return toResponse(context, await readable(context, id, c.var.principal));
      },
    }),
  ];
}

function creatingOperations(context: ApiContext) {
  const { backfills } = context.services;
  return [
    operation("create_backfill", {
      permission: "POST backfill",
      async handle({ body, c, changed }) {
        const { principal } = c.var;
        requireDag(principal, "POST", body.dag_id);
        const { name } = principal;
        const record = await backfills.create({
          ...toRequest(body),
          ...(name === null ? {} : { triggeringUserName: name }),
        });
        const response = await toResponse(context, record);
        changed(undefined, response);
        return response;
      },
    }),

    operation("create_backfill_dry_run", {
      permission: "POST backfill",
      query: ["explain"],
      async handle({ body, query, c }) {
        requireDag(c.var.principal, "POST", body.dag_id);
        const isExplained = query.boolean("explain") ?? false;
        const tried = await backfills.tryOut(toRequest(body));
        const shown = tried.filter(
          ({ action }) => isExplained || action === "create" || action === "clear",
        );
        return {
          backfills: shown.map(({ logicalDate, partitionKey, action }) => ({
            logical_date: partitionKey === undefined ? toWireDate(logicalDate) : null,
            partition_key: partitionKey ?? null,
            partition_date: partitionKey === undefined ? null : toWireDate(logicalDate),
            ...(isExplained ? { action } : {}),
          })),
          total_entries: shown.length,
        };
      },
    }),
  ];
}

/** Whoever may not change backfills of the DAG is refused before anything is. */
function changingOperations(context: ApiContext) {
  const { backfills } = context.services;
  const change = async (
    {
      path: { backfill_id: id },
      c,
      changed,
    }: Pick<Asked<"cancel_backfill">, "c" | "changed"> & {
      readonly path: { readonly backfill_id: number };
    },
    make: (id: number) => Promise<BackfillRecord>,
  ) => {
    const found = await backfills.get(id);
    if (found) requireDag(c.var.principal, "PUT", found.dagId);
    const before = found && (await toResponse(context, found));
    const after = await toResponse(context, await make(id));
    changed(before, after);
    return after;
  };
  return [
    operation("pause_backfill", {
      permission: "PUT backfill",
      handle: (asked) => change(asked, (id) => backfills.setPaused(id, true)),
    }),

    operation("unpause_backfill", {
      permission: "PUT backfill",
      handle: (asked) => change(asked, (id) => backfills.setPaused(id, false)),
    }),

    operation("cancel_backfill", {
      permission: "PUT backfill",
      handle: (asked) => change(asked, (id) => backfills.cancel(id)),
    }),
  ];
}

function progressOperations(context: ApiContext) {
  return [
    operation("get_backfill_progress", {
      permission: "GET backfill",
      async handle({ path: { backfill_id: id }, c }) {
        const record = await readable(context, id, c.var.principal);
        return {
          id: record.id,
          total_dates: record.dates.total,
          dealt_with: record.dealtWith,
          active_runs: record.completedAt === undefined ? record.open.length : 0,
          skipped: record.skipped,
          is_cancelled: record.isCancelled ?? false,
        };
      },
    }),

    operation("get_backfill_skipped_dates", {
      permission: "GET backfill",
      query: PAGE,
      async handle({ path: { backfill_id: id }, query, c }) {
        await readable(context, id, c.var.principal);
        const { backfillSkips } = context.platform.metadata;
        const prefix = backfillSkipsKey(id);
        const pages = await everyItem((page) => backfillSkips.list({ ...page, prefix }));
        const all = pages.flatMap(({ dates }) => dates).sort((a, b) => a.ordinal - b.ordinal);
        return {
          skipped_dates: cut(all, query.page()).map((skip) => ({
            sort_ordinal: skip.ordinal,
            logical_date: skip.partitionKey === undefined ? toWireDate(skip.logicalDate) : null,
            partition_key: skip.partitionKey ?? null,
            exception_reason: skip.reason,
          })),
          total_entries: all.length,
        };
      },
    }),
  ];
}

async function readable(
  { services }: ApiContext,
  id: number,
  principal: Principal,
): Promise<BackfillRecord> {
  const record = await services.backfills.get(id);
  if (!record) throw new Problem(404, "Backfill not found");
  requireDag(principal, "GET", record.dagId);
  return record;
}

function requireDag(principal: Principal, action: Action, dagId: string): void {
  if (!principal.may(`${action} backfill`, dagId)) throw forbidden(`${action} backfill`);
}

function toRequest(body: Schema<"BackfillPostBody">): BackfillRequest {
  return {
    dagId: body.dag_id,
    fromDate: body.from_date,
    toDate: body.to_date,
    runBackwards: body.run_backwards ?? false,
    reprocessBehavior: body.reprocess_behavior ?? "none",
    maxActiveRuns: body.max_active_runs ?? 10,
    // Parsed from JSON.
    ...(body.dag_run_conf ? { dagRunConf: body.dag_run_conf as JsonObject } : {}),
    runOnLatestVersion: body.run_on_latest_version ?? true,
  };
}

/** Airflow: BackfillResponse. */
async function toResponse({ platform, services }: ApiContext, record: BackfillRecord) {
  const { dagId } = record;
  const dag = await platform.metadata.dags.get(dagId);
  const version = dag && (await services.versions.get(dagId, dag.versionHash));
  return {
    id: record.id,
    dag_id: dagId,
    from_date: toWireDate(record.fromDate),
    to_date: toWireDate(record.toDate),
    dag_run_conf: record.dagRunConf ?? null,
    is_paused: record.isPaused,
    reprocess_behavior: record.reprocessBehavior,
    max_active_runs: record.maxActiveRuns,
    created_at: toWireDate(record.createdAt),
    completed_at: toWireDateOrNull(record.completedAt),
    updated_at: toWireDate(record.updatedAt),
    dag_display_name: version ? displayNameOf(version.document) : dagId,
  };
}
