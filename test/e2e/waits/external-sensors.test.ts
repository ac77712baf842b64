// Sensors that wait for other DAGs on one machine: an end wakes them at once, whatever their
// interval, and they survive a server that is killed.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { type LiveProduct, startProduct } from "../live-product.ts";
import { startServer } from "../server-process.ts";
import { whenLive } from "./when-live.ts";

const DAY = "2026-01-31T00:00:00Z";

/** "load" takes two seconds, and "broken" fails. */
const ORDERS = `import { Dag } from "stepwind";
import { setTimeout as sleep } from "node:timers/promises";
export const dag = new Dag("orders", { schedule: null });
const load = dag.task("load", async () => { await sleep(2_000); })();
const group = dag.taskGroup("checks");
group.task("rows", async () => 1)().after(load);
dag.task("broken", async () => { throw new Error("no"); })().after(load);
`;

const WAITING = `import { Dag } from "stepwind";
import { externalTaskSensor } from "stepwind/operators";
export const dag = new Dag("waiting", { schedule: null });
const sensor = (id: string, more: object) =>
  dag.task(id, externalTaskSensor({ externalDagId: "orders", pokeInterval: "1 hour", ...more }))();
sensor("of_task", { externalTaskId: "load", pokeInterval: 1 });
sensor("of_group", { externalTaskGroupId: "checks" });
sensor("of_run", { allowedStates: ["success", "failed"] });
sensor("broken", { externalTaskIds: ["load", "broken"], failedStates: ["failed"] });
sensor("soft", { failedStates: ["failed"], softFail: true });
`;

const stateOf = async (product: LiveProduct, taskId: string) =>
  (await product.task("waiting", "r", taskId)).state;

async function triggerOn(product: LiveProduct, dagId: string, runId: string) {
  await product.ask(`/dags/${dagId}/dagRuns`, { dag_run_id: runId, logical_date: DAY });
}

test("sensors are woken by the ends that they wait for, and fail or skip as Airflow's", async () => {
  const product = await startProduct();
  onTestFinished(() => product.close());
  product.write("orders.ts", ORDERS);
  product.write("waiting.ts", WAITING);
  await product.isLive("orders");
  await product.isLive("waiting");
  await triggerOn(product, "orders", "o");
  await triggerOn(product, "waiting", "r");
  await expect.poll(() => stateOf(product, "of_run"), { timeout: 5_000 }).toBe("deferred");
  expect(await product.ended("orders", "o")).toBe("failed");
  expect(await product.ended("waiting", "r")).toBe("failed");
  expect(await stateOf(product, "of_task")).toBe("success");
  expect(await stateOf(product, "of_group")).toBe("success");
  expect(await stateOf(product, "of_run")).toBe("success");
  expect(await stateOf(product, "soft")).toBe("skipped");
  expect(await product.task("waiting", "r", "broken")).toMatchObject({
    state: "failed",
    message:
      "ExternalTaskFailedError: Some of the external tasks ['load', 'broken'] in DAG orders failed.",
  });
});

test("a DAG that isn't there is waited for, or fails the sensor where that is asked for", async () => {
  const product = await startProduct();
  onTestFinished(() => product.close());
  product.write(
    "waiting.ts",
    `import { Dag } from "stepwind";
import { externalTaskSensor } from "stepwind/operators";
export const dag = new Dag("waiting", { schedule: null });
dag.task("checked", externalTaskSensor({ externalDagId: "orders", checkExistence: true }))();
dag.task("late", externalTaskSensor({ externalDagId: "orders", pokeInterval: 0.3, timeout: 30 }))();
dag.task("over", externalTaskSensor({ externalDagId: "none", pokeInterval: 0.3, timeout: 0.5 }))();
`,
  );
  await product.isLive("waiting");
  await triggerOn(product, "waiting", "r");
  await expect.poll(() => stateOf(product, "over"), { timeout: 10_000 }).toBe("failed");
  expect((await product.task("waiting", "r", "over")).message).toMatch(
    /^AirflowSensorTimeout: Sensor has timed out/,
  );
  expect(await product.task("waiting", "r", "checked")).toMatchObject({
    state: "failed",
    message: "ExternalDagNotFoundError: The external DAG orders does not exist.",
  });
  expect(await product.task("waiting", "r", "late")).toMatchObject({
    state: "deferred",
    message:
      'waits for DAG "orders" with logical date 2026-01-31T00:00:00.000Z; there is no such DAG',
  });
  product.write("orders.ts", ORDERS.replace("2_000", "1").replace(/^dag.task\("broken".*$/m, ""));
  await product.isLive("orders");
  await triggerOn(product, "orders", "o");
  await expect.poll(() => stateOf(product, "late"), { timeout: 10_000 }).toBe("success");
});

test("a server that is killed while a sensor waits wakes it after that", {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder();
  const home = join(folder, "home");
  const dagsFolder = join(folder, "dags");
  mkdirSync(dagsFolder);
  writeFileSync(join(dagsFolder, "orders.ts"), ORDERS.replace("2_000", "3_000"));
  writeFileSync(join(dagsFolder, "waiting.ts"), WAITING);
  let server = await startServer({ home, dagsFolder });
  onTestFinished(async () => void (await server.kill("SIGKILL")));
  await whenLive(server, "orders");
  await whenLive(server, "waiting");
  const trigger = (dagId: string, runId: string) =>
    server.request(`/dags/${dagId}/dagRuns`, { dag_run_id: runId, logical_date: DAY });
  const look = async () => {
    const run = "/dags/waiting/dagRuns/r";
    return (await server.request(`${run}/taskInstances/of_run`)).state;
  };
  await trigger("orders", "o");
  await trigger("waiting", "r");
  await expect.poll(look, { timeout: 20_000 }).toBe("deferred");
  await server.kill("SIGKILL");
  server = await startServer({ home, dagsFolder });
  expect(await look()).toBe("deferred");
  await expect.poll(look, { timeout: 20_000 }).toBe("success");
});
