// /assets/events: that assets were changed, also by what is no task of a DAG; and what a run has
// consumed of it.

import { randomUUID } from "node:crypto";
import type { AssetEventRecord, AssetRecord } from "../../../model/assets/records.ts";
import { assetEventKey, assetIdText } from "../../../model/ids.ts";
import type { JsonObject } from "../../../model/values/json.ts";
import { toIso } from "../../../model/values/time.ts";
import { recordEvent } from "../../../services/assets/record-events.ts";
import { forbidden } from "../../access/forbidden.ts";
import { type ApiContext, runOf } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
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

const NAME = byPattern<string>("name", (text) => text);

export const assetEventOperations: Operations = (context) => {
  const { platform } = context;

  return [
    operation("get_asset_events", {
      permission: "GET asset",
      query: [
        ...PAGE,
        "order_by",
        "asset_id",
        ...boundsOf("timestamp"),
        ...NAME.parameters,
        ...parametersOf(FILTERS),
      ],
      async handle({ query }) {
        const now = platform.clock.now();
        const tests = testsOf(FILTERS, query, now);
        const all = await listEvents(context, query);
        const named = await withName(context, all, NAME.toTest(query, now));
        const found = named.filter((event) => tests.every((test) => test(event)));
        const order = { query, keys: ORDER, fallback: ["timestamp"] };
        const facts = await factsOfEvents(context, cut(ordered(found, order), query.page()));
        return { asset_events: facts.map(toEventResponse), total_entries: found.length };
      },
    }),

    operation("create_asset_event", {
      permission: "POST asset",
      async handle({ body, changed }) {
        const asset = await platform.metadata.assets.get(assetIdText(body.asset_id));
        if (!asset) throw new Problem(404, `Asset with ID: \`${body.asset_id}\` was not found`);
        const event = toEvent(body, { asset, now: platform.clock.now() });
        await recordEvent(platform, event);
        const response = toEventResponse({ event, asset, runs: [] });
        changed(undefined, response);
        return response;
      },
    }),

    operation("get_upstream_asset_events", {
      permission: "GET dag.run",
      async handle({ path: { dag_id: dagId, dag_run_id: runId }, c }) {
        if (!c.var.principal.may("GET asset")) throw forbidden("GET asset");
        await runOf(context, { dagId, runId });
        const events = await everyItem((page) =>
          platform.metadata.assetEvents.listConsumed({ ...page, dagId, runId }),
        );
        const facts = await factsOfEvents(context, events);
        return { asset_events: facts.map(toEventResponse), total_entries: events.length };
      },
    }),
  ];
};

/** Refuses what an event from outside can't have. `now` is in epoch ms. */
function toEvent(
  body: Schema<"CreateAssetEventsBody">,
  { asset, now }: { readonly asset: AssetRecord; readonly now: number },
): AssetEventRecord {
  if (body.access_control != null) {
    throw refused("access_control", "Not supported: there are no teams");
  }
  // Parsed from JSON.
  const extra = { ...(body.extra as JsonObject | undefined), from_rest_api: true };
  if (Buffer.byteLength(JSON.stringify(extra)) > MAX_EXTRA_BYTES) {
    throw refused("extra", `Input should have at most ${MAX_EXTRA_BYTES} bytes of JSON`);
  }
  const timestamp = toIso(now);
  return {
    key: assetEventKey(timestamp, [randomUUID()]),
    assetId: asset.id,
    timestamp,
    extra,
    ...(body.partition_key == null ? {} : { partitionKey: body.partition_key }),
  };
}

function refused(field: string, msg: string): InvalidRequest {
  return new InvalidRequest([{ type: "value_error", loc: ["body", field], msg }]);
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
