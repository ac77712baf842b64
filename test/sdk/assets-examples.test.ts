// Examples in the docstrings of assets, as written there, and what tasks have of them.
import { expect, test } from "vitest";
import { checkDag } from "../../src/describe/check-dag.ts";
import { bash } from "../../src/operators/index.ts";
import type { AssetEvent } from "../../src/sdk/index.ts";
import {
  Asset,
  AssetAlias,
  AssetAll,
  AssetAny,
  assetOrTime,
  Dag,
  getClient,
  getContext,
} from "../../src/sdk/index.ts";
import { callOf, createMemoryServices, runTask } from "../runtime/running.ts";

const orders = new Asset({ name: "orders", uri: "s3://warehouse/orders" });
const customers = new Asset("customers");
const leads = new Asset("leads");
const refunds = new Asset("refunds");

const EVENT: AssetEvent = {
  asset: { name: "orders", uri: "s3://warehouse/orders", group: "asset" },
  extra: { rows: 3 },
  timestamp: "2026-01-31T05:00:00.000Z",
  source: { dagId: "load", runId: "r", taskId: "t", mapIndex: -1 },
};

test("schedules of assets", async () => {
  for (const dag of [
    new Dag("report", { schedule: orders.or(refunds) }),
    new Dag("report", { schedule: orders.and(customers.or(leads)) }),
    new Dag("report", { schedule: Asset.ref({ name: "orders" }) }),
    new Dag("report", { schedule: new AssetAny(orders, refunds) }),
    new Dag("report", { schedule: new AssetAll(orders, customers) }),
    new Dag("report", { schedule: assetOrTime({ timetable: "0 6 * * *", assets: [orders] }) }),
  ]) {
    dag.task("send", async () => {})();
    expect((await checkDag(dag)).diagnostics).toEqual([]);
  }
});

test("a task that produces an asset, and one that finds out which it produces", async () => {
  const dag = new Dag("d");
  const orders = new Asset({ name: "orders", uri: "s3://warehouse/orders" });
  const load = dag.task("load", async () => {}, { outlets: [orders] });
  const exports = new AssetAlias("exports");
  dag
    .task(
      "export",
      async () => {
        getContext().outletEvents.get(exports).add(new Asset("s3://exports/2026-01-01"));
      },
      { outlets: [exports] },
    )()
    .after(load());
  const { outcome } = await runTask(dag, "export");
  expect(outcome).toMatchObject({
    kind: "success",
    outletEvents: [{ asset: { uri: "s3://exports/2026-01-01" } }],
  });
});

test("a task says what goes with the events of its outlets", async () => {
  const dag = new Dag("d");
  const load = dag.task(
    "load",
    async () => {
      getContext().outletEvents.get(orders).extra.rows = 7;
    },
    { outlets: [orders, customers] },
  );
  load();
  const { outcome } = await runTask(dag, "load");
  expect(outcome).toEqual({
    kind: "success",
    outletEvents: [
      {
        asset: { name: "orders", uri: "s3://warehouse/orders", group: "asset" },
        extra: { rows: 7 },
      },
    ],
  });
});

test("a task adds assets through an alias", async () => {
  const dag = new Dag("d");
  const exports = new AssetAlias("exports");
  dag.task(
    "export",
    async () => {
      getContext().outletEvents.get(exports).add(new Asset("s3://exports/2026-01-01"), { n: 1 });
    },
    { outlets: [exports] },
  )();
  const { outcome } = await runTask(dag, "export");
  expect(outcome).toMatchObject({
    outletEvents: [
      {
        asset: { name: "s3://exports/2026-01-01", uri: "s3://exports/2026-01-01" },
        alias: "exports",
        extra: { n: 1 },
      },
    ],
  });
});

test("what is wrong with outletEvents fails the task with the reason", async () => {
  const messageOf = async (handler: () => unknown) => {
    const dag = new Dag("d");
    dag.task("own", handler, { outlets: [orders, new AssetAlias("exports")] })();
    const { outcome } = await runTask(dag, "own");
    return outcome.kind === "failed" ? outcome.error.message : outcome.kind;
  };
  expect(await messageOf(() => getContext().outletEvents.get(customers))).toBe(
    'Asset "customers" is not among the outlets of task "own"; add it to outlets',
  );
  expect(await messageOf(() => getContext().outletEvents.get(orders).add(customers))).toMatch(
    /add\(\) is for an AssetAlias/,
  );
  expect(
    await messageOf(() => {
      getContext().outletEvents.get(orders).extra = { at: new Date(0) } as never;
    }),
  ).toMatch(/^extra of asset "orders" in outletEvents takes JSON/);
});

test("a task reads the events of its inlets, and those that have triggered its run", async () => {
  const dag = new Dag("d");
  dag.task(
    "read",
    async () => {
      const { inletEvents, triggeringAssetEvents } = getContext();
      const [inlet] = await inletEvents.get(orders);
      const [first] = await triggeringAssetEvents.get(orders);
      const others = await triggeringAssetEvents.get(customers);
      return [inlet?.extra.rows, first?.source?.taskId, others.length];
    },
    { inlets: [orders] },
  )();
  const asked: unknown[] = [];
  const services = {
    ...createMemoryServices(),
    getAssetEvents: async (query: object) => {
      asked.push(query);
      return JSON.stringify([EVENT]);
    },
  };
  const { result } = await runTask(dag, "read", { services });
  expect(result).toEqual([3, "t", 0]);
  expect(asked).toEqual([{ inlet: expect.stringMatching(/^asset-\d+$/) }, {}]);
});

test("a task keeps values of its asset across runs", async () => {
  const dag = new Dag("d");
  dag.task(
    "load",
    async () => {
      const newest = "2026-01-31";
      const state = getClient().assetStateStore(orders);
      const since = (await state.get<string>("watermark")) ?? "1970-01-01";
      await state.set("watermark", newest);
      return since;
    },
    { outlets: [orders] },
  )();
  const services = createMemoryServices();
  const runs = [await runTask(dag, "load", { services }), await runTask(dag, "load", { services })];
  expect(runs.map(({ result }) => result)).toEqual(["1970-01-01", "2026-01-31"]);
});

test("templates have the events that have triggered the run", async () => {
  const dag = new Dag("d");
  const bashCommand =
    "echo {% for asset, events in triggering_asset_events.items() %}{{ asset.name }} {{ asset }} {{ events[0].extra.rows }} {{ events[0].source_dag_id }}{% endfor %}";
  dag.task("own", bash({ bashCommand }))();
  expect((await checkDag(dag)).diagnostics).toEqual([]);
  const services = {
    ...createMemoryServices(),
    getAssetEvents: async () => JSON.stringify([EVENT]),
  };
  const { result } = await runTask(dag, "own", { services, ...callOf("d", "own") });
  expect(result).toBe("orders s3://warehouse/orders 3 load");
});
