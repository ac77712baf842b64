// Assets in documents: outlets, inlets and schedules, and what is wrong with them.
import { expect, test } from "vitest";
import { toDocument } from "../../src/describe/to-document.ts";
import { empty } from "../../src/operators/index.ts";
import { Asset, AssetAlias, AssetAll, AssetAny } from "../../src/sdk/assets/asset.ts";
import { Dag, type DagOptions, type TaskOptions } from "../../src/sdk/index.ts";
import { assetOrTime } from "../../src/sdk/schedules.ts";

const orders = new Asset({ name: "orders", uri: "s3://warehouse/orders/" });
const customers = new Asset("customers");
const refunds = new Asset({ uri: "s3://warehouse/refunds", extra: { owner: "finance" } });
const exports = new AssetAlias("exports");

const ORDERS = { kind: "asset", name: "orders", uri: "s3://warehouse/orders", group: "asset" };
const CUSTOMERS = { kind: "asset", name: "customers", uri: "customers", group: "asset" };
const REFUNDS = {
  kind: "asset",
  name: "s3://warehouse/refunds",
  uri: "s3://warehouse/refunds",
  group: "asset",
  extra: { owner: "finance" },
};
const EXPORTS = { kind: "alias", name: "exports", group: "asset" };

function describe(options: DagOptions, task: TaskOptions = {}) {
  const dag = new Dag("d", options);
  dag.task("load", empty(), task)();
  return toDocument(dag);
}

function scheduleOf(schedule: DagOptions["schedule"]) {
  const { document, diagnostics } = describe({ schedule: schedule ?? null });
  expect(diagnostics).toEqual([]);
  return document.schedule;
}

/** "code: message" of each diagnostic. */
function mistakesOf(options: DagOptions, task: TaskOptions = {}) {
  return describe(options, task).diagnostics.map(({ code, message }) => `${code}: ${message}`);
}

test("a task has outlets and inlets, each once; one without has neither", () => {
  const { document, diagnostics } = describe(
    {},
    { outlets: [orders, exports, orders], inlets: [refunds, Asset.ref({ name: "customers" })] },
  );
  expect(diagnostics).toEqual([]);
  expect(document.tasks[0]).toMatchObject({
    outlets: [ORDERS, EXPORTS],
    inlets: [REFUNDS, { kind: "name-ref", name: "customers" }],
  });
  const [plain = {}] = describe({}).document.tasks;
  expect("outlets" in plain || "inlets" in plain).toBe(false);
});

test("a schedule may be an asset, a list, which means all, or an expression", () => {
  expect(scheduleOf(orders)).toEqual({ kind: "assets", condition: ORDERS });
  const all = { kind: "all", conditions: [ORDERS, CUSTOMERS] };
  expect(scheduleOf([orders, customers])).toEqual({ kind: "assets", condition: all });
  expect(scheduleOf(new AssetAll(orders, customers))).toEqual({ kind: "assets", condition: all });
  expect(scheduleOf(orders.and(customers))).toEqual({ kind: "assets", condition: all });
  expect(scheduleOf(orders.or(customers).or(exports))).toEqual({
    kind: "assets",
    condition: { kind: "any", conditions: [ORDERS, CUSTOMERS, EXPORTS] },
  });
  expect(scheduleOf(orders.and(new AssetAny(customers, refunds)))).toEqual({
    kind: "assets",
    condition: {
      kind: "all",
      conditions: [ORDERS, { kind: "any", conditions: [CUSTOMERS, REFUNDS] }],
    },
  });
  expect(scheduleOf(Asset.ref({ uri: "s3://warehouse/orders/" }))).toEqual({
    kind: "assets",
    condition: { kind: "uri-ref", uri: "s3://warehouse/orders" },
  });
});

test("a schedule may follow the clock and assets", () => {
  expect(scheduleOf(assetOrTime({ timetable: "0 6 * * *", assets: [orders] }))).toEqual({
    kind: "asset-or-time",
    condition: { kind: "all", conditions: [ORDERS] },
    time: { kind: "cron", cron: "0 6 * * *" },
  });
  const { document } = describe({
    schedule: assetOrTime({ timetable: "@continuous", assets: orders }),
  });
  expect(document.maxActiveRuns).toBe(1);
});

test("the same assets give the same document, wherever they were made", () => {
  const again = new Asset({ uri: "s3://user@warehouse/orders", name: "orders" });
  expect(describe({ schedule: [again] })).toEqual(describe({ schedule: [orders] }));
});

test("what is wrong with an asset is told with its place", () => {
  const bad = new Asset({ name: "x".repeat(1_501), uri: "s3://a/b" });
  expect(mistakesOf({}, { outlets: [bad] })).toEqual([
    expect.stringMatching(
      /^bad-asset: Asset "xxx.*… of task "load" of DAG "d" has a name of 1501 characters; it may have 1500$/,
    ),
  ]);
  expect(mistakesOf({ schedule: [new Asset("airflow://x")] })).toEqual([
    'bad-asset: DAG "d": Asset "airflow://x" of the schedule has a uri with the scheme "airflow", which is reserved',
  ]);
  expect(mistakesOf({ schedule: new AssetAlias("") })).toEqual([
    'bad-asset: DAG "d": AssetAlias "" of the schedule has an empty name',
  ]);
  expect(mistakesOf({ schedule: [] })).toEqual([
    'bad-asset: DAG "d": An expression of assets of the schedule needs at least one asset',
  ]);
  const noJson = new Asset({ name: "x", extra: JSON.parse("[]") });
  expect(mistakesOf({}, { inlets: [noJson] })).toEqual([
    'bad-asset: Asset "x" of task "load" of DAG "d" takes an object as extra, got []',
  ]);
});

test("outlets are a list of assets, and a schedule is of assets alone", () => {
  const untyped = { outlets: orders } as unknown as TaskOptions;
  expect(mistakesOf({}, untyped)).toEqual([
    expect.stringMatching(/^bad-asset: Option "outlets" of task "load" of DAG "d" takes a list/),
  ]);
  const expression = { outlets: [orders.or(customers)] } as unknown as TaskOptions;
  expect(mistakesOf({}, expression)).toHaveLength(1);
  const mixed = { schedule: [orders, "0 6 * * *"] } as unknown as DagOptions;
  expect(mistakesOf(mixed)).toEqual([expect.stringMatching(/^bad-schedule: /)]);
  const timeless = { schedule: { kind: "asset-or-time", timetable: null, assets: [orders] } };
  expect(mistakesOf(timeless as unknown as DagOptions)).toEqual([
    expect.stringMatching(/^bad-schedule: .*assetOrTime takes a schedule by time/),
  ]);
});

test("a name has one URI in a DAG, and a URI one name", () => {
  const moved = new Asset({ name: "orders", uri: "s3://elsewhere" });
  expect(mistakesOf({ schedule: [orders] }, { outlets: [moved] })).toEqual([
    'asset-conflict: DAG "d" has two assets of the name "orders", with the URIs "s3://warehouse/orders" and "s3://elsewhere/"',
  ]);
  const renamed = new Asset({ name: "sales", uri: "s3://warehouse/orders" });
  expect(mistakesOf({}, { inlets: [orders, renamed] })).toEqual([
    'asset-conflict: DAG "d" has two assets with the URI "s3://warehouse/orders", of the names "orders" and "sales"',
  ]);
});
