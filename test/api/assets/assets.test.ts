// Assets over REST: what DAGs have named, events from outside, queues, and runs by assets.
import { expect, test } from "vitest";
import type { AssetItem } from "../../../src/model/assets/documents.ts";
import { assetAliasIdOf, assetIdOf } from "../../../src/model/ids.ts";
import { dagDocument, taskDocument } from "../../model/documents.ts";
import { complaints } from "../airflow-document.ts";
import { type ApiProduct, createApiProduct, publish } from "../api-product.ts";

const X = { kind: "asset", name: "x", uri: "s3://b/x", group: "asset" } as const;
const Y = { kind: "asset", name: "y", uri: "y", group: "other", extra: { a: 1 } } as const;
const ALIAS: AssetItem = { kind: "alias", name: "exports", group: "asset" };
const X_ID = assetIdOf(X);
const Y_ID = assetIdOf(Y);

/** "producer" makes x, "reader" waits for x and y, "either" for the alias or x. */
async function createAssets(): Promise<ApiProduct> {
  const product = await createApiProduct();
  const documents = [
    dagDocument({
      dagId: "producer",
      tasks: [taskDocument("load", { outlets: [X, ALIAS], inlets: [Y] })],
    }),
    dagDocument({
      dagId: "reader",
      schedule: { kind: "assets", condition: { kind: "all", conditions: [X, Y] } },
      tasks: [taskDocument("use")],
    }),
    dagDocument({
      dagId: "either",
      schedule: {
        kind: "asset-or-time",
        condition: { kind: "any", conditions: [ALIAS, Y] },
        time: { kind: "cron", cron: "0 6 * * *" },
      },
      tasks: [taskDocument("use")],
    }),
  ];
  for (const document of documents) {
    await publish(product.metadata, document, { isPaused: false });
    await product.services.scheduler.schedule(document.dagId);
  }
  return product;
}

test("assets are listed with all that refers to them", async () => {
  const { ask } = await createAssets();
  const { body } = await ask("/assets");
  expect(complaints("/assets", "get", 200, body)).toEqual([]);
  expect(body.total_entries).toBe(2);
  expect(body.assets[0]).toMatchObject({
    id: X_ID,
    name: "x",
    uri: "s3://b/x",
    group: "asset",
    extra: {},
    scheduled_dags: [{ dag_id: "reader" }],
    producing_tasks: [{ dag_id: "producer", task_id: "load" }],
    consuming_tasks: [],
    aliases: [],
    watchers: [],
    last_asset_event: { id: null, timestamp: null },
  });
  expect(body.assets[1]).toMatchObject({
    name: "y",
    extra: { a: 1 },
    consuming_tasks: [{ dag_id: "producer", task_id: "load" }],
  });
  const namesOf = async (query: string) =>
    (await ask(`/assets?${query}`)).body.assets.map(({ name }: { name: string }) => name);
  expect(await namesOf("uri_pattern=S3")).toEqual(["x"]);
  expect(await namesOf("dag_ids=either")).toEqual(["y"]);
  expect(await namesOf("order_by=-name&limit=1")).toEqual(["y"]);
});

test("an asset and an alias are found by their ids", async () => {
  const { ask } = await createAssets();
  const { body } = await ask(`/assets/${X_ID}`);
  expect(complaints("/assets/{asset_id}", "get", 200, body)).toEqual([]);
  expect(body.name).toBe("x");
  expect((await ask("/assets/7")).body.detail).toBe("The Asset with ID: `7` was not found");
  const aliases = await ask("/assets/aliases");
  expect(complaints("/assets/aliases", "get", 200, aliases.body)).toEqual([]);
  const id = assetAliasIdOf("exports");
  expect(aliases.body.asset_aliases).toEqual([{ id, name: "exports", group: "asset" }]);
  expect((await ask(`/assets/aliases/${id}`)).body.name).toBe("exports");
  expect((await ask("/assets/aliases/7")).status).toBe(404);
});

