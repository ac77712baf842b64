// Webhooks: addresses that trigger a DAG without a log-in.
import { expect, test } from "vitest";
import { createApiProduct } from "../api-product.ts";

const HOOKS = "/dags/by_hand/webhooks";

async function setUp() {
  const product = await createApiProduct();
  const { body: made } = await product.ask(HOOKS, { body: { name: "shop" } });
  const call = async (path: string, init: RequestInit = {}) => {
    const response = await product.app.request(path, { method: "POST", ...init });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
  const confOf = async (runId: string) => {
    const run = await product.ask(`/dags/by_hand/dagRuns/${encodeURIComponent(runId)}`);
    return run.body.conf;
  };
  return { ...product, made, call, confOf };
}

test("a webhook triggers its DAG, and says who called", async () => {
  const { made, call, ask } = await setUp();
  expect(made).toMatchObject({ dag_id: "by_hand", name: "shop", created_by: "ann" });
  const { status, body } = await call(made.path);
  expect([status, body.dag_id]).toEqual([200, "by_hand"]);
  const run = await ask(`/dags/by_hand/dagRuns/${encodeURIComponent(body.dag_run_id)}`);
  expect(run.body).toMatchObject({ conf: {}, triggering_user_name: "webhook shop" });
});

test.each([
  ["an object", "application/json", '{"order":7}', { order: 7 }],
  ["a list", "application/json; charset=utf-8", "[1,2]", { payload: [1, 2] }],
  ["a form", "application/x-www-form-urlencoded", "order=7&from=a+b", { order: "7", from: "a b" }],
  ["a text", "text/plain", "ping", { payload: "ping" }],
])("what is sent is the run's conf: %s", async (_, type, text, conf) => {
  const { made, call, confOf } = await setUp();
  const { body } = await call(made.path, { headers: { "content-type": type }, body: text });
  expect(await confOf(body.dag_run_id)).toEqual(conf);
});

test("JSON that is none is refused", async () => {
  const { made, call } = await setUp();
  const headers = { "content-type": "application/json" };
  expect((await call(made.path, { headers, body: "{" })).status).toBe(422);
});

test("calls with the same key trigger one run", async () => {
  const { made, call, ask } = await setUp();
  const headers = { "idempotency-key": "order 7" };
  const first = await call(made.path, { headers });
  expect(await call(made.path, { headers })).toEqual(first);
  const other = await call(made.path, { headers: { "x-github-delivery": "8" } });
  expect(other.body.dag_run_id).not.toBe(first.body.dag_run_id);
  expect((await ask("/dags/by_hand/dagRuns")).body.total_entries).toBe(2);
});

test("wrong, foreign and revoked addresses are refused alike", async () => {
  const { made, call, ask, metadata } = await setUp();
  const refused = { status: 404, body: { detail: "There is no such webhook, or it was revoked" } };
  const [id] = made.path.split("/").at(-1).split(".");
  for (const path of [
    `/webhooks/by_hand/${id}.wrong`,
    `/webhooks/by_hand/${id}`,
    made.path.replace("by_hand", "etl"),
    made.path.replace("by_hand", "nothing"),
    `/webhooks/by_hand/..${"x".repeat(300)}`,
  ]) {
    expect(await call(path), path).toEqual(refused);
  }
  expect((await ask(`${HOOKS}/${made.webhook_id}`, { method: "DELETE" })).status).toBe(204);
  expect(await call(made.path)).toEqual(refused);
  expect((await ask(`${HOOKS}/${made.webhook_id}`, { method: "DELETE" })).status).toBe(404);
  expect((await metadata.runs.list({ dagId: "by_hand" })).items).toEqual([]);
});

test("the address is told once: lists, the store and the event log don't have it", async () => {
  const { made, call, ask, metadata } = await setUp();
  await call(made.path);
  const secret = made.path.split(".").at(-1);
  const { body } = await ask(HOOKS);
  const { path: _, ...shown } = made;
  expect(body).toEqual({ webhooks: [shown], total_entries: 1 });
  const log = await ask("/eventLogs");
  expect(log.body.event_logs.map(({ event }: { readonly event: string }) => event)).toEqual([
    "create_webhook",
    "call_webhook",
  ]);
  const kept = [log.body, body, await metadata.webhooks.list(), await metadata.runs.list({})];
  expect(JSON.stringify(kept)).not.toContain(secret);
  expect((await ask("/dags/nothing/webhooks", { body: { name: "x" } })).status).toBe(404);
  expect((await ask("/dags/nothing/webhooks")).status).toBe(404);
  expect((await ask(HOOKS, { body: { name: "" } })).status).toBe(422);
});
