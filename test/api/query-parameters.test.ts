// Every query parameter of Airflow's document narrows the answer as it should, or is refused by name.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FILES } from "../../src/api/operation-files.ts";
import { inputRequestKey } from "../../src/model/ids.ts";
import { dagDocument } from "../model/documents.ts";
import { type ApiProduct, createApiProduct, FAILED_RUN, publish } from "./api-product.ts";
import { ASSET_LISTINGS } from "./assets/asset-listings.ts";
import { EVENT_LOG_PARAMETERS } from "./event-log-parameters.ts";
import { type Listing, nothingWithin } from "./listing-cases.ts";
import * as stored from "./stored/stored-listings.ts";

interface Documented {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}
type Operations = Readonly<Record<string, Documented>>;

const { paths }: { readonly paths: Readonly<Record<string, Operations>> } = JSON.parse(
  readFileSync(new URL("../../src/api/document/airflow-3.3.2.json", import.meta.url), "utf8"),
);

const RUN = "/dags/{dag_id}/dagRuns/{dag_run_id}";
const LOAD = `${RUN}/taskInstances/{task_id}`;

const onDay = (day: number) => `scheduled__2026-01-${day}T06:00:00+00:00`;
const DAY_29 = onDay(29);
const DAY_30 = onDay(30);
const DAY_31 = onDay(31);

