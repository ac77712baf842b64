// What a caller sees, and changes, who has access to some DAGs only.
import { Hono } from "hono";
import { expect, test } from "vitest";
import type { Principal } from "../../../src/api/access/principal.ts";
import type { ApiEnv } from "../../../src/api/context.ts";
import { addOperations } from "../../../src/api/registry.ts";
import { createAccessServices } from "../../../src/services/access/access-services.ts";
import { createApiProduct, FAILED_RUN } from "../api-product.ts";

const ONLY_ETL: Principal = {
  name: "ann",
  client: "rest_api",
  isAdmin: false,
  may: (_, dagId) => dagId === undefined || dagId === "~" || dagId === "etl",
};

async function asAnn() {
  const { platform, services, ask: asAdmin } = await createApiProduct();
  await asAdmin("/dags/by_hand/dagRuns", { body: { logical_date: null, dag_run_id: "mine" } });
  await asAdmin("/dags/by_hand/dagRuns/mine/taskInstances/only/xcomEntries", {
    body: { key: "mine", value: 1 },
  });
  const app = new Hono<ApiEnv>();
  app.use(async (c, next) => {
    c.set("principal", ONLY_ETL);
    await next();
  });
  const access = createAccessServices({ ...platform, hasAdmin: false });
  const version = "1.2.3";
  addOperations(app, { platform, services, access, version, testsConnections: false });
  app.onError((error, c) => c.text(error.message, 403));
  return async (path: string, body?: object, method = body ? "POST" : "GET") => {
    const options = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const answer = await app.request(`/api/v2${path}`, options);
    return JSON.parse(await answer.text());
  };
}

test.each([
  ["/dags/~/dagRuns", "dag_runs", 3],
  ["/dags/~/dagRuns?limit=2&offset=2", "dag_runs", 3],
  ["/dags/~/dagRuns?order_by=-duration", "dag_runs", 3],
  ["/dags/~/dagRuns?cursor=&order_by=run_after", "dag_runs", null],
  ["/dags/~/dagRuns/~/taskInstances", "task_instances", 9],
  ["/dags/~/dagRuns/~/taskInstances?cursor=", "task_instances", null],
  ["/dags/~/dagRuns/~/taskInstances/~/xcomEntries", "xcom_entries", 2],
  ["/dags/~/dagRuns/~/hitlDetails", "hitl_details", 0],
])("GET %s leaves out other DAGs", async (path, items, total) => {
  const ask = await asAnn();
  const body = await ask(path);
  expect(body.total_entries).toBe(total);
  const dagIds = body[items].map((item: { dag_id: string }) => item.dag_id);
  expect(dagIds.every((dagId: string) => dagId === "etl")).toBe(true);
});

test.each([
  ["/dags/~/dagRuns/list", 3],
  ["/dags/~/dagRuns/~/taskInstances/list", 9],
])("POST %s leaves out other DAGs", async (path, total) => {
  const ask = await asAnn();
  expect((await ask(path, {})).total_entries).toBe(total);
  expect((await ask(path, { dag_ids: ["by_hand"] })).total_entries).toBe(0);
});

test("runs and task instances of other DAGs are refused one by one", async () => {
  const ask = await asAnn();
  const runs = [
    { dag_id: "by_hand", dag_run_id: "mine", note: "a" },
    { dag_id: "etl", dag_run_id: FAILED_RUN, note: "a" },
  ];
  const ofRuns = await ask(
    "/dags/~/dagRuns",
    { actions: [{ action: "update", entities: runs }] },
    "PATCH",
  );
  expect(ofRuns.update).toEqual({
    success: [`etl.${FAILED_RUN}`],
    errors: [{ error: expect.stringContaining("not authorized"), status_code: 403 }],
  });
  const instance = { dag_id: "by_hand", dag_run_id: "mine", task_id: "only" };
  const actions = [{ action: "delete", entities: [instance] }];
  const ofInstances = await ask("/dags/~/dagRuns/~/taskInstances", { actions }, "PATCH");
  expect(ofInstances.delete.errors).toEqual([
    {
      error: "User is not authorized to delete task instances for DAG 'by_hand'",
      status_code: 403,
    },
  ]);
});
