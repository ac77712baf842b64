// /assets/events: that assets were changed, also by what is no task of a DAG; and what a run has
// consumed of it.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { AssetEventRecord } from "../../../model/assets/records.ts";
import { assetEventKey, assetIdText } from "../../../model/ids.ts";
import { toIso } from "../../../model/values/time.ts";
import { recordEvent } from "../../../services/assets/record-events.ts";
import { type Api, type ApiContext, runOf } from "../../context.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import { accepts, PAGE } from "../../requests/accepts.ts";
import { CONF, readBody } from "../../requests/body.ts";
import {
  boundsOf,
  byIntegers,
  byPattern,
  byText,
  type Filter,
  parametersOf,
  testsOf,
} from "../../requests/filters.ts";
import { cut, everyItem, type OrderKeys, ordered } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import { toEventResponse } from "../../responses/asset-responses.ts";
import { factsOfEvents } from "./asset-look-ups.ts";

const FILTERS: readonly Filter<AssetEventRecord>[] = [
  byText("source_dag_id", ({ source }) => source?.dagId ?? ""),
  byText("source_task_id", ({ source }) => source?.taskId ?? ""),
  byText("source_run_id", ({ source }) => source?.runId ?? ""),
  byIntegers("source_map_index", ({ source }) => source?.mapIndex ?? -1),
];
const ORDER: OrderKeys<AssetEventRecord> = {
  source_task_id: ({ source }) => source?.taskId,
  source_dag_id: ({ source }) => source?.dagId,
  source_run_id: ({ source }) => source?.runId,
  source_map_index: ({ source }) => source?.mapIndex ?? -1,
  timestamp: ({ timestamp }) => timestamp,
};

/** Longest JSON text of the extra of an event from outside, in bytes. */
const MAX_EXTRA_BYTES = 131_072;

const EVENT_BODY = z.strictObject({
  asset_id: z.int({ error: "Input should be a valid integer" }),
  partition_key: z
    .string()
    .max(250)
    .regex(/\S/, { error: "String should match pattern '\\S'" })
    .nullish(),
  extra: CONF.default({}),
  access_control: z.unknown().optional(),
});

export function addAssetEventRoutes(app: Api, context: ApiContext): void {
  const { platform } = context;
  const name = byPattern<string>("name", (text) => text);

  app.get(
    "/assets/events",
    accepts(
      ...PAGE,
      "order_by",
      "asset_id",
      ...boundsOf("timestamp"),
      ...name.parameters,
      ...parametersOf(FILTERS),
    ),
    async (c) => {
      const { query } = c.var;
      const now = platform.clock.now();
      const tests = testsOf(FILTERS, query, now);
      const all = await listEvents(context, query);
      const named = await withName(context, all, name.toTest(query, now));
      const found = named.filter((event) => tests.every((test) => test(event)));
      const order = { query, keys: ORDER, fallback: ["timestamp"] };
      const facts = await factsOfEvents(context, cut(ordered(found, order), query.page()));
      return c.json({ asset_events: facts.map(toEventResponse), total_entries: found.length });
    },
  );

  app.post("/assets/events", accepts(), async (c) => {
    const body = await readBody(c, EVENT_BODY);
    if (body.access_control != null) {
      const msg = "Not supported: there are no teams";
      throw new InvalidRequest([{ type: "value_error", loc: ["body", "access_control"], msg }]);
    }
    const asset = await platform.metadata.assets.get(assetIdText(body.asset_id));
    if (!asset) throw new Problem(404, `Asset with ID: \`${body.asset_id}\` was not found`);
    const extra = { ...body.extra, from_rest_api: true };
    if (Buffer.byteLength(JSON.stringify(extra)) > MAX_EXTRA_BYTES) {
      const msg = `Input should have at most ${MAX_EXTRA_BYTES} bytes of JSON`;
      throw new InvalidRequest([{ type: "value_error", loc: ["body", "extra"], msg }]);
    }
    const timestamp = toIso(platform.clock.now());
    const event: AssetEventRecord = {
      key: assetEventKey(timestamp, [randomUUID()]),
      assetId: asset.id,
      timestamp,
      extra,
      ...(body.partition_key == null ? {} : { partitionKey: body.partition_key }),
    };
    await recordEvent(platform, event);
    return c.json(toEventResponse({ event, asset, runs: [] }));
  });

  app.get("/dags/:dag_id/dagRuns/:dag_run_id/upstreamAssetEvents", accepts(), async (c) => {
    const { dag_id: dagId, dag_run_id: runId } = c.req.param();
    await runOf(context, { dagId, runId });
    const events = await everyItem((page) =>
      platform.metadata.assetEvents.listConsumed({ ...page, dagId, runId }),
    );
    const facts = await factsOfEvents(context, events);
    return c.json({ asset_events: facts.map(toEventResponse), total_entries: events.length });
  });
}

/** Those of the asset and in the range; no others are read. */
async function listEvents({ platform }: ApiContext, query: Query) {
  const assetId = query.integer("asset_id");
  const from = laterOf(query.moment("timestamp_gte"), after(query.moment("timestamp_gt")));
  const to = earlierOf(query.moment("timestamp_lte"), before(query.moment("timestamp_lt")));
  const timestamps = {
    ...(from === undefined ? {} : { from: toIso(from) }),
    ...(to === undefined ? {} : { to: toIso(to) }),
  };
  const listing = { timestamps, oldestFirst: true, ...(assetId === undefined ? {} : { assetId }) };
  return everyItem((page) => platform.metadata.assetEvents.list({ ...listing, ...page }));
}

/** Events of assets whose names pass. */
async function withName(
  { platform }: ApiContext,
  events: readonly AssetEventRecord[],
  test: ((name: string) => boolean) | undefined,
): Promise<readonly AssetEventRecord[]> {
  if (!test) return events;
  const passing = new Map<number, boolean>();
  for (const { assetId } of events) {
    if (passing.has(assetId)) continue;
    const asset = await platform.metadata.assets.get(assetIdText(assetId));
    passing.set(assetId, asset !== undefined && test(asset.name));
  }
  return events.filter(({ assetId }) => passing.get(assetId));
}

/** Moments are whole milliseconds. */
function after(moment: number | undefined): number | undefined {
  return moment === undefined ? undefined : moment + 1;
}

function before(moment: number | undefined): number | undefined {
  return moment === undefined ? undefined : moment - 1;
}

function laterOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

function earlierOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