const LISTINGS: Readonly<Record<string, Listing>> = {
  "/dags": {
    items: "dags",
    id: "dag_id",
    all: ["by_hand", "etl"],
    queries: {
      "limit=1": ["by_hand"],
      "offset=1": ["etl"],
      "tags=orders": ["etl"],
      "tags=orders&tags=other&tags_match_mode=all": [],
      "owners=ANN": ["etl"],
      "dag_id_pattern=HAND": ["by_hand"],
      "dag_id_prefix_pattern=et": ["etl"],
      "dag_display_name_pattern=order": ["etl"],
      "dag_display_name_prefix_pattern=Ord": ["etl"],
      "exclude_stale=false": ["by_hand", "etl", "gone"],
      "paused=true": ["etl"],
      "has_import_errors=true": ["etl"],
      "last_dag_run_state=running": ["etl"],
      "last_dag_run_state=failed": [],
      "bundle_name=other": [],
      "bundle_version=other": [],
      ...nothingWithin("dag_run_start_date"),
      "dag_run_start_date_gte=2026-01-31": ["etl"],
      ...nothingWithin("dag_run_end_date"),
      "dag_run_state=running": ["etl"],
      "order_by=-dag_id": ["etl", "by_hand"],
      "order_by=-next_dagrun": ["etl", "by_hand"],
      "order_by=-last_run_start_date": ["etl", "by_hand"],
      "order_by=-last_run_state": ["etl", "by_hand"],
      "order_by=dag_display_name": ["etl", "by_hand"],
    },
  },
  "/dags/{dag_id}/tasks": {
    items: "tasks",
    id: "task_id",
    all: ["alert", "extract", "load"],
    queries: { "order_by=-task_id": ["load", "extract", "alert"] },
  },
  "/dags/{dag_id}/dagRuns": {
    items: "dag_runs",
    id: "dag_run_id",
    all: [DAY_29, DAY_30, DAY_31],
    queries: {
      "cursor=&limit=2": [DAY_31, DAY_30],
      "limit=2": [DAY_29, DAY_30],
      "offset=2": [DAY_31],
      ...nothingWithin("run_after"),
      "run_after_gte=2026-01-30T06:00:00Z&run_after_lte=2026-01-30T06:00:00Z": [DAY_30],
      "run_after_gt=2026-01-30T06:00:00Z": [DAY_31],
      "run_after_lt=2026-01-30T06:00:00Z": [DAY_29],
      ...nothingWithin("logical_date"),
      "logical_date_gte=2026-01-30T06:00:00Z&logical_date_lte=2026-01-30T06:00:00Z": [DAY_30],
      "logical_date_gt=2026-01-30T06:00:00Z": [DAY_31],
      "logical_date_lt=2026-01-30T06:00:00Z": [DAY_29],
      ...nothingWithin("start_date"),
      "start_date_gte=2026-01-31": [DAY_31],
      "end_date_gte=2026-01-30": [DAY_30, DAY_31],
      "end_date_gt=2026-01-31": [DAY_31],
      "end_date_lte=2026-01-30": [DAY_29],
      "end_date_lt=2026-01-30": [DAY_29],
      "duration_gte=4.5": [DAY_29, DAY_30],
      "duration_gt=4.5": [],
      "duration_lte=4.5": [DAY_29, DAY_30],
      "duration_lt=4.5": [],
      "state=failed": [DAY_30],
      "state=failed&state=running": [DAY_30, DAY_31],
      "run_type=manual": [],
      "order_by=-logical_date": [DAY_31, DAY_30, DAY_29],
      "order_by=-id": [DAY_31, DAY_30, DAY_29],
      "run_id_pattern=01-30": [DAY_30],
      "run_id_prefix_pattern=scheduled__2026-01-31": [DAY_31],
      "triggering_user_name_pattern=ann": [],
      "triggering_user_name_prefix_pattern=ann": [],
      "partition_key_pattern=2026": [],
      "partition_key_prefix_pattern=2026": [],
      "dag_id_pattern=hand": [],
      "dag_id_prefix_pattern=by": [],
    },
  },
  [`${RUN}/taskInstances`]: {
    items: "task_instances",
    id: "task_id",
    all: ["extract", "load", "alert"],
    queries: {
      "cursor=&limit=1": ["extract"],
      "task_id=load": ["load"],
      ...nothingWithin("run_after"),
      ...nothingWithin("logical_date"),
      "start_date_gte=2027-01-01": ["extract", "alert"],
      "start_date_gt=2027-01-01": ["extract", "alert"],
      "start_date_lte=2026-01-31": ["load"],
      "start_date_lt=2026-01-31": ["load"],
      "end_date_gte=2027-01-01": ["extract", "alert"],
      "end_date_gt=2027-01-01": ["extract", "alert"],
      "end_date_lte=2026-01-31": ["load"],
      "end_date_lt=2026-01-31": ["load"],
      "duration_gte=1.5": ["load"],
      "duration_gt=1.5": [],
      "duration_lte=1.5": ["load"],
      "duration_lt=1.5": [],
      "task_display_name_pattern=OA": ["load"],
      "task_display_name_prefix_pattern=lo": ["load"],
      "task_group_id=group": ["alert"],
      "dag_id_pattern=hand": [],
      "dag_id_prefix_pattern=by": [],
      "run_id_pattern=manual": [],
      "run_id_prefix_pattern=manual": [],
      "state=failed": ["load"],
      "state=none": ["extract", "alert"],
      "pool=other": [],
      "pool_name_pattern=other": [],
      "pool_name_prefix_pattern=other": [],
      "queue=other": [],
      "queue_name_pattern=other": [],
      "queue_name_prefix_pattern=other": [],
      "version_number=2": [],
      "try_number=2": ["load"],
      "operator=bash": ["extract"],
      "operator_name_pattern=BAS": ["extract"],
      "operator_name_prefix_pattern=ba": ["extract"],
      "map_index=0": [],
      "limit=1": ["extract"],
      "offset=2": ["alert"],
      "order_by=-try_number": ["load", "extract", "alert"],
    },
  },
  [`${LOAD}/xcomEntries`]: {
    items: "xcom_entries",
    id: "key",
    all: ["return_value", "rows"],
    queries: {
      "xcom_key=rows": ["rows"],
      "map_index=0": [],
      "limit=1": ["return_value"],
      "offset=1": ["rows"],
      "xcom_key_pattern=OW": ["rows"],
      "xcom_key_prefix_pattern=ro": ["rows"],
      "dag_display_name_pattern=hand": [],
      "dag_display_name_prefix_pattern=by": [],
      "run_id_pattern=manual": [],
      "run_id_prefix_pattern=manual": [],
      "task_id_pattern=extract": [],
      "task_id_prefix_pattern=ex": [],
      "map_index_filter=0": [],
      ...nothingWithin("logical_date"),
      ...nothingWithin("run_after"),
      "order_by=-key": ["rows", "return_value"],
    },
  },
  [`${RUN}/hitlDetails`]: {
    items: "hitl_details",
    id: "subject",
    prepare: askPeople,
    all: ["Tell all?", "Load it?"],
    queries: {
      "limit=1": ["Tell all?"],
      "offset=1": ["Load it?"],
      "order_by=subject": ["Load it?", "Tell all?"],
      "dag_id_pattern=hand": [],
      "dag_id_prefix_pattern=by": [],
      "task_id=load": ["Load it?"],
      "task_id_pattern=LER": ["Tell all?"],
      "task_id_prefix_pattern=lo": ["Load it?"],
      "map_index=0": [],
      "state=failed": ["Load it?"],
      "response_received=true": ["Tell all?"],
      "responded_by_user_id=ann": ["Tell all?"],
      "responded_by_user_name=ben": [],
      "subject_search=tell": ["Tell all?"],
      "body_search=rows": ["Load it?"],
      ...nothingWithin("created_at"),
    },
  },
  ...ASSET_LISTINGS,
  ...stored.listings,
  "/pools": {
    items: "pools",
    id: "name",
    all: ["db", "default_pool"],
    queries: {
      "limit=1": ["db"],
      "offset=1": ["default_pool"],
      "order_by=-name": ["default_pool", "db"],
      "pool_name_pattern=FAULT": ["default_pool"],
      "pool_name_prefix_pattern=de": ["default_pool"],
    },
  },
  "/importErrors": {
    items: "import_errors",
    id: "filename",
    all: ["broken.ts", "etl.ts"],
    queries: {
      "limit=1": ["broken.ts"],
      "offset=1": ["etl.ts"],
      "order_by=-filename": ["etl.ts", "broken.ts"],
      "filename_pattern=BROKE": ["broken.ts"],
      "filename_prefix_pattern=br": ["broken.ts"],
      "filename=etl.ts": ["etl.ts"],
      "bundle_name=other": [],
    },
  },
};

