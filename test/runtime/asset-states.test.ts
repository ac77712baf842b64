// What a running task's client does with the states of assets.
import { expect, test } from "vitest";
import { assetIdOf, assetTargetText } from "../../src/model/ids.ts";
import { createClient } from "../../src/runtime/client/create-client.ts";
import { Asset, AssetAlias } from "../../src/sdk/assets/asset.ts";
import { createMemoryServices } from "./running.ts";

const orders = new Asset({ name: "orders", uri: "s3://b/orders" });

test("values are JSON, of the asset that is named or of the only one", async () => {
  const services = createMemoryServices();
  const client = createClient(services, "own");
  const state = client.assetStateStore(orders);
  expect(await state.get("since")).toBeNull();
  await state.set("since", { day: 3 });
  await client.assetStateStore().set("since", "2026-01-01");
  expect(await state.get("since")).toEqual({ day: 3 });
  const id = assetIdOf({ name: "orders", uri: "s3://b/orders" });
  expect(services.assetStates.get(assetTargetText({ kind: "asset", id }))?.get("since")).toBe(
    '{"day":3}',
  );
  await state.delete("since");
  expect(await state.get("since")).toBeNull();
  expect(await client.assetStateStore().get("since")).toBe("2026-01-01");
  await client.assetStateStore().clear();
  expect(await client.assetStateStore().get("since")).toBeNull();
  const byName = client.assetStateStore(Asset.ref({ name: "orders" }));
  await byName.set("since", 1);
  expect(services.assetStates.size).toBe(2);
});

test("what is no asset, and no JSON, is refused by name", async () => {
  const client = createClient(createMemoryServices(), "own");
  const alias = new AssetAlias("exports");
  for (const wrong of [alias, "orders", null, {}]) {
    expect(() => Reflect.apply(client.assetStateStore, client, [wrong])).toThrow(
      "assetStateStore() takes an Asset, or Asset.ref()",
    );
  }
  const state = client.assetStateStore(orders);
  const set = (value: unknown) => Reflect.apply(state.set, state, ["since", value]);
  expect(() => set(() => 1)).toThrow('State "since" of an asset takes JSON');
  expect(() => set(undefined)).toThrow("got undefined");
});
