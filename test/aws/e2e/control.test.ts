// Run control on the deployment: a running task is stopped in its function, a cleared one runs again
// in another execution, and every try keeps its log.
import { expect, test } from "vitest";
import { openCloud, until } from "./cloud.ts";

const TEXT = `import { Dag, getContext } from "stepwind";
export const dag = new Dag("controlled", { schedule: null });
const slow = dag.task("slow", async () => {
  const { signal, tryNumber } = getContext();
  console.log("try " + tryNumber);
  if (tryNumber > 2) return;
  await new Promise((done) => {
    const timer = setTimeout(done, 120_000);
    signal.addEventListener("abort", () => { clearTimeout(timer); done(undefined); });
  });
  console.log("heard it");
})();
const quick = dag.task("quick", async () => 1)();
dag.task("below", async () => 1)().after(slow, quick);
`;

test("running tasks are stopped when they are cleared or marked, and the run goes on as it should", async () => {
  const cloud = openCloud();
  await cloud.upload("controlled.ts", TEXT);
  await cloud.dagWhen("controlled");
  const runId = await cloud.trigger("controlled");
  const key = { dagId: "controlled", runId, mapIndex: -1 };
  const instance = (taskId: string) => cloud.metadata.taskInstances.get({ ...key, taskId });
  const isAt = (tryNumber: number) =>
    until(
      `try ${tryNumber}`,
      () => instance("slow"),
      (slow) => slow.state === "running" && slow.tryNumber === tryNumber,
    );
  await isAt(1);
  await until(
    "the end of quick",
    () => instance("quick"),
    ({ state }) => state === "success",
  );

  const body = { dag_run_id: runId, task_ids: ["slow"], only_failed: false, dry_run: false };
  await cloud.ask("/dags/controlled/clearTaskInstances", { method: "POST", body });
  const second = await isAt(2);
  expect(second.tries).toMatchObject([{ tryNumber: 1, state: "failed" }]);

  const place = `/dags/controlled/dagRuns/${encodeURIComponent(runId)}`;
  await cloud.ask(`${place}/taskInstances/slow`, {
    method: "PATCH",
    body: { new_state: "failed" },
  });
  const failed = await cloud.endOf("controlled", runId);
  expect([failed.state, failed.states]).toEqual([
    "failed",
    { slow: "failed", quick: "success", below: "upstream_failed" },
  ]);
  expect((await instance("quick"))?.tryNumber).toBe(1);

  await cloud.ask(`${place}/clear`, {
    method: "POST",
    body: { dry_run: false, only_failed: true },
  });
  const ended = await cloud.endOf("controlled", runId);
  expect([ended.state, ended.states]).toEqual([
    "success",
    { slow: "success", quick: "success", below: "success" },
  ]);
  expect((await instance("slow"))?.tries.map(({ state }) => state)).toEqual(["failed", "failed"]);
  expect(await cloud.executionsOf("controlled")).toHaveLength(3);
  for (const tryNumber of [1, 2, 3]) {
    const read = () =>
      cloud.ask(`${place}/taskInstances/slow/logs/${tryNumber}`, { method: "GET" });
    const isWhole = (answer: unknown) => {
      const log = JSON.stringify(answer);
      return log.includes(`try ${tryNumber}`) && (tryNumber > 2 || log.includes("heard it"));
    };
    await until(`the log of try ${tryNumber}`, read, isWhole);
  }
});
