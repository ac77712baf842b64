// The values that assets keep across runs, over the API (Airflow 3.3: asset_state_store.py).
import { expect, test } from "vitest";
import { assetIdOf } from "../../../src/model/ids.ts";
import { createTaskServices } from "../../../src/services/tasks/task-services.ts";
import { dagDocument, taskDocument } from "../../model/documents.ts";
import { complaints } from "../airflow-document.ts";
import { createApiProduct, publish } from "../api-product.ts";

const X = { kind: "asset", name: "x", uri: "s3://b/x", group: "asset" } as const;
const ID = assetIdOf(X);
const STORE = `/assets/${ID}/state-store`;
const PATH = "/assets/{asset_id}/state-store";
const put = (value: unknown) => ({ method: "PUT", body: { value } });
const API_WRITER = { kind: "api", dag_id: null, run_id: null, task_id: null, map_index: null };

async function withAsset() {
  const product = await createApiProduct();
  const { metadata, services } = product;
  const document = dagDocument({ dagId: "maker", tasks: [taskDocument("t", { outlets: [X] })] });
  await publish(metadata, document, { isPaused: false });
  await services.scheduler.schedule("maker");
  await product.ask("/dags/maker/dagRuns", { body: { logical_date: null, dag_run_id: "r" } });
  const key = { dagId: "maker", runId: "r", taskId: "t", mapIndex: -1 };
  return { ...product, task: createTaskServices(product.platform, key) };
}

test("a value is set, read, replaced and deleted, by people and by tasks", async () => {
  const { ask, task } = await withAsset();
  expect((await ask(STORE)).body).toEqual({ asset_state_store: [], total_entries: 0 });
  expect(await ask(`${STORE}/water/mark`, put({ day: 3 }))).toEqual({
    status: 204,
    body: undefined,
  });
  expect(await task.getAssetState({ key: "water/mark" })).toBe('{"day":3}');
  await task.putAssetState({ key: "rows", value: "7" });
  const { status, body } = await ask(STORE);
  expect([status, complaints(PATH, "get", 200, body)]).toEqual([200, []]);
  const updated_at = "2026-01-31T12:00:00Z";
  expect(body).toEqual({
    asset_state_store: [
      {
        key: "rows",
        value: 7,
        updated_at,
        last_updated_by: {
          kind: "task",
          dag_id: "maker",
          run_id: "r",
          task_id: "t",
          map_index: -1,
        },
      },
      { key: "water/mark", value: { day: 3 }, updated_at, last_updated_by: API_WRITER },
    ],
    total_entries: 2,
  });
  expect((await ask(`${STORE}?limit=1&offset=1`)).body).toMatchObject({
    asset_state_store: [{ key: "water/mark" }],
    total_entries: 2,
  });
  await ask(`${STORE}/rows`, put([1]));
  const one = await ask(`${STORE}/rows`);
  expect(complaints(`${PATH}/{key}`, "get", 200, one.body)).toEqual([]);
  expect(one.body).toMatchObject({ key: "rows", value: [1], last_updated_by: API_WRITER });
  for (const _ of [1, 2]) {
    expect((await ask(`${STORE}/rows`, { method: "DELETE" })).status).toBe(204);
  }
  expect(await ask(`${STORE}/rows`)).toEqual({
    status: 404,
    body: { detail: "Asset state store key 'rows' not found" },
  });
  expect((await ask(STORE, { method: "DELETE" })).status).toBe(204);
  expect((await ask(STORE)).body.total_entries).toBe(0);
});

test("what isn't there, or can't be stored, is refused as in Airflow", async () => {
  const { ask } = await withAsset();
  const missing = { status: 404, body: { detail: "Asset with id 7 not found" } };
  for (const [path, options] of [
    ["/assets/7/state-store", {}],
    ["/assets/7/state-store", { method: "DELETE" }],
    ["/assets/7/state-store/a", {}],
    ["/assets/7/state-store/a", put(1)],
    ["/assets/7/state-store/a", { method: "DELETE" }],
  ] as const) {
    expect(await ask(path, options)).toEqual(missing);
  }
  for (const [key, value, msg] of [
    ["a", null, "value cannot be null"],
    ["a", "x".repeat(140_000), "value exceeds 131072 bytes; store where it is instead"],
    ["k".repeat(513), 1, "the key has 513 characters, 512 at most"],
    ["ü".repeat(500), 1, "the key has 1000 bytes, 900 at most"],
  ] as const) {
    const answer = await ask(`${STORE}/${encodeURIComponent(key)}`, put(value));
    expect(answer).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ["body", "value"], msg: `Value error, ${msg}` }] },
    });
  }
  expect((await ask(`${STORE}/a`, { method: "PUT", body: {} })).status).toBe(422);
});
