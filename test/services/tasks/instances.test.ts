// Two instances of one task side by side: as far as engine events name an index, neither overwrites
// what the other has recorded, decides or waits for.
import { expect, test } from "vitest";
import { instanceKey } from "../../../src/model/instance-key.ts";
import { explainWait } from "../../../src/services/tasks/verdicts.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import { after, fails, startProduct, statesOf, succeeds, trigger } from "../virtual-time.ts";

const RUN = { dagId: "d", runId: "r" };
const IDS = { ...RUN, clearNumber: 0 };
const never = new AbortController().signal;

/** The states of a task's instances, by index. */
async function indexesOf({ metadata }: VirtualProduct, taskId: string) {
  const records = await metadata.taskInstances.list({ ...RUN, taskIds: [taskId] });
  return Object.fromEntries(records.map(({ mapIndex, state }) => [mapIndex, state]));
}

function executeIndex({ services }: VirtualProduct, mapIndex: number): Promise<void> {
  return services.worker.execute({ ...IDS, taskId: "t", mapIndex }, never);
}

test("instances run, end and count for what is below them, each by itself", async () => {
  const product = startProduct();
  product.play(({ taskId, mapIndex }) => {
    if (taskId === "blocker") return succeeds(100);
    if (mapIndex === 1) return fails(20);
    return succeeds(10, `"result of ${mapIndex}"`);
  });
  const tasks = [task("t"), task("blocker"), task("below", ["t", "blocker"])];
  await product.publish(dag("d", tasks));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(10));
  const calls = Promise.all([executeIndex(product, 0), executeIndex(product, 1)]);
  await product.passTo(after(25));
  expect(await indexesOf(product, "t")).toEqual({ "-1": "success", 0: "success", 1: "running" });
  expect(await statesOf(product, "d", "r")).not.toHaveProperty("below");
  await product.passTo(after(35));
  await calls;
  expect(await indexesOf(product, "t")).toEqual({ "-1": "success", 0: "success", 1: "failed" });
  const own = await product.metadata.xcoms.get(
    instanceKey(RUN, { taskId: "t", mapIndex: 0 }),
    "return_value",
  );
  expect(own?.value).toBe('"result of 0"');
  // The failure of one instance is propagated though the others have succeeded.
  expect(await statesOf(product, "d", "r")).toMatchObject({ below: "upstream_failed" });
  await product.passAll();
  expect(await product.getRun("d", "r")).toMatchObject({ state: "failed" });
});

test("a run goes on while an instance of a task is unfinished, and is abandoned with all of them", async () => {
  const product = startProduct();
  product.play(({ mapIndex }) => succeeds(mapIndex === 0 ? 100 : 10));
  await product.publish(dag("d", [task("t"), task("last", ["t"])]));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(5));
  const call = executeIndex(product, 0);
  await product.passTo(after(50));
  expect(await product.getRun("d", "r")).toMatchObject({ state: "running" });
  await product.services.recorder.abandon(await product.getRun("d", "r"), "task_failure");
  expect(await indexesOf(product, "t")).toEqual({ "-1": "success", 0: "failed" });
  await product.passAll();
  await call;
  expect(await indexesOf(product, "t")).toEqual({ "-1": "success", 0: "failed" });
});

test("gates of two instances are held and released apart", async () => {
  const product = startProduct();
  product.play(() => succeeds(100));
  await product.publish(dag("d", [task("t", [], { dependsOnPast: true })]));
  await trigger(product, "d", { runId: "earlier", logicalDate: "1970-01-01T00:00:00Z" });
  await trigger(product, "d", { runId: "r", logicalDate: "1970-01-01T12:00:00Z" });
  await product.passTo(after(1));
  const { metadata, services } = product;
  const waiting = async () => (await metadata.gates.list(RUN)).map(({ mapIndex }) => mapIndex);
  for (const mapIndex of [0, 1]) {
    const gate = { action: "gate", taskId: "t", mapIndex, token: `token ${mapIndex}` } as const;
    await services.recorder.handle({ ...IDS, ...gate });
  }
  expect(await waiting()).toEqual([-1, 0, 1]);
  await metadata.taskInstances.update({
    key: instanceKey(RUN, { taskId: "t", mapIndex: 0 }),
    from: [null],
    set: { state: "skipped" },
  });
  const again = { action: "gate", taskId: "t", mapIndex: 0, token: "another" } as const;
  await services.recorder.handle({ ...IDS, ...again });
  expect(await waiting()).toEqual([-1, 1]);
});

test("what an instance waits for is listed in words, and read no further than its DAG needs", async () => {
  const product = startProduct();
  product.play(() => succeeds(100));
  const tasks = [task("a"), task("t", ["a"], { dependsOnPast: true })];
  await product.publish(dag("d", tasks));
  await trigger(product, "d", { runId: "earlier", logicalDate: "1970-01-01T00:00:00Z" });
  await trigger(product, "d", { runId: "r", logicalDate: "1970-01-01T12:00:00Z" });
  await product.passTo(after(1));
  const { metadata, clock, services } = product;
  const run = await product.getRun("d", "r");
  const version = await services.versions.get("d", run.versionHash);
  const context = { metadata, clock, versions: services.versions };
  const explain = async (taskId: string) => {
    const found = version.document.tasks.find((each) => each.taskId === taskId);
    if (!found) throw new Error(`No task ${taskId}`);
    const key = instanceKey(run, { taskId });
    const known = await metadata.taskInstances.get(key);
    return explainWait(context, { run, version, task: found, key }, known);
  };
  expect(await explain("t")).toEqual([
    { name: "Trigger Rule", reason: expect.stringContaining("but found 1 non-success(es)") },
    { name: "Previous Dagrun State", reason: expect.stringContaining("has not run yet") },
  ]);
  expect(await explain("a")).toEqual([]);
  await product.passTo(after(101));
  expect(await explain("t")).toEqual([
    { name: "Previous Dagrun State", reason: expect.stringContaining("1 previous task instance") },
  ]);
});