/**
 * Parameters that do something else than narrow a listing; what they do is tested with their
 * operations.
 */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  "get /dags/{dag_id}/dagRuns": ["partition_date_gte", "partition_date_lte"],
  "get /assets/{asset_id}/queuedEvents": ["before"],
  "delete /assets/{asset_id}/queuedEvents": ["before"],
  "get /dags/{dag_id}/assets/queuedEvents": ["before"],
  "delete /dags/{dag_id}/assets/queuedEvents": ["before"],
  "get /dags/{dag_id}/assets/{asset_id}/queuedEvents": ["before"],
  "delete /dags/{dag_id}/assets/{asset_id}/queuedEvents": ["before"],
  "get /eventLogs": EVENT_LOG_PARAMETERS,
  ...stored.others,
  "patch /dags/{dag_id}": ["update_mask"],
  "patch /pools/{pool_name}": ["update_mask"],
  [`patch ${RUN}`]: ["update_mask"],
  [`patch ${LOAD}`]: ["map_index", "update_mask"],
  [`patch ${LOAD}/dry_run`]: ["map_index", "update_mask"],
  [`patch ${LOAD}/{map_index}`]: ["update_mask"],
  [`patch ${LOAD}/{map_index}/dry_run`]: ["update_mask"],
  [`get ${LOAD}/dependencies`]: ["map_index"],
  [`get ${LOAD}/tries`]: ["map_index"],
  [`get ${LOAD}/tries/{task_try_number}`]: ["map_index"],
  "get /backfills": ["dag_id", "limit", "offset", "order_by"],
  [`get ${LOAD}/logs/{try_number}`]: ["full_content", "map_index", "token"],
  [`get ${LOAD}/xcomEntries/{xcom_key}`]: ["map_index", "deserialize", "stringify"],
  [`get ${LOAD}/state-store`]: ["limit", "offset", "map_index"],
  [`delete ${LOAD}/state-store`]: ["all_map_indices", "map_index"],
  ...Object.fromEntries(
    ["get", "put", "patch", "delete"].map((method) => [
      `${method} ${LOAD}/state-store/{key}`,
      ["map_index"],
    ]),
  ),
};

const SERVED: ReadonlySet<string> = new Set(FILES.flatMap(({ ids }) => ids));

const OPERATIONS = Object.entries(paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, { operationId, parameters = [] }]) => {
    if (!SERVED.has(operationId)) return [];
    const place = path.replace("/api/v2", "");
    const ofQuery = parameters.filter((parameter) => parameter.in === "query");
    return [{ method, place, documented: ofQuery.map(({ name }) => name) }];
  }),
);

/** The path with ids for which there is something. */
function toPath(place: string): string {
  const ids: Readonly<Record<string, string>> = {
    dag_id: "etl",
    dag_run_id: encodeURIComponent(FAILED_RUN),
    task_id: "load",
    try_number: "2",
    task_try_number: "2",
    xcom_key: "rows",
    map_index: "-1",
    import_error_id: "1",
    pool_name: "db",
    backfill_id: "7",
    asset_id: "7",
    asset_alias_id: "7",
    key: "job",
    event_log_id: "7",
  };
  return place.replaceAll(/\{(\w+)\}/g, (_, name) => ids[name] ?? stored.ids[name] ?? "");
}

