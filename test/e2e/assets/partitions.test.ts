// DAGs that wait for partitions of assets, in virtual time: keys go from a schedule through tasks
// to the runs of other DAGs, each once, also when the engine dies.
import { afterEach, expect, test } from "vitest";
import type { DagDocument } from "../../../src/model/document.ts";
import type { PartitionMapper } from "../../../src/model/partitions/mappers.ts";
import { resolvePartition } from "../../../src/model/partitions/schedules.ts";
import { dayWindow } from "../../../src/sdk/assets/partitions.ts";
import {
  allowedKeyMapper,
  identityMapper,
  minimumCount,
  rollupMapper,
  startOfDayMapper,
  startOfHourMapper,
} from "../../../src/sdk/index.ts";
import {
  type AssetProduct,
  all,
  asset,
  BEGIN,
  consumer,
  createAssetProduct,
  producer,
} from "./asset-product.ts";

const HOUR_MS = 3_600_000;
const products: AssetProduct[] = [];
function createProduct(): AssetProduct {
  const product = createAssetProduct();
  products.push(product);
  product.tell([]);
  return product;
}
afterEach(async () => {
  for (const product of products.splice(0)) await product.close();
});

/** Changes the asset each hour. */
function hourly(dagId: string, name: string): DagDocument {
  return {
    ...producer(dagId, asset(name)),
    schedule: { kind: "cron-partition", cron: "0 * * * *" },
    startDate: new Date(BEGIN).toISOString(),
  };
}

function waiting(
  dagId: string,
  condition: Parameters<typeof consumer>[1],
  defaultMapper: PartitionMapper,
  changes: Partial<DagDocument> = {},
): DagDocument {
  return consumer(dagId, condition, {
    schedule: { kind: "partitioned-assets", condition, mappers: [], defaultMapper },
    ...changes,
  });
}

async function keysOf(product: AssetProduct, dagId: string) {
  return (await product.assetRuns(dagId)).map(({ partitionKey }) => partitionKey).sort();
}

test("keys of a schedule make a run for each partition that all assets have", async () => {
  const product = createProduct();
  await product.publish(hourly("a", "x"));
  await product.publish(hourly("b", "y"));
  await product.publish(waiting("c", all(asset("x"), asset("y")), startOfHourMapper()));
  await product.passTo(BEGIN + 2.5 * HOUR_MS);
  expect(await keysOf(product, "c")).toEqual(["1970-01-02T00", "1970-01-02T01", "1970-01-02T02"]);
  const runs = await product.assetRuns("c");
  const second = runs.find(({ partitionKey }) => partitionKey === "1970-01-02T01");
  expect(second).toMatchObject({
    state: "success",
    logicalDate: null,
    partitionDate: "1970-01-02T01:00:00.000Z",
    triggeredBy: "asset",
  });
  if (!second) throw new Error("There is no such run");
  const consumed = await product.consumed(second);
  expect(consumed.map(({ partitionKey }) => partitionKey)).toEqual([
    "1970-01-02T01:00:00",
    "1970-01-02T01:00:00",
  ]);
  expect(product.reports).toEqual([]);
});

test("a chain of DAGs passes its partitions on, rolled up on the way", async () => {
  const product = createProduct();
  await product.publish(hourly("a", "x"));
  const few = { waitPolicy: minimumCount(3) } as const;
  const day = rollupMapper({ upstreamMapper: startOfDayMapper(), window: dayWindow(), ...few });
  const middle = waiting("b", asset("x"), day);
  await product.publish({ ...middle, tasks: producer("b", asset("y")).tasks });
  await product.publish(waiting("c", asset("y"), identityMapper()));
  await product.passTo(BEGIN + 1.5 * HOUR_MS);
  expect(await keysOf(product, "b")).toEqual([]);
  await product.passTo(BEGIN + 2.5 * HOUR_MS);
  expect(await keysOf(product, "b")).toEqual(["1970-01-02"]);
  const [last] = await product.assetRuns("c");
  expect(last).toMatchObject({
    partitionKey: "1970-01-02",
    partitionDate: "1970-01-02T00:00:00.000Z",
    state: "success",
  });
});

test("a task says for which partitions it has worked, and each makes a run", async () => {
  const product = createProduct();
  const byRegion = {
    ...producer("a", asset("x")),
    schedule: { kind: "partitioned-at-runtime" } as const,
  };
  await product.publish(byRegion);
  await product.publish(waiting("c", asset("x"), allowedKeyMapper(["us", "eu"])));
  await product.publish(consumer("plain", asset("x")));
  const { name, uri, group } = asset("x");
  product.tell([
    { asset: { name, uri, group }, extra: { rows: 3 }, partitionKeys: ["us", "eu", "us", "mars"] },
  ]);
  await product.trigger("a");
  expect(await keysOf(product, "c")).toEqual(["eu", "us"]);
  expect((await product.events()).map(({ partitionKey, extra }) => [partitionKey, extra])).toEqual(
    ["us", "eu", "mars"].map((key) => [key, { rows: 3 }]),
  );
  expect(product.reports).toEqual([
    expect.stringContaining(`DAG "c" can't map partition key "mars" of asset "x"`),
  ]);
  // As in Airflow, events of partitions are for DAGs with partitions only.
  expect(await product.assetRuns("plain")).toEqual([]);
});

test("a run that is triggered for a partition has events of it", async () => {
  const product = createProduct();
  await product.publish({
    ...producer("a", asset("x")),
    schedule: { kind: "partitioned-at-runtime" },
  });
  await product.publish(waiting("c", asset("x"), identityMapper()));
  const request = { dagId: "a", partitionKey: "eu", triggeredBy: "test" } as const;
  await product.services.runControl.trigger(request);
  await product.passTo(product.clock.now() + 5_000);
  expect(await keysOf(product, "c")).toEqual(["eu"]);
});

test("a DAG that waits for partitions runs for one by hand, if its mappers write such keys", async () => {
  const document = waiting("c", asset("x"), startOfDayMapper());
  expect(resolvePartition(document, "1970-01-02")).toEqual({ date: BEGIN });
  expect(resolvePartition(document, "soon")).toEqual({
    problem: expect.stringContaining("Partition key 'soon' is no partition of Dag 'c'"),
  });
});

test("wherever the engine dies, each partition has one run", async () => {
  for (let turns = 0; turns < 60; turns += 6) {
    const product = createProduct();
    await product.publish(hourly("a", "x"));
    await product.publish(waiting("c", asset("x"), startOfHourMapper()));
    await product.passTo(BEGIN + HOUR_MS);
    await product.die({ turns });
    await product.passTo(BEGIN + 3.2 * HOUR_MS);
    expect(await keysOf(product, "c"), `after ${turns} turns`).toEqual(
      ["00", "01", "02", "03"].map((hour) => `1970-01-02T${hour}`),
    );
  }
});
