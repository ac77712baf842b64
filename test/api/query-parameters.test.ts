// Every query parameter of Airflow's document narrows the answer as it should, or is refused by name.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FILES } from "../../src/api/operation-files.ts";
import { dagDocument } from "../model/documents.ts";
import { createApiProduct, FAILED_RUN, publish } from "./api-product.ts";
import { ASSET_LISTINGS } from "./assets/asset-listings.ts";
import { EVENT_LOG_PARAMETERS } from "./event-log-parameters.ts";
import { type Listing, nothingWithin } from "./listing-cases.ts";
import { RUN_LISTINGS, RUN_PARAMETERS } from "./runs/run-listings.ts";
import * as stored from "./stored/stored-listings.ts";

interface Documented {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}
type Operations = Readonly<Record<string, Documented>>;

const { paths }: { readonly paths: Readonly<Record<string, Operations>> } = JSON.parse(
  readFileSync(new URL("../../src/api/document/airflow-3.3.2.json", import.meta.url), "utf8"),
);

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
  ...RUN_LISTINGS,
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
  ...RUN_PARAMETERS,
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
  "get /backfills": ["dag_id", "limit", "offset", "order_by"],
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
    group_id: "group",
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
