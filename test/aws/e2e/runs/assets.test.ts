// Assets on the deployment: the success of a task makes a run of the DAG that waits for its outlet,
// whose task reads what the first one has said.
import { beforeAll, expect, test } from "vitest";
import { type Cloud, openCloud, until } from "../cloud.ts";

let cloud: Cloud;
beforeAll(() => {
  cloud = openCloud();
});

const FILE = `import { Asset, Dag, getContext } from "stepwind";
const orders = new Asset({ name: "e2e_orders", uri: "s3://e2e/orders" });

export const producer = new Dag("assets_producer", { schedule: null });
producer.task("load", async () => {
  getContext().outletEvents.get(orders).extra.rows = 3;
}, { outlets: [orders] })();

export const consumer = new Dag("assets_consumer", { schedule: [orders] });
consumer.task("use", async () => {
  const [event] = await getContext().triggeringAssetEvents.get(orders);
  return event?.extra.rows ?? null;
})();
`;

test("a DAG runs when the asset that it waits for has changed", async () => {
  await cloud.upload("assets.ts", FILE);
  await cloud.dagWhen("assets_producer");
  await cloud.dagWhen("assets_consumer");
  const made = await cloud.trigger("assets_producer");
  expect((await cloud.endOf("assets_producer", made)).states).toEqual({ load: "success" });
  const runs = () => cloud.metadata.runs.list({ dagId: "assets_consumer" });
  const { items } = await until("the run of the consumer", runs, ({ items }) => items.length > 0);
  const [run] = items;
  expect(run).toMatchObject({
    runType: "asset_triggered",
    triggeredBy: "asset",
    logicalDate: null,
  });
  const runId = run?.runId ?? "";
  expect((await cloud.endOf("assets_consumer", runId)).states).toEqual({ use: "success" });
  const key = { dagId: "assets_consumer", runId, taskId: "use", mapIndex: -1 };
  expect((await cloud.metadata.xcoms.get(key, "return_value"))?.value).toBe("3");
  const { items: events } = await cloud.metadata.assetEvents.listConsumed(key);
  expect(events).toMatchObject([{ source: { dagId: "assets_producer", runId: made } }]);
  expect((await cloud.metadata.assetEvents.listQueued(key)).items).toEqual([]);
});
