// Runs that people change while tasks wait for another try, another poke, or their turn: what the
// dependencies said before may hold no more. Cases that the differential test has found.
import { expect, test } from "vitest";
import { dag, task } from "../../reference/documents.ts";
import {
  after,
  byTask,
  fails,
  HOUR,
  startProduct,
  startsOf,
  statesOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";

const SENSOR = { pokeInterval: 20, timeout: HOUR, softFail: false, exponentialBackoff: false };

test.each([{}, { apart: { limit: 900 } }])(
  "a try that was cleared with what is above it ends with that: %j",
  async (options) => {
    const product = startProduct(options);
    product.play(byTask({ a: succeeds(5), b: succeeds(600) }));
    await product.publish(dag("d", [task("a"), task("b", ["a"], { retries: 2 })]));
    const runId = await trigger(product, "d");
    await product.passTo(after(30));
    product.play(byTask({ a: fails(60), b: succeeds(600) }));
    await product.services.runControl.clear({ dagId: "d", runId, tasks: ["a"], downstream: true });
    await product.passAll();
    expect(await statesOf(product, "d", runId)).toEqual({ a: "failed", b: "upstream_failed" });
    expect(startsOf(product, "b")).toEqual([5]);
    expect((await product.getRun("d", runId)).state).toBe("failed");
  },
);

test("a retry ends at once when a task above it is marked as failed", async () => {
  const product = startProduct();
  product.play(byTask({ b: fails(1) }));
  await product.publish(
    dag("d", [task("a"), task("b", ["a"], { retries: 1, retryDelay: 300 }), task("c", ["b"])]),
  );
  const runId = await trigger(product, "d");
  await product.passTo(after(10));
  await product.services.runControl.mark({ dagId: "d", runId, taskId: "a", state: "failed" });
  await product.passTo(after(11));
  expect(await statesOf(product, "d", runId)).toEqual({
    a: "failed",
    b: "upstream_failed",
    c: "upstream_failed",
  });
  expect((await product.getRun("d", runId)).state).toBe("failed");
});

test("instances of a mapped task that wait for their next try end so as well", async () => {
  const product = startProduct();
  product.play(byTask({ b: fails(1) }));
  const mapped = { mapped: { over: { n: 2 } } };
  await product.publish(
    dag("d", [task("a"), task("b", ["a"], { ...mapped, retries: 1, retryDelay: 300 })]),
  );
  const runId = await trigger(product, "d");
  await product.passTo(after(10));
  await product.services.runControl.mark({ dagId: "d", runId, taskId: "a", state: "failed" });
  await product.passAll();
  expect(startsOf(product, "b")).toEqual([0, 0]);
});

test("a sensor is not poked while a task above it runs again", async () => {
  const product = startProduct();
  product.play(({ taskId }) =>
    taskId === "s" ? { seconds: 0, ending: { kind: "reschedule" } } : succeeds(30),
  );
  await product.publish(dag("d", [task("a"), task("s", ["a"], { sensor: SENSOR })]));
  const runId = await trigger(product, "d");
  await product.passTo(after(55));
  await product.services.runControl.clear({ dagId: "d", runId, tasks: ["a"] });
  await product.passTo(after(86));
  expect(startsOf(product, "s")).toEqual([30, 50, 85]);
});

test("a mark that is refused changes nothing", async () => {
  const product = startProduct();
  product.play(byTask({ b: fails() }));
  await product.publish(dag("d", [task("a"), task("b", ["a"])]));
  const runId = await trigger(product, "d");
  await product.passAll();
  const { runControl } = product.services;
  await expect(
    runControl.mark({ dagId: "d", runId, taskId: "a", state: "success" }),
  ).rejects.toThrow("already in success state");
  await product.passAll();
  expect(startsOf(product, "b")).toHaveLength(1);
});

test("the mark of a run keeps the end that instances share with their task", async () => {
  const product = startProduct();
  product.play(byTask({ a: fails(), slow: succeeds(600) }));
  const mapped = { mapped: { over: { n: 2 } } };
  await product.publish(dag("d", [task("a"), task("each", ["a"], mapped), task("slow")]));
  const runId = await trigger(product, "d");
  await product.passTo(after(10));
  await product.services.runControl.markRun({ dagId: "d", runId }, "failed");
  await product.passAll();
  const records = await product.metadata.taskInstances.list({ dagId: "d", runId });
  const states = records.filter(({ taskId }) => taskId === "each").map(({ state }) => state);
  expect(new Set(states)).toEqual(new Set(["upstream_failed"]));
});

test("a task that was cleared alone starts at once, though what is further above runs again", async () => {
  const product = startProduct();
  product.play(byTask({ a: succeeds(100) }));
  const tasks = [task("a"), task("b", ["a"]), task("c", ["b"]), task("d", ["c"])];
  await product.publish(dag("d", tasks));
  const runId = await trigger(product, "d");
  await product.passAll();
  await product.passTo(after(200));
  await product.services.runControl.clear({ dagId: "d", runId, tasks: ["a", "c", "d"] });
  await product.passAll();
  expect(startsOf(product, "c")).toEqual([100, 200]);
  expect(startsOf(product, "d")).toEqual([100, 200]);
  expect((await product.getRun("d", runId)).state).toBe("success");
});

test("a task below one that was marked starts at once, though what is further above runs", async () => {
  const product = startProduct();
  product.play(byTask({ a: succeeds(100), c: succeeds(5) }));
  const tasks = [task("a"), task("b", ["a"]), task("c", ["b"]), task("d", ["c"])];
  await product.publish(dag("d", tasks));
  const runId = await trigger(product, "d");
  await product.passTo(after(10));
  await product.services.runControl.mark({ dagId: "d", runId, taskId: "b", state: "success" });
  await product.passAll();
  expect([startsOf(product, "c"), startsOf(product, "d")]).toEqual([[10], [15]]);
  expect((await product.getRun("d", runId)).state).toBe("success");
});

test("a task that gets its slot while the run is being cleared starts all the same", async () => {
  const product = startProduct();
  product.play(byTask({ b: succeeds(600), c: succeeds(5) }));
  const tasks = [task("a"), task("b", ["a"], { priorityWeight: 9 }), task("c", ["a"])];
  await product.publish(dag("d", tasks, { maxActiveTasks: 1 }));
  const runId = await trigger(product, "d");
  await product.passTo(after(10));
  await product.services.runControl.clear({ dagId: "d", runId, tasks: ["a", "b"] });
  await product.passTo(after(2_000));
  expect((await product.getRun("d", runId)).state).toBe("success");
});

test("a short circuit skips again what is right below it, and lets the rest follow its rules", async () => {
  const product = startProduct();
  product.play(byTask({ check: succeeds(1, "false") }));
  const decision = { kind: "short-circuit", ignoreDownstreamTriggerRules: true } as const;
  const tasks = [
    task("check", [], { decision }),
    task("a", ["check"]),
    task("b", ["a"], { triggerRule: "all_done" }),
  ];
  await product.publish(dag("d", tasks));
  const runId = await trigger(product, "d");
  await product.passAll();
  expect(await statesOf(product, "d", runId)).toMatchObject({ a: "skipped", b: "skipped" });
  await product.services.runControl.clear({ dagId: "d", runId, tasks: ["a", "b"] });
  await product.passAll();
  expect(await statesOf(product, "d", runId)).toMatchObject({ a: "skipped", b: "success" });
});
