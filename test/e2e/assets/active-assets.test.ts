// Which assets are active, and what becomes of references when DAGs change, go and are deleted.
import { afterEach, expect, test } from "vitest";
import { assetIdOf, assetIdText } from "../../../src/model/ids.ts";
import { updateDag } from "../../../src/services/update-dag.ts";
import {
  type AssetProduct,
  asset,
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
afterEach(() => Promise.all(products.splice(0).map((product) => product.close())));

const MOVED = { ...asset("x"), uri: "s3://elsewhere" };

async function isActive({ metadata }: AssetProduct, named: { name: string; uri: string }) {
  return (await metadata.assets.get(assetIdText(assetIdOf(named))))?.isActive;
}

async function stateOf(product: AssetProduct, dagId: string) {
  const { runId } = await product.trigger(dagId);
  const { load } = await product.getTasks(dagId, runId);
  return [load?.state, load?.message?.split(":")[0]];
}

test("an asset is active while a DAG names it", async () => {
  const product = createProduct();
  await product.publish(producer("a", asset("x")));
  await product.publish(consumer("c", asset("x")));
  expect(await isActive(product, asset("x"))).toBe(true);
  await product.publish(producer("a", asset("y")));
  expect(await isActive(product, asset("x"))).toBe(true);
  await product.publish(consumer("c", asset("y")));
  expect(await isActive(product, asset("x"))).toBe(false);
  expect(await isActive(product, asset("y"))).toBe(true);
  const { items } = await product.metadata.assetReferences.list();
  expect(items.map(({ dagId, use }) => `${dagId} ${use}`).toSorted()).toEqual([
    "a outlet",
    "c schedule",
  ]);
});

test("a DAG that waits for an asset no more is not run by it", async () => {
  const product = createProduct();
  await product.publish(producer("a", asset("x")));
  await product.publish(consumer("c", asset("x")));
  await product.publish({ ...consumer("c", asset("x")), schedule: { kind: "none" } });
  await product.trigger("a");
  expect(await product.assetRuns("c")).toEqual([]);
  const { items } = await product.metadata.assetEvents.listQueued({ dagId: "c" });
  expect(items).toEqual([]);
});

test("of two assets with one name, the first is active, and tasks that name the other fail", async () => {
  const product = createProduct();
  await product.publish(producer("a", asset("x")));
  await product.publish(producer("b", MOVED));
  expect(product.reports).toEqual([
    expect.stringContaining('Asset "x" with URI "s3://elsewhere" of DAG "b" is not active'),
  ]);
  expect(await isActive(product, asset("x"))).toBe(true);
  expect(await isActive(product, MOVED)).toBe(false);
  expect(await stateOf(product, "a")).toEqual(["success", undefined]);
  const inactive = "AirflowInactiveAssetInInletOrOutletException";
  expect(await stateOf(product, "b")).toEqual(["failed", inactive]);
});

test("the other becomes active when its name is free", async () => {
  const product = createProduct();
  await product.publish(producer("a", asset("x")));
  await product.publish(producer("b", MOVED));
  await product.publish(producer("a"));
  expect(await isActive(product, MOVED)).toBe(false);
  await product.services.upkeep.run({
    until: Number.POSITIVE_INFINITY,
    functions: { worker: "w", recorder: "r", triggerQueueUrl: "q" },
  });
  await product.passTo(product.clock.now() + 5_000);
  expect(await isActive(product, MOVED)).toBe(true);
  expect(await stateOf(product, "b")).toEqual(["success", undefined]);
});

test("a DAG whose file is gone has no references and no runs by assets", async () => {
  const product = createProduct();
  await product.publish(producer("a", asset("x")));
  await product.publish(consumer("c", asset("x")));
  await updateDag(product.metadata.dags, "c", (dag) => dag && { ...dag, isStale: true });
  await product.services.scheduler.schedule("c");
  await product.trigger("a");
  expect(await product.assetRuns("c")).toEqual([]);
  expect(await product.events()).toHaveLength(1);
  await product.publish(consumer("c", asset("x")));
  await product.trigger("a");
  expect(await product.assetRuns("c")).toHaveLength(1);
});

test("a DAG that is deleted leaves neither references nor a queue", async () => {
  const product = createProduct();
  await product.publish(producer("a", asset("x")));
  await product.publish(consumer("c", asset("x"), { maxActiveRuns: 1 }));
  await product.services.runControl.setPaused("c", true);
  await product.trigger("a");
  const { metadata } = product;
  expect((await metadata.assetEvents.listQueued({ dagId: "c" })).items).toHaveLength(1);
  await forget(product, "c");
  expect((await metadata.assetEvents.listQueued({ dagId: "c" })).items).toEqual([]);
  expect(await metadata.dagAssets.get("c")).toBeUndefined();
  const { items } = await metadata.assetReferences.list();
  expect(items.map(({ dagId }) => dagId)).toEqual(["a"]);
  expect(await isActive(product, asset("x"))).toBe(true);
});

async function forget({ services }: AssetProduct, dagId: string): Promise<void> {
  await services.runControl.deleteDag(dagId);
  await services.completeDeletion(dagId);
}