test("events from outside are queued, and make a run when the condition is met", async () => {
  const { ask, services } = await createAssets();
  const first = await ask("/assets/events", { body: { asset_id: X_ID, extra: { rows: 3 } } });
  expect(first.status).toBe(200);
  expect(complaints("/assets/events", "post", 200, first.body)).toEqual([]);
  expect(first.body).toMatchObject({
    asset_id: X_ID,
    name: "x",
    extra: { rows: 3, from_rest_api: true },
    source_dag_id: null,
    source_map_index: -1,
    created_dagruns: [],
  });
  const queued = await ask("/dags/reader/assets/queuedEvents");
  expect(complaints("/dags/{dag_id}/assets/queuedEvents", "get", 200, queued.body)).toEqual([]);
  expect(queued.body).toMatchObject({
    queued_events: [{ dag_id: "reader", asset_id: X_ID, dag_display_name: "reader" }],
    total_entries: 1,
  });
  await ask("/assets/events", { body: { asset_id: Y_ID } });
  await services.scheduler.schedule("reader");
  const { body } = await ask("/dags/reader/dagRuns");
  const [run] = body.dag_runs;
  expect(run).toMatchObject({
    run_type: "asset_triggered",
    triggered_by: "asset",
    logical_date: null,
    conf: {},
  });
  const upstream = await ask(
    `/dags/reader/dagRuns/${encodeURIComponent(run.dag_run_id)}/upstreamAssetEvents`,
  );
  const path = "/dags/{dag_id}/dagRuns/{dag_run_id}/upstreamAssetEvents";
  expect(complaints(path, "get", 200, upstream.body)).toEqual([]);
  expect(upstream.body.total_entries).toBe(2);
  expect(upstream.body.asset_events[0].created_dagruns).toMatchObject([
    { dag_id: "reader", run_id: run.dag_run_id },
  ]);
  const events = await ask(`/assets/events?asset_id=${X_ID}`);
  expect(complaints("/assets/events", "get", 200, events.body)).toEqual([]);
  expect(events.body.total_entries).toBe(1);
  expect((await ask("/dags/reader/assets/queuedEvents")).body.total_entries).toBe(0);
  expect((await ask(`/assets/${X_ID}`)).body.last_asset_event.id).toBe(first.body.id);
});

test("what is wrong with an event is told", async () => {
  const { ask } = await createAssets();
  const refusedFor = async (body: unknown) => (await ask("/assets/events", { body })).status;
  expect(await refusedFor({ asset_id: 7 })).toBe(404);
  expect(await refusedFor({})).toBe(422);
  expect(await refusedFor({ asset_id: X_ID, extra: [] })).toBe(422);
  expect(await refusedFor({ asset_id: X_ID, partition_key: " " })).toBe(422);
  expect(await refusedFor({ asset_id: X_ID, extra: { text: "x".repeat(200_000) } })).toBe(422);
  expect(await refusedFor({ asset_id: X_ID, access_control: {} })).toBe(422);
});

test("queued events are shown and taken off by asset, by DAG and by both", async () => {
  const { ask } = await createAssets();
  const both = `/dags/reader/assets/${X_ID}/queuedEvents`;
  expect((await ask(both)).body.detail).toBe(
    `Queued event with dag_id: \`reader\` and asset_id: \`${X_ID}\` was not found`,
  );
  const event = () => ask("/assets/events", { body: { asset_id: X_ID } });
  await event();
  expect((await ask(both)).body).toMatchObject({ dag_id: "reader", asset_id: X_ID });
  expect((await ask(`${both}?before=2020-01-01`)).status).toBe(404);
  expect((await ask(`/assets/${X_ID}/queuedEvents`)).body.total_entries).toBe(1);
  for (const path of [both, `/assets/${X_ID}/queuedEvents`, "/dags/reader/assets/queuedEvents"]) {
    await event();
    expect((await ask(path, { method: "DELETE" })).status).toBe(204);
    expect((await ask(path, { method: "DELETE" })).status).toBe(404);
  }
});

test("an asset is made anew by a run of the one DAG that has it as outlet", async () => {
  const { ask, services, metadata } = await createAssets();
  const made = await ask(`/assets/${X_ID}/materialize`, { method: "POST" });
  expect(made.status).toBe(200);
  expect(complaints("/assets/{asset_id}/materialize", "post", 200, made.body)).toEqual([]);
  expect(made.body).toMatchObject({ dag_id: "producer", run_type: "asset_materialization" });
  expect(made.body.dag_run_id).toMatch(/^asset_materialization__/);
  const again = await ask(`/assets/${X_ID}/materialize`, {
    body: { dag_run_id: "again", note: "by hand" },
  });
  expect(again.body.note).toBe("by hand");
  expect((await ask(`/assets/${Y_ID}/materialize`, { method: "POST" })).status).toBe(404);
  const other = dagDocument({ dagId: "other", tasks: [taskDocument("t", { outlets: [X] })] });
  await publish(metadata, other, { isPaused: false });
  await services.scheduler.schedule("other");
  const third = await ask(`/assets/${X_ID}/materialize`, { method: "POST" });
  expect(third.body.detail).toBe(`More than one DAG materializes asset with ID: ${X_ID}`);
});

test("a DAG says what it waits for", async () => {
  const { ask } = await createAssets();
  expect((await ask("/dags/reader/details")).body).toMatchObject({
    timetable_summary: "Asset",
    timetable_description: "Triggered by assets",
    asset_expression: {
      all: [
        { asset: { uri: "s3://b/x", name: "x", group: "asset" } },
        { asset: { uri: "y", name: "y", group: "other" } },
      ],
    },
  });
  expect((await ask("/dags/either")).body.timetable_summary).toBe("Asset or 0 6 * * *");
  expect((await ask("/dags/etl/details")).body.asset_expression).toBeNull();
});
