// /dags/{dag_id}/dagRuns: list, look at and trigger runs. "~" as DAG id stands for every DAG, as in Airflow.
import type { Hono } from "hono";
import { z } from "zod";
import type { DagRunRecord } from "../model/records.ts";
import type { DagRunState } from "../model/states.ts";
import type { JsonObject } from "../model/values/json.ts";
import { parseAwareMoment, parseMoment } from "../model/values/time.ts";
import { type ApiContext, dagOf, runOf } from "./context.ts";
import { cut, everyItem, matcher, type OrderKeys, ordered } from "./listing.ts";
import { InvalidRequest, Problem } from "./problems.ts";
import { type Query, readBody, readQuery } from "./read-request.ts";
import { toRunResponse } from "./run-responses.ts";
import { readToken, toToken } from "./tokens.ts";
import { durationOf } from "./wire.ts";

const EVERY_DAG = "~";
const STATES: readonly DagRunState[] = ["queued", "running", "success", "failed"];

/** Name in the query's `…_gte` and `order_by` → value, comparable as text. */
const RUN_DATES: Readonly<Record<string, (run: DagRunRecord) => string | null | undefined>> = {
  run_after: ({ runAfter }) => runAfter,
  logical_date: ({ logicalDate }) => logicalDate,
  start_date: ({ startDate }) => startDate,
  end_date: ({ endDate }) => endDate,
};

const RUN_ORDER: OrderKeys<DagRunRecord> = {
  ...RUN_DATES,
  id: ({ queuedAt }) => queuedAt,
  state: ({ state }) => state,
  dag_id: ({ dagId }) => dagId,
  run_id: ({ runId }) => runId,
  dag_run_id: ({ runId }) => runId,
  duration: ({ startDate, endDate }) => durationOf(startDate, endDate),
};

const DATE = z.string().refine((text) => parseMoment(text) !== undefined, {
  error: "Input should be a valid datetime",
  abort: true,
});

/** Airflow: AwareDatetime; a date without an offset could mean any zone. */
const AWARE_DATE = DATE.refine((text) => parseAwareMoment(text) !== undefined, {
  error: "Input should have timezone info",
});

const CONF = z.custom<JsonObject>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  { error: "Input should be a valid dictionary" },
);

const TRIGGER_BODY = z.strictObject({
  dag_run_id: z.string().nullish(),
  data_interval_start: DATE.nullish(),
  data_interval_end: DATE.nullish(),
  logical_date: AWARE_DATE.nullable(),
  run_after: DATE.nullish(),
  conf: CONF.nullish(),
  note: z.string().max(1000).nullish(),
  partition_key: z.string().nullish(),
});

export function addRunRoutes(app: Hono, context: ApiContext): void {
  const { platform, services } = context;
  const { metadata } = platform;

  const toResponse = async (run: DagRunRecord) =>
    toRunResponse(run, await services.versions.get(run.dagId, run.versionHash));

  app.get("/dags/:dag_id/dagRuns", async (c) => {
    const query = readQuery(c);
    const dagId = c.req.param("dag_id");
    if (dagId !== EVERY_DAG) await dagOf(context, dagId);
    const states = statesOf(query);
    const filter = {
      ...(dagId === EVERY_DAG ? {} : { dagId }),
      ...(states.length > 0 ? { states } : {}),
    };
    const cursor = c.req.query("cursor");
    if (cursor !== undefined) {
      const page = await newestFirst(context, query, { ...filter, cursor });
      return c.json({
        dag_runs: await Promise.all(page.items.map(toResponse)),
        total_entries: null,
        total_entries_limit: null,
        next_cursor: page.next === undefined ? null : toToken(page.next),
        previous_cursor: null,
      });
    }
    const all = await everyItem((page) => metadata.runs.list({ ...filter, ...page }));
    const found = all.filter(runFilter(query));
    const page = cut(ordered(found, { query, keys: RUN_ORDER, fallback: "id" }), query.page());
    return c.json({
      dag_runs: await Promise.all(page.map(toResponse)),
      total_entries: found.length,
      total_entries_limit: null,
      next_cursor: null,
      previous_cursor: null,
    });
  });

  app.post("/dags/:dag_id/dagRuns", async (c) => {
    const body = await readBody(c, TRIGGER_BODY);
    for (const name of ["data_interval_start", "data_interval_end", "partition_key"] as const) {
      const input = body[name];
      if (input === null || input === undefined) continue;
      const msg = "Not supported: the timetable derives the data interval from logical_date";
      throw new InvalidRequest([{ type: "value_error", loc: ["body", name], msg, input }]);
    }
    const run = await services.runControl.trigger({
      dagId: c.req.param("dag_id"),
      logicalDate: body.logical_date,
      ...(body.dag_run_id ? { runId: body.dag_run_id } : {}),
      ...(body.conf ? { conf: body.conf } : {}),
      ...(body.note ? { note: body.note } : {}),
      ...(body.run_after ? { runAfter: body.run_after } : {}),
      triggeredBy: c.req.header("user-agent")?.startsWith("stepwind-cli") ? "cli" : "rest_api",
    });
    return c.json(await toResponse(run));
  });

  app.get("/dags/:dag_id/dagRuns/:dag_run_id", async (c) => {
    const { dag_id: dagId, dag_run_id: runId } = c.req.param();
    const { run, version } = await runOf(context, { dagId, runId });
    return c.json(toRunResponse(run, version));
  });
}

/** A page by cursor: the store has its runs in this order only, so no history is ever read whole. */
async function newestFirst(
  { platform }: ApiContext,
  query: Query,
  { cursor, ...filter }: { cursor: string; dagId?: string; states?: readonly DagRunState[] },
) {
  const order = query.text("order_by");
  if (order !== undefined && order !== "-run_after") {
    throw new Problem(400, "With `cursor` runs come ordered by `-run_after`");
  }
  const after = cursor === "" ? {} : { after: readToken("cursor", cursor) };
  const { limit } = query.page();
  const page = await platform.metadata.runs.list({ ...filter, ...after, limit });
  return { ...page, items: page.items.filter(runFilter(query)) };
}

function statesOf(query: Query): readonly DagRunState[] {
  return query.texts("state").map((text) => {
    const state = STATES.find((known) => known === text);
    if (state !== undefined) return state;
    const msg = `Invalid value for state. Valid values are ${STATES.join(", ")}`;
    throw new InvalidRequest([{ type: "value_error", loc: ["query", "state"], msg, input: text }]);
  });
}

/** The query's filters besides the state. */
function runFilter(query: Query): (run: DagRunRecord) => boolean {
  const types = query.texts("run_type");
  const hasId = matcher(query.text("run_id_pattern"));
  const bounds = Object.entries(RUN_DATES).flatMap(([name, dateOf]) =>
    BOUNDS.flatMap(([suffix, holds]) => {
      const bound = query.moment(`${name}_${suffix}`);
      return bound === undefined ? [] : [{ dateOf, holds, bound }];
    }),
  );
  return (run) =>
    (types.length === 0 || types.includes(run.runType)) &&
    hasId(run.runId) &&
    bounds.every(({ dateOf, holds, bound }) => {
      const date = dateOf(run);
      return date !== null && date !== undefined && holds(Date.parse(date), bound);
    });
}

const BOUNDS: readonly (readonly [string, (moment: number, bound: number) => boolean])[] = [
  ["gte", (moment, bound) => moment >= bound],
  ["gt", (moment, bound) => moment > bound],
  ["lte", (moment, bound) => moment <= bound],
  ["lt", (moment, bound) => moment < bound],
];
