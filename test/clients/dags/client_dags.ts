// What Airflow's own clients find: tasks with all that the API can show and change.
import { Asset, Dag, getClient, getContext } from "stepwind";
import { approval } from "stepwind/operators";

const orders = new Asset({ name: "orders", uri: "s3://orders" });

const stock = new Asset({ name: "stock", uri: "s3://stock" });

export const etl = new Dag("etl", {
  schedule: "0 6 * * *",
  startDate: "2026-01-01",
  catchup: false,
  tags: ["orders"],
  docMd: "# Orders",
  params: { day: "monday" },
});
{
  const extract = etl.task(
    "extract",
    async () => {
      console.log("extracting");
      await getClient().taskStateStore.set("position", { line: 7 });
      await getClient().assetStateStore(orders).set("position", { line: 7 });
      return [1, 2];
    },
    { outlets: [orders], retries: 1 },
  )();
  const load = etl
    .task("load", async ({ row }: { row: number }) => row * getContext().tryNumber)
    .expand({ row: extract });
  const checks = etl.taskGroup("checks");
  const count = checks.task("count", async () => 2)();
  load.before(count);
}

/** It waits for both, so that events of one of them stay queued. */
export const consumer = new Dag("consumer", { schedule: [orders, stock] });
consumer.task("read", async () => null)();

export const asked = new Dag("asked", { schedule: null });
asked.task("approve", approval({ subject: "Ship it?" }))();

/** It waits until it is stopped. */
export const slow = new Dag("slow", { schedule: null });
slow.task("wait", async () => {
  await new Promise((resolve) => getContext().signal.addEventListener("abort", resolve));
})();

export const removed = new Dag("removed", { schedule: null });
removed.task("only", async () => null)();
