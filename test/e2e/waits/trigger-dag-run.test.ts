// Tasks that trigger runs of other DAGs on one machine, also while the server is killed.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { type LiveProduct, startProduct } from "../live-product.ts";
import { startServer } from "../server-process.ts";
import { whenLive } from "./when-live.ts";

const CHILD = `import { Dag, getContext } from "stepwind";
import { setTimeout as sleep } from "node:timers/promises";
export const dag = new Dag("child", { schedule: null });
dag.task("t", async () => {
  const { conf } = getContext();
  await sleep(Number(conf.seconds ?? 0.2) * 1_000);
  if (conf.fails) throw new Error("as asked");
  return conf;
})();
export const paused = new Dag("paused_child", { schedule: null, isPausedUponCreation: true });
paused.task("t", async () => 1)();
`;

const PARENT = `import { Dag, getClient } from "stepwind";
import { triggerDagRun } from "stepwind/operators";
export const dag = new Dag("parent", { schedule: null, defaultArgs: { retries: 1, retryDelay: 0 } });
const trigger = (id: string, more: object) =>
  dag.task(id, triggerDagRun({ triggerDagId: "child", ...more }))();
const waits = trigger("waits", { waitForCompletion: true, conf: { day: "{{ run_id }}" } });
const forgets = trigger("forgets", { triggerRunId: "mine" });
const read = dag.task("read", async () => [
  await getClient().getXCom({ taskId: "waits", key: "trigger_run_id" }),
  await getClient().getXCom({ taskId: "forgets", key: "trigger_run_id" }),
]);
read().after(waits, forgets);
trigger("again", { triggerRunId: "mine" }).after(forgets);
trigger("skips", { triggerRunId: "mine", skipWhenAlreadyExists: true }).after(forgets);
trigger("fails", { waitForCompletion: true, conf: { fails: true } });
trigger("either", { waitForCompletion: true, conf: { fails: true }, allowedStates: ["failed"], failedStates: [] });
trigger("unknown", { triggerDagId: "none" });
trigger("no_date", { logicalDate: null, waitForCompletion: true });
trigger("bad_id", { triggerRunId: "scheduled__x" });
trigger("paused", { triggerDagId: "paused_child", failWhenDagIsPaused: true });
trigger("queued", { triggerDagId: "paused_child" });
`;

const runsOf = async (product: LiveProduct, dagId: string) =>
  (await product.ask(`/dags/${dagId}/dagRuns`)).dag_runs as readonly {
    readonly dag_run_id: string;
    readonly run_type: string;
    readonly triggered_by: string;
    readonly state: string;
    readonly conf: object;
    readonly logical_date: string | null;
  }[];

test("runs are triggered as Airflow's operator does, and each answer is Airflow's", async () => {
  const product = await startProduct();
  onTestFinished(() => product.close());
  product.write("child.ts", CHILD);
  product.write("parent.ts", PARENT);
  for (const dagId of ["child", "paused_child", "parent"]) await product.isLive(dagId);
  expect(await product.run("parent", "r")).toBe("failed");
  const task = (taskId: string) => product.task("parent", "r", taskId);
  for (const taskId of ["waits", "forgets", "either", "no_date", "queued", "read"]) {
    expect(await task(taskId), taskId).toMatchObject({ state: "success", try_number: 1 });
  }
  expect(await task("skips")).toMatchObject({ state: "skipped" });
  // Airflow fails these for good, and the others have their retry.
  expect(await task("again")).toMatchObject({
    state: "failed",
    try_number: 1,
    message: 'DagRunAlreadyExists: A run of DAG "child" with run id "mine" exists already',
  });
  expect(await task("fails")).toMatchObject({ state: "failed", try_number: 1 });
  expect((await task("fails")).message).toMatch(
    /^DagRunFailed: Run "manual__.*" of DAG "child" ended in the failed state "failed"$/,
  );
  expect(await task("unknown")).toMatchObject({
    state: "failed",
    try_number: 2,
    message: "DagNotFound: Dag id none not found",
  });
  expect(await task("paused")).toMatchObject({
    state: "failed",
    try_number: 2,
    message: "DagIsPaused: Dag paused_child is paused",
  });
  expect((await task("bad_id")).message).toMatch(/^TriggerRefused: Run id "scheduled__x"/);
  await expect
    .poll(async () =>
      (await runsOf(product, "child")).every(
        ({ state }) => state === "success" || state === "failed",
      ),
    )
    .toBe(true);
  const runs = await runsOf(product, "child");
  expect(runs).toHaveLength(5);
  for (const run of runs) {
    expect(run).toMatchObject({ run_type: "operator_triggered", triggered_by: "operator" });
    expect(run.dag_run_id).toMatch(/^(manual__|mine$)/);
  }
  expect(runs.filter(({ logical_date }) => logical_date === null)).toHaveLength(1);
  expect(runs.some(({ conf }) => JSON.stringify(conf) === '{"day":"r"}')).toBe(true);
  expect(await runsOf(product, "paused_child")).toMatchObject([{ state: "queued" }]);
  expect(product.reports.filter((line) => line.startsWith("error"))).toEqual([]);
});

test("a server that is killed while a task waits for its run triggers no other, and notices the end", {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder();
  const home = join(folder, "home");
  const dagsFolder = join(folder, "dags");
  mkdirSync(dagsFolder);
  writeFileSync(join(dagsFolder, "child.ts"), CHILD);
  writeFileSync(
    join(dagsFolder, "parent.ts"),
    `import { Dag } from "stepwind";
import { triggerDagRun } from "stepwind/operators";
export const dag = new Dag("parent", { schedule: null });
dag.task("own", triggerDagRun({ triggerDagId: "child", waitForCompletion: true, conf: { seconds: 3 } }))();
`,
  );
  let server = await startServer({ home, dagsFolder });
  onTestFinished(async () => void (await server.kill("SIGKILL")));
  await whenLive(server, "child");
  await whenLive(server, "parent");
  const look = async () => (await server.request("/dags/parent/dagRuns/r/taskInstances/own")).state;
  const children = async () => (await server.request("/dags/child/dagRuns")).dag_runs;
  await server.request("/dags/parent/dagRuns", { dag_run_id: "r", logical_date: null });
  await expect.poll(async () => (await children())[0]?.state, { timeout: 20_000 }).toBe("running");
  for (let kills = 0; kills < 2; kills += 1) {
    await server.kill("SIGKILL");
    server = await startServer({ home, dagsFolder });
    expect(await look()).toBe("deferred");
  }
  await expect.poll(look, { timeout: 30_000 }).toBe("success");
  expect(await children()).toMatchObject([{ state: "success" }]);
});
