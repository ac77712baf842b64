// What can be asked of DAGs besides lists: favorites, pausing many, sources, versions, warnings.
import { expect, test } from "vitest";
import { keepDagCode } from "../../../src/services/dag-processing/notes/dag-codes.ts";
import {
  processRequested,
  requestParsing,
} from "../../../src/services/dag-processing/notes/parse-requests.ts";
import { dagDocument } from "../../model/documents.ts";
import { createApiProduct, publish } from "../api-product.ts";

test("a DAG is a favorite of the user who marks it, until it is unmarked", async () => {
  const { ask, metadata } = await createApiProduct();
  const isFavorite = async () => (await ask("/dags/etl/details")).body.is_favorite;
  expect(await isFavorite()).toBe(false);
  for (const _ of [1, 2]) {
    expect((await ask("/dags/etl/favorite", { method: "POST" })).status).toBe(204);
  }
  expect(await isFavorite()).toBe(true);
  expect((await metadata.favorites.get("ann"))?.dagIds).toEqual(["etl"]);
  const listed = (await ask("/dags?is_favorite=true")).body.dags;
  expect(listed).toMatchObject([{ dag_id: "etl", is_favorite: true }]);
  expect((await ask("/dags?is_favorite=false")).body.dags).toMatchObject([{ dag_id: "by_hand" }]);
  expect((await ask("/dags/etl/unfavorite", { method: "POST" })).status).toBe(204);
  expect(await isFavorite()).toBe(false);
  const again = await ask("/dags/etl/unfavorite", { method: "POST" });
  expect(again).toEqual({ status: 409, body: { detail: "Dag is not marked as favorite" } });
});

test("a DAG that is deleted is nobody's favorite any more, and its code is gone", async () => {
  const { ask, metadata } = await createApiProduct();
  await ask("/dags/by_hand/favorite", { method: "POST" });
  await keepDagCode(metadata, { dagId: "by_hand", hash: "v1", text: "code" });
  await ask("/dags/by_hand", { method: "DELETE" });
  expect((await metadata.favorites.get("ann"))?.dagIds).toEqual([]);
  expect((await metadata.dagCodes.list()).items).toEqual([]);
});

test("many DAGs are paused at once, but none without a pattern", async () => {
  const { ask, metadata } = await createApiProduct();
  const isPaused = async () =>
    (await metadata.dags.list()).items.map((dag) => [dag.dagId, dag.isPaused]);
  const request = { method: "PATCH", body: { is_paused: true } };
  expect((await ask("/dags?tags=orders", request)).body).toEqual({ dags: [], total_entries: 0 });
  expect(await isPaused()).toEqual([
    ["by_hand", false],
    ["etl", true],
  ]);
  const { body } = await ask("/dags?dag_id_pattern=~&limit=1", request);
  expect(body).toMatchObject({ dags: [{ dag_id: "by_hand", is_paused: true }], total_entries: 2 });
  await ask("/dags?dag_id_prefix_pattern=et", { method: "PATCH", body: { is_paused: false } });
  expect(await isPaused()).toEqual([
    ["by_hand", true],
    ["etl", false],
  ]);
});

test("DAGs are found by the assets of their schedule", async () => {
  const { ask, metadata } = await createApiProduct();
  const condition = { kind: "asset", name: "orders", uri: "s3://b/raw", group: "asset" } as const;
  const schedule = { kind: "assets", condition } as const;
  await publish(metadata, dagDocument({ dagId: "on_assets", schedule }), { isPaused: false });
  const idsOf = async (query: string) =>
    (await ask(`/dags?${query}`)).body.dags.map((dag: { dag_id: string }) => dag.dag_id);
  expect(await idsOf("has_asset_schedule=true")).toEqual(["on_assets"]);
  expect(await idsOf("has_asset_schedule=false")).toEqual(["by_hand", "etl"]);
  expect(await idsOf("asset_dependency=ORDER")).toEqual(["on_assets"]);
  expect(await idsOf("asset_dependency=b/raw")).toEqual(["on_assets"]);
  expect(await idsOf("asset_dependency=%25")).toEqual([]);
  expect(await idsOf("timetable_type=AssetTriggeredTimetable")).toEqual(["on_assets"]);
});

test("the source of a version is answered as JSON or as text", async () => {
  const { ask, app, metadata } = await createApiProduct();
  await keepDagCode(metadata, { dagId: "etl", hash: "v1", text: 'new Dag("etl") // ü' });
  expect((await ask("/dagSources/etl?version_number=1")).body).toEqual({
    content: 'new Dag("etl") // ü',
    dag_id: "etl",
    version_number: 1,
    dag_display_name: "Orders",
  });
  const asText = (accept: string) => app.request("/api/v2/dagSources/etl", { headers: { accept } });
  const text = await asText("text/plain");
  expect(text.headers.get("content-type")).toMatch(/^text\/plain/);
  expect(await text.text()).toBe('new Dag("etl") // ü');
  const refused = await asText("application/xml");
  expect([refused.status, await refused.json()]).toEqual([
    406,
    { detail: "Only application/json or text/plain is supported" },
  ]);
  const any = await asText("text/html, */*;q=0.8");
  expect(any.headers.get("content-type")).toMatch(/^application\/json/);
});

test("a version whose source isn't kept has none", async () => {
  const { ask } = await createApiProduct();
  expect((await ask("/dagSources/etl")).body.content).toBeNull();
});

test("runs are counted by DAG and state; DAGs without runs are left out", async () => {
  const { ask } = await createApiProduct();
  const stats = ["queued", "running", "success", "failed"].map((state) => ({
    state,
    count: state === "queued" ? 0 : 1,
  }));
  const dag = { dag_id: "etl", dag_display_name: "Orders", stats };
  expect((await ask("/dagStats")).body).toEqual({ dags: [dag], total_entries: 1 });
  expect((await ask("/dagStats?dag_ids=by_hand")).body).toEqual({ dags: [], total_entries: 0 });
});

test("a file that is to be parsed again is processed once", async () => {
  const { ask, platform, metadata } = await createApiProduct();
  const { body } = await ask("/dags/etl");
  expect((await ask(`/parseDagFile/${body.file_token}`, { method: "PUT" })).status).toBe(201);
  expect((await metadata.parseRequests.get("etl.ts"))?.requestedAt).toBe(
    "2026-01-31T12:00:00.000Z",
  );
  const processed: string[] = [];
  await processRequested(metadata, {
    processChanged: async (files) => void processed.push(...files),
  });
  expect(processed).toEqual(["etl.ts"]);
  expect((await metadata.parseRequests.list()).items).toEqual([]);
  await requestParsing(platform, "etl.ts");
  expect((await metadata.parseRequests.list()).items).toHaveLength(1);
});
