// DAGs that wait for assets, in virtual time: which events make a run, and which it consumes
// (Airflow: test_scheduler_job.py, test_asset.py).
import { afterEach, expect, test } from "vitest";
import { LOCAL_FUNCTIONS } from "../../../src/local/interpreter-state-machines.ts";
import { assetAliasIdOf, assetIdOf, assetIdText } from "../../../src/model/ids.ts";
import type { DagRunRecord } from "../../../src/model/records.ts";
import { recordEvent } from "../../../src/services/assets/record-events.ts";
import { taskDocument } from "../../model/documents.ts";
import {
  type AssetProduct,
  alias,
  all,
  any,
  asset,
  BEGIN,
  consumer,
  createAssetProduct,
  producer,
} from "./asset-product.ts";

const products: AssetProduct[] = [];
function createProduct(): AssetProduct {
  const product = createAssetProduct();
  products.push(product);
  product.tell([]);
  return product;
}
afterEach(async () => {
  for (const product of products.splice(0)) {
    expect(product.reports).toEqual([]);
    await product.close();
  }
});

/** "task of run" of each event that the run has consumed. */
async function sources(product: AssetProduct, run: DagRunRecord | undefined) {
  if (!run) throw new Error("There is no such run");
  const events = await product.consumed(run);
  return events.map(({ source }) => source?.dagId ?? "outside");
}

test("the success of a producer makes a run of the consumer", async () => {
  const product = createProduct();
  await product.publish(producer("a", asset("x")));
  await product.publish(consumer("c", all(asset("x"))));
  const made = await product.trigger("a");
  const runs = await product.assetRuns("c");
  expect(runs).toHaveLength(1);
  const [event] = await product.events();
  expect(event).toMatchObject({
    assetId: assetIdOf({ name: "x", uri: "x" }),
    extra: {},
    source: { dagId: "a", runId: made.runId, taskId: "load", mapIndex: -1 },
  });
  expect(runs[0]).toMatchObject({
    state: "success",
    logicalDate: null,
    dataIntervalStart: null,
    triggeredBy: "asset",
    conf: {},
    runAfter: event?.timestamp,
  });
  expect(runs[0]?.runId).toMatch(/^asset_triggered__1970-01-02T00:00:01\+00:00_[a-z0-9]{8}$/);
  expect(await sources(product, runs[0])).toEqual(["a"]);
  const { load } = await product.getTasks("a", made.runId);
  expect(load?.assetEvents).toBeUndefined();
});

test("all waits for each asset, any for one; what came in between is consumed with them", async () => {
  const product = createProduct();
  for (const name of ["x", "y"]) await product.publish(producer(name, asset(name)));
  await product.publish(consumer("both", all(asset("x"), asset("y"))));
  await product.publish(consumer("either", any(asset("x"), asset("y"))));
  await product.trigger("x");
  await product.trigger("x");
  expect(await product.assetRuns("both")).toHaveLength(0);
  expect(await product.assetRuns("either")).toHaveLength(2);
  await product.trigger("y");
  const [both] = await product.assetRuns("both");
  expect(await sources(product, both)).toEqual(["x", "x", "y"]);
  expect(await product.assetRuns("either")).toHaveLength(3);
  await product.trigger("y");
  expect(await product.assetRuns("both")).toHaveLength(1);
});

test("expressions nest", async () => {
  const product = createProduct();
  for (const name of ["x", "y", "z"]) await product.publish(producer(name, asset(name)));
  await product.publish(consumer("c", all(asset("x"), any(asset("y"), asset("z")))));
  await product.trigger("z");
  expect(await product.assetRuns("c")).toHaveLength(0);
  await product.trigger("x");
  expect(await product.assetRuns("c")).toHaveLength(1);
});

test("one event makes a run of each DAG that waits for it", async () => {
  const product = createProduct();
  await product.publish(producer("a", asset("x")));
  for (const dagId of ["b", "c"]) await product.publish(consumer(dagId, asset("x")));
  await product.trigger("a");
  for (const dagId of ["b", "c"]) expect(await product.assetRuns(dagId)).toHaveLength(1);
  expect(await product.events()).toHaveLength(1);
});

test("a failed, skipped or marked task changes no asset", async () => {
  const product = createProduct();
  await product.publish(producer("a", asset("x")));
  await product.publish(consumer("c", asset("x")));
  const error = { name: "Error", message: "no" };
  product.play(() => ({ seconds: 1, ending: { kind: "failed", retry: false, error } }));
  const { runId } = await product.trigger("a");
  product.play(() => ({ seconds: 1, ending: { kind: "skipped" } }));
  await product.trigger("a");
  const tasks = [{ taskId: "load", mapIndex: -1 }];
  await product.services.runControl.markRun({ dagId: "a", runId }, "success");
  await product.settle();
  expect(tasks).toHaveLength(1);
  expect(await product.events()).toEqual([]);
  expect(await product.assetRuns("c")).toHaveLength(0);
});

test("an event has the extra that the task has given", async () => {
  const product = createProduct();
  await product.publish(producer("a", asset("x"), asset("y")));
  product.tell([
    { asset: asset("x"), extra: { rows: 3 } },
    { asset: asset("unknown"), extra: { rows: 4 } },
    { asset: asset("z"), alias: "no alias of the task", extra: {} },
  ]);
  await product.trigger("a");
  expect((await product.events()).map(({ extra }) => extra)).toEqual(
    expect.arrayContaining([{ rows: 3 }, {}]),
  );
  expect(await product.events()).toHaveLength(2);
});

