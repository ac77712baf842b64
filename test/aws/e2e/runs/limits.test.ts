// Pools and pausing on the deployment: slots are never exceeded nor lost, and a paused DAG starts
// nothing.
import { beforeAll, expect, test } from "vitest";
import { type Cloud, openCloud, until } from "../cloud.ts";
import { expectPoolKept, pooledDagFile } from "./pooled-dag.ts";

let cloud: Cloud;
beforeAll(() => {
  cloud = openCloud();
});

test("a pool of 3 slots is never exceeded, loses none, and costs one more transition per task that waits", async () => {
  await cloud.metadata.pools.put({ pool: "narrow", slots: 3, includeDeferred: false });
  await cloud.upload("pooled.ts", pooledDagFile({ dagId: "pooled", pool: "narrow", tasks: 8 }));
  await cloud.dagWhen("pooled");
  const ended = await Promise.all([1, 2, 3].map(() => cloud.run("pooled")));
  expect(ended.map(({ state }) => state)).toEqual(["success", "success", "success"]);
  const runIds = ended.map(({ run }) => run.runId);
  await expectPoolKept(cloud, { dagId: "pooled", pool: "narrow", slots: 3, runIds });
  for (const executionArn of await cloud.executionsOf("pooled")) {
    const entered = (await cloud.history(executionArn)).filter(
      ({ type }) => type === "TaskStateEntered",
    );
    expect(entered.length).toBeLessThanOrEqual(8 * 2 + 1);
  }
});

test("no task starts while its DAG is paused, and it goes on where it was", async () => {
  await cloud.upload(
    "held.ts",
    `import { chain, Dag } from "stepwind";
export const dag = new Dag("held", { schedule: null });
const at = (id: string, ms: number) => dag.task(id, async () => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return Date.now();
})();
chain(at("first", 8000), at("second", 0), at("third", 0));
`,
  );
  await cloud.dagWhen("held");
  const runId = await cloud.trigger("held");
  const setPaused = async (is_paused: boolean) => {
    const answer = await cloud.ask("/dags/held", { method: "PATCH", body: { is_paused } });
    expect(answer.status).toBe(200);
  };
  const stateOf = async (taskId: string) =>
    (await cloud.metadata.taskInstances.get({ dagId: "held", runId, taskId, mapIndex: -1 }))?.state;
  await until(
    "the first task runs",
    () => stateOf("first"),
    (state) => state === "running",
  );
  await setPaused(true);
  const held = await until(
    "the second task is held",
    () =>
      cloud.metadata.taskInstances.get({ dagId: "held", runId, taskId: "second", mapIndex: -1 }),
    (instance) => instance?.pausedAt !== undefined,
  );
  expect(await stateOf("first")).toBe("success");
  expect(held?.state ?? null).toBeNull();
  expect((await cloud.metadata.runs.get("held", runId))?.state).toBe("running");
  await setPaused(false);
  expect((await cloud.endOf("held", runId)).state).toBe("success");
});
