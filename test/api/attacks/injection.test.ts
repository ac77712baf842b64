// Injection through what requests say: filters, orders, masks, bodies. Nothing of it is code to the
// store or to JavaScript; each operation answers without a fault, and with nothing more than asked.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { OPERATIONS } from "../../../src/api/document/generated/operations.ts";
import { FILES } from "../../../src/api/operation-files.ts";
import { type ApiProduct, createApiProduct, FAILED_RUN } from "../api-product.ts";

interface Documented {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

const {
  paths,
}: { readonly paths: Readonly<Record<string, Readonly<Record<string, Documented>>>> } = JSON.parse(
  readFileSync(new URL("../../../src/api/document/airflow-3.3.2.json", import.meta.url), "utf8"),
);
const SERVED: ReadonlySet<string> = new Set(FILES.flatMap(({ ids }) => ids));
const IDS: Readonly<Record<string, string>> = {
  dag_id: "~",
  dag_run_id: "~",
  task_id: "~",
  try_number: "1",
  map_index: "-1",
};
const READS = Object.entries(paths).flatMap(([path, operations]) => {
  const found = operations.get;
  if (!found || !SERVED.has(found.operationId)) return [];
  const names = (found.parameters ?? []).flatMap((each) => (each.in === "query" ? each.name : []));
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => IDS[name] ?? "1");
  return names.map((name) => ({ path: filled, name }));
});

const HOSTILE = [
  "' OR '1'='1",
  "'; DROP TABLE dags; --",
  '" OR ""="',
  "1) UNION SELECT * FROM access --",
  "%",
  "_",
  "\\",
  "\\%\\",
  "|",
  "||a||",
  "*",
  "a\0b",
  "\u202e",
  "$" + "{7*7}",
  "{{7*7}}",
  "{{ conn.x.password }}",
  "$where: 1",
  '{"$gt":""}',
  "(?=",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "-1",
  "1e999",
  "NaN",
  "0x10",
  "99999999999999999999",
  "2026-13-45T99:99:99Z",
];

const count = (body: Readonly<Record<string, unknown>>) => Number(body?.total_entries ?? 0);

test("no value of a query parameter is a fault, or widens what is answered", async () => {
  const { ask } = await createApiProduct();
  const wholes = new Map<string, number>();
  for (const { path } of READS) {
    if (!wholes.has(path)) wholes.set(path, count((await ask(path)).body));
  }
  for (const { path, name } of READS) {
    for (const value of HOSTILE) {
      const { status, body } = await ask(`${path}?${new URLSearchParams({ [name]: value })}`);
      expect(status, `${path}?${name}=${value}: ${JSON.stringify(body)}`).toBeLessThan(500);
      // Filters leave out, and never add.
      if (status === 200 && name !== "only_active" && name !== "exclude_stale") {
        expect(count(body), `${path}?${name}=${value}`).toBeLessThanOrEqual(wholes.get(path) ?? 0);
      }
    }
  }
  expect((await ask("/dags")).body.total_entries).toBe(2);
}, 120_000);

test("bytes that are no text are no fault", async () => {
  const { app } = await createApiProduct();
  for (const query of [
    "dag_id_pattern=%ff%fe",
    "tags=%c3%28",
    "limit=%00",
    "%00=1",
    "a[]=%E0%80",
  ]) {
    expect((await app.request(`/api/v2/dags?${query}`)).status, query).toBeLessThan(500);
  }
  for (const path of ["/api/v2/dags/%ff", "/api/v2/dags/%", "/api/v2/dags/%c3%28/dagRuns"]) {
    expect((await app.request(path)).status, path).toBeLessThan(500);
  }
});

describe("names that JavaScript knows", () => {
  const NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"];

  test.each(NAMES)("%s is no order, no mask, no boolean, no state, no event", async (name) => {
    const { ask } = await createApiProduct();
    const statusOf = async (path: string, options = {}) => (await ask(path, options)).status;
    expect(await statusOf(`/dags?order_by=${name}`)).toBe(400);
    expect(await statusOf(`/pools?order_by=-${name}`)).toBe(400);
    expect(await statusOf(`/eventLogs?order_by=${name}`)).toBe(400);
    expect(await statusOf(`/dags?paused=${name}`)).toBe(422);
    expect(await statusOf(`/assets?only_active=${name}`)).toBe(422);
    expect(await statusOf(`/dags/~/dagRuns?state=${name}`)).toBe(422);
    const patch = { method: "PATCH", body: { slots: 3 } };
    expect(await statusOf(`/pools/default_pool?update_mask=${name}`, patch)).toBeGreaterThan(399);
    for (const path of [`/dags/${name}`, `/pools/${name}`, `/variables/${name}`]) {
      expect(await statusOf(path), path).toBe(404);
    }
    expect(await statusOf(`/config?section=${name}`)).toBe(404);
    expect(await statusOf("/db/clean", { body: { clean_before_timestamp: name } })).toBe(400);
    const tables = { clean_before_timestamp: "2026-01-01", tables: [name] };
    expect(await statusOf("/db/clean", { body: tables })).toBe(400);
  });

  test.each(NAMES)("%s names a thing like any other", async (name) => {
    const { ask } = await createApiProduct();
    const pool = await ask("/pools", { body: { name, slots: 1 } });
    expect([pool.status, pool.body.name]).toEqual([201, name]);
    expect((await ask("/variables", { body: { key: name, value: "v" } })).status).toBe(201);
    expect((await ask(`/variables/${name}`)).body.value).toBe("v");
    const run = `/dags/etl/dagRuns/${encodeURIComponent(FAILED_RUN)}/taskInstances/load`;
    const xcom = await ask(`${run}/xcomEntries`, { body: { key: name, value: 7 } });
    expect([xcom.status, xcom.body.key]).toEqual([201, name]);
    expect((await ask(`${run}/xcomEntries/${name}`)).body.value).toBe(7);
    const state = { method: "PUT", body: { value: 7 } };
    expect((await ask(`${run}/state-store/${name}`, state)).status).toBe(204);
    expect((await ask(`${run}/state-store/${name}`)).body.value).toBe(7);
  });
});

test("a body changes the prototype of nothing", async () => {
  const { app } = await createApiProduct();
  const conf = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
  const send = (path: string, method: string, body: string) => app.request(path, { method, body });
  const bodies = [
    `{"logical_date":null,"conf":${conf}}`,
    `{"logical_date":null,"__proto__":{"polluted":1}}`,
    `{"logical_date":null,"note":"x","conf":{"__proto__":null}}`,
  ];
  for (const body of bodies) {
    expect((await send("/api/v2/dags/by_hand/dagRuns", "POST", body)).status).toBeLessThan(500);
  }
  for (const id of FILES.flatMap(({ ids }) => ids)) {
    const { method, path } = OPERATIONS[id];
    if (method === "get") continue;
    const asked = path.replaceAll(/\{(\w+)\}/g, (_, name) => (name === "dag_id" ? "etl" : "1"));
    const answer = await send(asked, method.toUpperCase(), conf);
    expect(answer.status, id).toBeLessThan(500);
  }
  expect(Reflect.get({}, "polluted")).toBeUndefined();
  const { note } = await firstNote(await createApiProduct());
  expect(note).toBe("{{ 7*7 }}");
});

/** What people write is not a template. */
async function firstNote({ ask }: ApiProduct) {
  const body = { logical_date: null, note: "{{ 7*7 }}", dag_run_id: "mine" };
  expect((await ask("/dags/by_hand/dagRuns", { body })).status).toBe(200);
  return (await ask("/dags/by_hand/dagRuns/mine")).body;
}