test("each instance of a mapped task has an event", async () => {
  const product = createProduct();
  const load = taskDocument("load", { outlets: [asset("x")], mapped: { over: { n: 3 } } });
  await product.publish({ ...producer("a"), tasks: [load] });
  await product.publish(consumer("c", asset("x"), { maxActiveRuns: 1 }));
  await product.trigger("a");
  const indexes = (await product.events()).map(({ source }) => source?.mapIndex);
  expect(indexes.toSorted()).toEqual([0, 1, 2]);
  const runs = await product.assetRuns("c");
  const consumed = await Promise.all(runs.map(product.consumed));
  expect(consumed.flat()).toHaveLength(3);
});

test("a task adds assets through an alias, and a DAG that waits for the alias runs", async () => {
  const product = createProduct();
  await product.publish(producer("a", alias("exports")));
  await product.publish(producer("other", asset("new")));
  await product.publish(consumer("c", all(alias("exports"))));
  await product.publish(consumer("by-name", { kind: "name-ref", name: "new" }));
  await product.trigger("a");
  expect(await product.events()).toEqual([]);
  product.tell([
    { asset: { ...asset("new"), extra: { a: 1 } }, alias: "exports", extra: { n: 1 } },
  ]);
  await product.trigger("a");
  expect(await product.events()).toMatchObject([{ aliases: ["exports"], extra: { n: 1 } }]);
  expect(await product.assetRuns("c")).toHaveLength(1);
  expect(await product.assetRuns("by-name")).toHaveLength(1);
  const found = await product.metadata.assetAliases.get(assetIdText(assetAliasIdOf("exports")));
  expect(found?.assetIds).toEqual([assetIdOf({ name: "new", uri: "new" })]);
});

test("a DAG may wait for assets or for time", async () => {
  const product = createProduct();
  await product.publish(producer("a", asset("x")));
  await product.publish(
    consumer("c", asset("x"), {
      schedule: {
        kind: "asset-or-time",
        condition: asset("x"),
        time: { kind: "cron", cron: "0 12 * * *" },
      },
      startDate: new Date(BEGIN).toISOString(),
      endDate: new Date(BEGIN + 86_400_000).toISOString(),
    }),
  );
  await product.trigger("a");
  await product.passTo(BEGIN + 86_400_000);
  const { items } = await product.metadata.runs.list({ dagId: "c", oldestFirst: true });
  expect(items.map(({ runType }) => runType)).toEqual(["asset_triggered", "scheduled"]);
});

test("a paused DAG has no run; what came meanwhile is consumed by the next one", async () => {
  const product = createProduct();
  await product.publish(producer("a", asset("x")));
  await product.publish(consumer("c", asset("x")));
  await product.services.runControl.setPaused("c", true);
  await product.trigger("a");
  await product.services.runControl.setPaused("c", false);
  await product.passTo(product.clock.now() + 10_000);
  expect(await product.assetRuns("c")).toHaveLength(0);
  await product.trigger("a");
  const runs = await product.assetRuns("c");
  expect(runs).toHaveLength(1);
  expect(await sources(product, runs[0])).toEqual(["a", "a"]);
});

test("maxActiveRuns holds; what comes meanwhile makes one run after that", async () => {
  const product = createProduct();
  await product.publish(producer("a", asset("x")));
  await product.publish(consumer("c", asset("x"), { maxActiveRuns: 1 }));
  product.play(({ dagId }) => ({
    seconds: dagId === "c" ? 100 : 1,
    ending: { kind: "success" },
  }));
  for (let count = 0; count < 4; count += 1) await product.trigger("a");
  expect(await product.assetRuns("c")).toHaveLength(1);
  await product.passTo(product.clock.now() + 300_000);
  const runs = await product.assetRuns("c");
  expect(runs).toHaveLength(2);
  expect(await sources(product, runs[1])).toEqual(["a", "a", "a"]);
});

test("a burst of events makes few runs", async () => {
  const product = createProduct();
  const load = taskDocument("load", { outlets: [asset("x")], mapped: { over: { n: 200 } } });
  await product.publish({ ...producer("a"), tasks: [load] });
  await product.publish(consumer("c", asset("x")));
  await product.trigger("a");
  const runs = await product.assetRuns("c");
  const consumed = await Promise.all(
    runs.map(
      async ({ dagId, runId }) =>
        (await product.metadata.assetEvents.listConsumed({ dagId, runId, limit: 1_000 })).items,
    ),
  );
  expect(consumed.flat()).toHaveLength(200);
  expect(runs.length).toBeLessThanOrEqual(3);
});

test("an event from outside counts as that of a task", async () => {
  const product = createProduct();
  await product.publish(consumer("c", asset("x")));
  const assetId = assetIdOf({ name: "x", uri: "x" });
  const timestamp = new Date(product.clock.now()).toISOString();
  const triggers = { set: async () => {}, setAll: async () => {} };
  const report = { info() {}, warn() {}, error() {} };
  const context = { metadata: product.metadata, clock: product.clock, triggers, report };
  await recordEvent(context, { key: `${timestamp}-abcdefgh`, assetId, timestamp, extra: {} });
  await product.services.scheduler.schedule("c");
  await product.passTo(product.clock.now() + 5_000);
  expect(await product.assetRuns("c")).toHaveLength(1);
});

test("an event that nobody was woken for is found by the upkeep", async () => {
  const product = createProduct();
  await product.publish(producer("a", asset("x")));
  await product.publish(consumer("c", asset("x")));
  const assetId = assetIdOf({ name: "x", uri: "x" });
  const timestamp = new Date(product.clock.now()).toISOString();
  const event = { key: `${timestamp}-abcdefgh`, assetId, timestamp, extra: {} };
  await product.metadata.assetEvents.record(event, [{ dagId: "c" }]);
  await product.services.upkeep.run({ until: Infinity, functions: LOCAL_FUNCTIONS });
  await product.passTo(product.clock.now() + 5_000);
  expect(await product.assetRuns("c")).toHaveLength(1);
});
