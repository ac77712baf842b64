// Every query parameter of Airflow's document narrows the answer as it should, or is refused by name.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FILES } from "../../src/api/operation-files.ts";
import { dagDocument } from "../model/documents.ts";
import { createApiProduct, FAILED_RUN, publish } from "./api-product.ts";
import { ASSET_LISTINGS } from "./assets/asset-listings.ts";
import { EVENT_LOG_PARAMETERS } from "./changes/event-log-parameters.ts";
import { DAG_LISTINGS, DAG_OTHERS } from "./definitions/dag-listings.ts";
import type { Listing } from "./listing-cases.ts";
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
  ...RUN_LISTINGS,
  ...ASSET_LISTINGS,
  ...stored.listings,
  ...DAG_LISTINGS,
};

/**
 * Parameters that do something else than narrow a listing; what they do is tested with their
 * operations.
 */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  ...DAG_OTHERS,
  ...RUN_PARAMETERS,
  "get /assets/{asset_id}/queuedEvents": ["before"],
  "delete /assets/{asset_id}/queuedEvents": ["before"],
  "get /dags/{dag_id}/assets/queuedEvents": ["before"],
  "delete /dags/{dag_id}/assets/queuedEvents": ["before"],
  "get /dags/{dag_id}/assets/{asset_id}/queuedEvents": ["before"],
  "delete /dags/{dag_id}/assets/{asset_id}/queuedEvents": ["before"],
  "get /assets/{asset_id}/state-store": ["limit", "offset"],
  "get /auth/login": ["next"],
  "get /eventLogs": EVENT_LOG_PARAMETERS,
  ...stored.others,
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
    version_number: "1",
    section: "core",
    option: "parallelism",
    file_token: "none",
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
    const idsOf = (body: Readonly<Record<string, readonly (Record<string, string> | string)[]>>) =>
      body[items]?.map((item) => (typeof item === "string" ? item : item[id]));

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
