// /backfills: runs of a DAG over a range of its schedule. Two routes are Stepwind's own: how far a
// backfill has got, and which dates it left out.
import { z } from "zod";
import type { BackfillRecord } from "../../../model/backfill/records.ts";
import { backfillSkipsKey } from "../../../model/ids.ts";
import type { JsonObject } from "../../../model/values/json.ts";
import { parseMoment } from "../../../model/values/time.ts";
import type { BackfillRequest } from "../../../services/backfills/check-request.ts";
import type { Api, ApiContext } from "../../context.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import { accepts, PAGE } from "../../requests/accepts.ts";
import { readBody } from "../../requests/body.ts";
import { cut, everyItem, ordered } from "../../requests/listing.ts";
import { readPathInteger } from "../../requests/query.ts";
import { displayNameOf } from "../../responses/dag-responses.ts";
import { toWireDate, toWireDateOrNull } from "../../responses/wire.ts";

const DATE = z.string().refine((text) => parseMoment(text) !== undefined, {
  error: "Input should be a valid datetime",
  params: { type: "datetime_parsing" },
});

const CONF = z.custom<JsonObject>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  { error: "Input should be a valid dictionary", params: { type: "dict_type" } },
);

const BODY = z.strictObject({
  dag_id: z.string(),
  from_date: DATE,
  to_date: DATE,
  run_backwards: z.boolean().optional(),
  dag_run_conf: CONF.nullish(),
  reprocess_behavior: z
    .enum(["failed", "completed", "none"], {
      error: "Input should be 'failed', 'completed' or 'none'",
    })
    .optional(),
  max_active_runs: z.int().optional(),
  run_on_latest_version: z.boolean().nullish(),
});

export function addBackfillRoutes(app: Api, context: ApiContext): void {
  addCreating(app, context);
  addChanging(app, context);
  addProgress(app, context);
  const { backfills } = context.services;

  app.get("/backfills", accepts("dag_id", "order_by", ...PAGE), async (c) => {
    const { query } = c.var;
    const dagId = query.text("dag_id");
    if (dagId === undefined) {
      const msg = "Field required";
      throw new InvalidRequest([{ type: "missing", loc: ["query", "dag_id"], msg, input: null }]);
    }
    const all = await backfills.list(dagId);
    const keys = { id: ({ id }: BackfillRecord) => id };
    const shown = cut(ordered(all, { query, keys, fallback: ["id"] }), query.page());
    return c.json({
      backfills: await Promise.all(shown.map((record) => toResponse(context, record))),
      total_entries: all.length,
    });
  });

  app.get("/backfills/:backfill_id", accepts(), async (c) => {
    return c.json(await toResponse(context, await recordOf(context, c.req.param("backfill_id"))));
  });
}

function addCreating(app: Api, context: ApiContext): void {
  const { backfills } = context.services;

  app.post("/backfills", accepts(), async (c) => {
    const request = toRequest(await readBody(c, BODY));
    const { name } = c.var.principal;
    const record = await backfills.create({
      ...request,
      ...(name === null ? {} : { triggeringUserName: name }),
    });
    return c.json(await toResponse(context, record));
  });

  app.post("/backfills/dry_run", accepts("explain"), async (c) => {
    const isExplained = c.var.query.boolean("explain") ?? false;
    const tried = await backfills.tryOut(toRequest(await readBody(c, BODY)));
    const shown = tried.filter(
      ({ action }) => isExplained || action === "create" || action === "clear",
    );
    return c.json({
      backfills: shown.map(({ logicalDate, partitionKey, action }) => ({
        logical_date: partitionKey === undefined ? toWireDate(logicalDate) : null,
        partition_key: partitionKey ?? null,
        partition_date: partitionKey === undefined ? null : toWireDate(logicalDate),
        ...(isExplained ? { action } : {}),
      })),
      total_entries: shown.length,
    });
  });
}

function addChanging(app: Api, context: ApiContext): void {
  const { backfills } = context.services;

  app.put("/backfills/:backfill_id/pause", accepts(), async (c) => {
    const record = await backfills.setPaused(readId(c.req.param("backfill_id")), true);
    return c.json(await toResponse(context, record));
  });

  app.put("/backfills/:backfill_id/unpause", accepts(), async (c) => {
    const record = await backfills.setPaused(readId(c.req.param("backfill_id")), false);
    return c.json(await toResponse(context, record));
  });

  app.put("/backfills/:backfill_id/cancel", accepts(), async (c) => {
    const record = await backfills.cancel(readId(c.req.param("backfill_id")));
    return c.json(await toResponse(context, record));
  });
}

function addProgress(app: Api, context: ApiContext): void {
  app.get("/backfills/:backfill_id/progress", accepts(), async (c) => {
    const record = await recordOf(context, c.req.param("backfill_id"));
    return c.json({
      id: record.id,
      total_dates: record.dates.total,
      dealt_with: record.dealtWith,
      active_runs: record.completedAt === undefined ? record.open.length : 0,
      skipped: record.skipped,
      is_cancelled: record.isCancelled ?? false,
    });
  });

  app.get("/backfills/:backfill_id/skipped_dates", accepts(...PAGE), async (c) => {
    const { id } = await recordOf(context, c.req.param("backfill_id"));
    const { backfillSkips } = context.platform.metadata;
    const prefix = backfillSkipsKey(id);
    const pages = await everyItem((page) => backfillSkips.list({ ...page, prefix }));
    const all = pages.flatMap(({ dates }) => dates).sort((a, b) => a.ordinal - b.ordinal);
    return c.json({
      skipped_dates: cut(all, c.var.query.page()).map((skip) => ({
        sort_ordinal: skip.ordinal,
        logical_date: skip.partitionKey === undefined ? toWireDate(skip.logicalDate) : null,
        partition_key: skip.partitionKey ?? null,
        exception_reason: skip.reason,
      })),
      total_entries: all.length,
    });
  });
}

function readId(text: string): number {
  return readPathInteger("backfill_id", text);
}

async function recordOf({ services }: ApiContext, id: string): Promise<BackfillRecord> {
  const record = await services.backfills.get(readId(id));
  if (!record) throw new Problem(404, "Backfill not found");
  return record;
}

function toRequest(body: z.infer<typeof BODY>): BackfillRequest {
  return {
    dagId: body.dag_id,
    fromDate: body.from_date,
    toDate: body.to_date,
    runBackwards: body.run_backwards ?? false,
    reprocessBehavior: body.reprocess_behavior ?? "none",
    maxActiveRuns: body.max_active_runs ?? 10,
    ...(body.dag_run_conf ? { dagRunConf: body.dag_run_conf } : {}),
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