async function setUp() {
  const product = await createApiProduct();
  const { metadata } = product;
  await publish(metadata, dagDocument({ dagId: "gone" }), { isPaused: false, isStale: true });
  await metadata.pools.put({ pool: "db", slots: 3, includeDeferred: false });
  for (const file of ["broken.ts", "etl.ts"]) {
    await metadata.files.put({
      file,
      imports: [],
      dagIds: file === "etl.ts" ? ["etl"] : [],
      processedAt: "2026-01-30T08:00:00.250Z",
      diagnostics: [{ code: "cycle", severity: "error", message: "a → b → a" }],
    });
  }
  return product;
}

/** Two tasks of the failed run have asked people, and one has its answer. */
async function askPeople({ metadata }: Pick<ApiProduct, "metadata">): Promise<void> {
  const moment = "2026-01-30T07:00:00.000Z";
  const question = { options: ["yes"], defaults: [], multiple: false, params: {} };
  const asked = { ...question, assignedUsers: [], askedBy: moment, createdAt: moment };
  const respondedBy = { id: "ann", name: "ann" };
  const response = { chosenOptions: ["yes"], paramsInput: {}, respondedAt: moment, respondedBy };
  for (const [taskId, rest] of Object.entries({
    load: { subject: "Load it?", body: "1,250 rows" },
    alert: { subject: "Tell all?", body: null, response },
  })) {
    const instance = { dagId: "etl", runId: FAILED_RUN, taskId, mapIndex: -1 };
    const set = { tryNumber: 1, startDate: moment };
    await metadata.taskInstances.update({ key: instance, from: [null, "failed"], set });
    const key = inputRequestKey(instance, 1);
    await metadata.inputRequests.put({ ...asked, ...instance, ...rest, tryNumber: 1, key });
    await metadata.openInputRequests.put({ key, writtenAt: moment });
  }
}

describe("a supported parameter narrows the answer", () => {
  for (const [place, { items, id, all, queries, prepare }] of Object.entries(LISTINGS)) {
    const prepared = async () => {
      const product = await setUp();
      await prepare?.(product);
      return product;
    };
    const idsOf = (body: Readonly<Record<string, readonly Record<string, string>[]>>) =>
      body[items]?.map((item) => item[id]);

    test(`${place} without parameters`, async () => {
      const { ask } = await prepared();
      expect(idsOf((await ask(toPath(place))).body)).toEqual(all);
    });

    test.each(Object.entries(queries))(`${place}?%s: %j`, async (query, expected) => {
      const { ask } = await prepared();
      const { status, body } = await ask(`${toPath(place)}?${query}`);
      expect(status, JSON.stringify(body)).toBe(200);
      expect(idsOf(body)).toEqual(expected);
      expect(expected, "a query that changes nothing shows nothing").not.toEqual(all);
    });
  }
});

describe("any other parameter is refused by name", () => {
  test.each(OPERATIONS)("$method $place", async ({ method, place, documented }) => {
    const { ask } = await setUp();
    const key = `${method} ${place}`;
    const queries = method === "get" ? Object.keys(LISTINGS[place]?.queries ?? {}) : [];
    const supported = new Set([
      ...queries.flatMap((query) => [...new URLSearchParams(query).keys()]),
      ...(OTHERS[key] ?? []),
    ]);
    expect([...supported].filter((name) => !documented.includes(name))).toEqual([]);
    const options = { method: method.toUpperCase() };
    for (const name of [...documented, "nonsense"]) {
      if (supported.has(name)) continue;
      const { status, body } = await ask(`${toPath(place)}?${name}=1`, options);
      expect([status, body.detail], name).toEqual([400, expect.stringContaining(`\`${name}\``)]);
      for (const one of supported) expect(body.detail).toContain(`\`${one}\``);
    }
    for (const name of supported) {
      const { body } = await ask(`${toPath(place)}?${name}=1`, options);
      expect(body?.detail ?? "").not.toEqual(expect.stringContaining("not supported"));
    }
  });

  test("a parameter without a value counts as absent, as Airflow's own clients send it", async () => {
    const { ask } = await setUp();
    expect((await ask("/dags/etl/dagRuns?limit=&pool=&start_date=")).body.total_entries).toBe(3);
  });

  test("the DAG of the path may be named in the query as well, but no other", async () => {
    const { ask } = await setUp();
    expect((await ask("/dags/etl/dagRuns?dag_id=etl")).status).toBe(200);
    expect((await ask("/dags/~/dagRuns?dag_id=~")).status).toBe(200);
    expect((await ask("/dags/etl/dagRuns?dag_id=by_hand")).status).toBe(400);
  });
});
