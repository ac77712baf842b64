// Nothing of assets is lost or doubled by deaths, faults and schedulers that are at it together:
// each success makes one event, and each run consumes events that no other of its DAG does.
import { afterEach, expect, test } from "vitest";
import type { AssetEventRecord } from "../../../src/model/assets/records.ts";
import { createRandom } from "../../reference/random-dags.ts";
import type { StoreCall } from "../../reference/watched-calls.ts";
import {
  type AssetProduct,
  all,
  any,
  asset,
  consumer,
  createAssetProduct,
  producer,
} from "./asset-product.ts";

const products: AssetProduct[] = [];
afterEach(() => Promise.all(products.splice(0).map((product) => product.close())));

async function createProduct(options: Parameters<typeof createAssetProduct>[0] = {}) {
  const product = createAssetProduct(options);
  products.push(product);
  product.tell([]);
  await product.publish(producer("a", asset("x")));
  await product.publish(producer("b", asset("y")));
  await product.publish(consumer("either", any(asset("x"), asset("y"))));
  await product.publish(consumer("both", all(asset("x"), asset("y"))));
  return product;
}

/** What must hold when all has ended: exactly one event a success, each consumed once or queued. */
async function expectExact(product: AssetProduct): Promise<void> {
  const { metadata } = product;
  const events = await product.events();
  const successes: string[] = [];
  for (const dagId of ["a", "b"]) {
    const { items } = await metadata.runs.list({ dagId, states: ["success"], limit: 1_000 });
    successes.push(...items.map(({ runId }) => `${dagId}/${runId}`));
  }
  const nameOf = ({ source }: AssetEventRecord) => `${source?.dagId}/${source?.runId}`;
  expect(events.map(nameOf).toSorted()).toEqual(successes.toSorted());
  for (const dagId of ["either", "both"]) {
    const runs = await product.assetRuns(dagId);
    const consumed = (await Promise.all(runs.map(product.consumed))).flat();
    const queue = await metadata.assetEvents.listQueued({ dagId, limit: 1_000 });
    const seen = [...consumed.map(({ key }) => key), ...queue.items.map(({ key }) => key)];
    expect(seen.toSorted()).toEqual(events.map(({ key }) => key));
    expect(runs.every(({ state }) => state === "success" || state === "failed")).toBe(true);
    for (const run of runs) expect((await product.consumed(run)).length).toBeGreaterThan(0);
    if (dagId === "either") expect(queue.items).toEqual([]);
  }
}

const CALLS: readonly StoreCall[] = [
  "assetEvents.record",
  "assetEvents.claim",
  "assetRuns.put",
  "assetWakes.put",
  "runs.create",
  "assetReferences.list",
];

test.each(CALLS)("%s fails once, and all comes right", async (method) => {
  const product = await createProduct();
  const isOfAssets = (first: unknown) =>
    method !== "runs.create" || JSON.stringify(first).includes("asset_triggered");
  product.breakNext(method, isOfAssets);
  for (const dagId of ["a", "b"])
    await product.services.runControl.trigger({ dagId, triggeredBy: "test" });
  await product.passTo(product.clock.now() + 600_000);
  await product.die();
  await product.passAll();
  await expectExact(product);
});

test("the engine dies at any turn between a success and the run that it makes", async () => {
  for (let turns = 0; turns < 60; turns += 1) {
    const product = await createProduct();
    for (const dagId of ["a", "b"]) {
      await product.services.runControl.trigger({ dagId, triggeredBy: "test" });
    }
    await product.settle();
    // The tasks end at this moment.
    product.clock.advanceTo(product.clock.nextAt);
    await product.die({ turns });
    await product.passAll();
    await expectExact(product);
    await product.close();
    products.pop();
  }
});

test("random deaths and faults lose and double nothing", async () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    const random = createRandom(seed);
    const product = await createProduct(
      seed % 2 === 0 ? { apart: { limit: 3_600, copies: () => 1 + random.below(2) } } : {},
    );
    const injected = new Map<string, number>();
    const faults = { random, rate: 0.03, invocationRate: 0.03, lostAnswers: 0.5, limit: 60 };
    for (let step = 0; step < 8; step += 1) {
      product.disturb({ ...faults, injected });
      const dagId = random.pick(["a", "b"]);
      // It may wait for time to pass, and it may fail.
      void product.services.runControl
        .trigger({ dagId, triggeredBy: "test" })
        .catch(() => undefined);
      await product.passTo(product.clock.now() + random.below(4_000));
      product.disturb(undefined);
      if (random.chance(0.4)) await product.die({ turns: random.below(40) });
    }
    await product.die();
    await product.passTo(product.clock.now() + 3_600_000);
    for (const dagId of ["either", "both"]) await product.services.scheduler.schedule(dagId);
    await product.passTo(product.clock.now() + 3_600_000);
    await expectExact(product);
    await product.close();
    products.pop();
  }
});
