// Tasks that wait for a moment on one machine: nothing runs meanwhile, and a killed server goes on
// to wait for the same moment.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { startProduct } from "../live-product.ts";
import { startServer } from "../server-process.ts";
import { whenLive } from "./when-live.ts";

test("sensors of moments are deferred, succeed at theirs, and give up when their time is over", async () => {
  const product = await startProduct();
  onTestFinished(() => product.close());
  product.write(
    "moments.ts",
    `import { Dag } from "stepwind";
import { dateTimeSensor, timeDeltaSensor, timeSensor } from "stepwind/operators";
export const dag = new Dag("moments", { schedule: null });
const soon = dag.task("soon", timeDeltaSensor({ delta: 1.5 }))();
dag.task("after_soon", async () => Date.now())().after(soon);
dag.task("over", dateTimeSensor({ targetTime: "2020-01-01" }))();
dag.task("midnight", timeSensor({ targetTime: "00:00" }))();
const far = dag.task("far", dateTimeSensor({ targetTime: "2999-01-01", timeout: 0.5 }), { retries: 3 })();
const soft = dag.task("soft", dateTimeSensor({ targetTime: "2999-01-01", timeout: 0.5, softFail: true }))();
dag.task("alarm", async () => 1, { triggerRule: "all_done" })().after(far, soft);
`,
  );
  await product.isLive("moments");
  const before = Date.now();
  await product.trigger("moments", "r");
  await expect
    .poll(async () => (await product.task("moments", "r", "soon")).state)
    .toBe("deferred");
  expect(await product.ended("moments", "r")).toBe("success");
  expect(Date.now() - before).toBeGreaterThanOrEqual(1_500);
  const stateOf = async (taskId: string) => {
    const { state, try_number } = await product.task("moments", "r", taskId);
    return [state, try_number];
  };
  expect(await stateOf("soon")).toEqual(["success", 1]);
  expect(await stateOf("after_soon")).toEqual(["success", 1]);
  expect(await stateOf("over")).toEqual(["success", 1]);
  expect(await stateOf("midnight")).toEqual(["success", 1]);
  expect(await stateOf("far")).toEqual(["failed", 1]);
  expect(await stateOf("soft")).toEqual(["skipped", 1]);
  expect((await product.task("moments", "r", "far")).message).toMatch(
    /^AirflowSensorTimeout: Sensor has timed out; run duration of [\d.]+ seconds exceeds the specified timeout of 0.5\.$/,
  );
  const log = await product.log("moments", "r", "soon");
  expect(log.filter((line) => /^(Waiting|Marking)/.test(line))).toEqual([
    expect.stringMatching(/^Waiting until \d{4}-/),
    "Marking task as DEFERRED",
  ]);
});

test("a server that is killed while a task waits for a moment goes on to wait, within the same try", {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder();
  const home = join(folder, "home");
  const dagsFolder = join(folder, "dags");
  mkdirSync(dagsFolder);
  writeFileSync(
    join(dagsFolder, "moment.ts"),
    `import { Dag } from "stepwind";
import { timeDeltaSensor } from "stepwind/operators";
export const dag = new Dag("moment", { schedule: null });
const wait = dag.task("wait", timeDeltaSensor({ delta: 6 }))();
const over = dag.task("over", timeDeltaSensor({ delta: 3 }))();
dag.task("below", async () => 1)().after(wait, over);
`,
  );
  let server = await startServer({ home, dagsFolder });
  onTestFinished(async () => void (await server.kill("SIGKILL")));
  await whenLive(server, "moment");
  const run = "/dags/moment/dagRuns/killed";
  const stateOf = async (taskId: string) =>
    (await server.request(`${run}/taskInstances/${taskId}`)).state;
  await server.request("/dags/moment/dagRuns", { dag_run_id: "killed", logical_date: null });
  const begun = Date.now();
  await expect.poll(() => stateOf("wait"), { timeout: 20_000 }).toBe("deferred");
  await expect.poll(() => stateOf("over"), { timeout: 20_000 }).toBe("deferred");
  await server.kill("SIGKILL");
  // One moment passes while nobody is there.
  await sleep(3_000);
  server = await startServer({ home, dagsFolder });
  await expect.poll(() => stateOf("over"), { timeout: 20_000 }).toBe("success");
  await expect.poll(() => stateOf("below"), { timeout: 20_000 }).toBe("success");
  expect(Date.now() - begun).toBeGreaterThan(5_500);
  expect(await server.request(`${run}/taskInstances/wait`)).toMatchObject({
    state: "success",
    try_number: 1,
    max_tries: 0,
  });
});
