// Clearing task instances and runs: what runs again, and what happens to what goes on meanwhile.
import { expect, test } from "vitest";
import type { ClearRequest } from "../../../src/services/control/clear.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import {
  after,
  byTask,
  fails,
  HOUR,
  isoAfter,
  runStatesOf,
  startProduct,
  startsOf,
  statesOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";

const CHAIN = dag("d", [task("a"), task("b", ["a"], { retries: 1 }), task("c", ["b"]), task("x")]);

async function clear({ services }: VirtualProduct, request: Partial<ClearRequest> = {}) {
  const cleared = await services.runControl.clear({ dagId: "d", ...request });
  return cleared.flatMap(({ instances }) => instances.map(({ key }) => key.taskId));
}

test("what has failed runs again in the run, and the run's end is decided anew", async () => {
  const product = startProduct();
  product.play(byTask({ b: fails(10, { retry: false }) }));
  await product.publish(CHAIN);
  const runId = await trigger(product, "d");
  await product.passTo(after(100));
  expect(await statesOf(product, "d", runId)).toMatchObject({ b: "failed", c: "upstream_failed" });
  product.play(() => succeeds(5));
  expect(await clear(product, { runId, onlyFailed: true })).toEqual(["b", "c"]);
  await product.passAll();
  expect(await product.getRun("d", runId)).toMatchObject({
    state: "success",
    clearNumber: 1,
    queuedAt: isoAfter(100),
    startDate: isoAfter(100),
    endDate: isoAfter(110),
  });
  expect((await product.getRun("d", runId)).pending).toBeUndefined();
  expect(startsOf(product, "a")).toEqual([0]);
  expect(startsOf(product, "b")).toEqual([0, 100]);
  const { b } = await product.getTasks("d", runId);
  expect(b).toMatchObject({ state: "success", tryNumber: 2, maxTries: 2 });
  expect(b?.tries).toEqual([
    { tryNumber: 1, state: "failed", startDate: isoAfter(0), endDate: isoAfter(10) },
  ]);
  expect(product.reports).toEqual([]);
});

test("a dry run names what would be cleared and changes nothing", async () => {
  const product = startProduct();
  await product.publish(CHAIN);
  const runId = await trigger(product, "d");
  await product.passAll();
  expect(await clear(product, { runId, tasks: ["b"], downstream: true, isDryRun: true })).toEqual([
    "b",
    "c",
  ]);
  expect(await product.getRun("d", runId)).toMatchObject({ state: "success", clearNumber: 0 });
});

test("without resetting runs, instances are None and the run stays ended", async () => {
  const product = startProduct();
  await product.publish(CHAIN);
  const runId = await trigger(product, "d");
  await product.passAll();
  await clear(product, { runId, tasks: ["c"], resetDagRuns: false });
  await product.passAll();
  expect((await statesOf(product, "d", runId)).c).toBeNull();
  expect((await product.getRun("d", runId)).state).toBe("success");
  await clear(product, { runId, tasks: ["c"] });
  await product.passAll();
  expect((await statesOf(product, "d", runId)).c).toBe("success");
});

test.each(["embedded", "apart", "split"])(
  "a task that is cleared while it runs is stopped, and starts again without the loss of a retry: %s",
  async (where) => {
    const product = startProduct(
      where === "embedded" ? {} : { apart: { limit: 900 }, isSplit: where === "split" },
    );
    product.play(byTask({ b: succeeds(60) }));
    await product.publish(dag("d", [task("a"), task("b", ["a"]), task("c", ["b"])]));
    const runId = await trigger(product, "d");
    await product.passTo(after(20));
    expect(await clear(product, { runId, tasks: ["b"] })).toEqual(["b"]);
    await product.passAll();
    expect(await statesOf(product, "d", runId)).toEqual({
      a: "success",
      b: "success",
      c: "success",
    });
    expect((await product.getRun("d", runId)).state).toBe("success");
    const { b } = await product.getTasks("d", runId);
    expect(b?.tryNumber).toBe(2);
    expect(b?.tries).toMatchObject([{ tryNumber: 1, startDate: isoAfter(0) }]);
    expect(startsOf(product, "b")).toHaveLength(2);
    expect(startsOf(product, "a")).toEqual([0]);
    expect(startsOf(product, "c")).toHaveLength(1);
    if (where === "embedded") expect(startsOf(product, "b")).toEqual([0, 20]);
    expect(product.reports).toEqual([]);
  },
);

test.each([{}, { apart: { limit: 900 } }])(
  "a run that goes on keeps the tries that are not cleared: %j",
  async (options) => {
    const product = startProduct(options);
    product.play(byTask({ slow: succeeds(60) }));
    const tasks = [task("a"), task("slow"), task("b", ["a"]), task("end", ["slow", "b"])];
    await product.publish(dag("d", tasks));
    const runId = await trigger(product, "d");
    await product.passTo(after(30));
    expect(await clear(product, { runId, tasks: ["a"], downstream: true })).toEqual([
      "a",
      "b",
      "end",
    ]);
    await product.passAll();
    expect(startsOf(product, "slow")).toEqual([0]);
    expect(startsOf(product, "a")).toEqual([0, 30]);
    expect(startsOf(product, "end")).toEqual([60]);
    expect((await product.getRun("d", runId)).state).toBe("success");
    expect(product.reports).toEqual([]);
  },
);

test("waiting for a retry or for a sensor's poke ends with the clear", async () => {
  const product = startProduct();
  const sensor = { pokeInterval: 600, timeout: HOUR, softFail: false, exponentialBackoff: false };
  product.play(({ taskId }) =>
    taskId === "s" ? { seconds: 0, ending: { kind: "reschedule" } } : fails(0),
  );
  await product.publish(dag("d", [task("s", [], { sensor }), task("r", [], { retries: 5 })]));
  const runId = await trigger(product, "d");
  await product.passTo(after(10));
  expect(await statesOf(product, "d", runId)).toEqual({
    s: "up_for_reschedule",
    r: "up_for_retry",
  });
  product.play(() => succeeds());
  await clear(product, { runId });
  await product.passTo(after(11));
  expect(await statesOf(product, "d", runId)).toEqual({ s: "success", r: "success" });
  expect(await product.getRun("d", runId)).toMatchObject({
    state: "success",
    endDate: isoAfter(10),
  });
});

test("an untouched sensor goes on waiting, in the next execution", async () => {
  const product = startProduct();
  const sensor = { pokeInterval: 60, timeout: HOUR, softFail: false, exponentialBackoff: false };
  let pokes = 0;
  product.play(({ taskId }) => {
    if (taskId !== "s") return succeeds();
    pokes += 1;
    return pokes < 4 ? { seconds: 0, ending: { kind: "reschedule" } } : succeeds();
  });
  await product.publish(dag("d", [task("s", [], { sensor }), task("a"), task("end", ["s", "a"])]));
  const runId = await trigger(product, "d");
  await product.passTo(after(90));
  await clear(product, { runId, tasks: ["a"] });
  await product.passAll();
  expect(startsOf(product, "s")).toEqual([0, 60, 120, 180]);
  expect(startsOf(product, "a")).toEqual([0, 90]);
  expect((await product.getRun("d", runId)).state).toBe("success");
});

test("a task that waits at a gate starts once, by its rule", async () => {
  const product = startProduct();
  product.play(byTask({ a: succeeds(10), b: succeeds(20), e: succeeds(40) }));
  const tasks = [
    task("a"),
    task("b"),
    task("e"),
    task("ab", ["a", "b"]),
    task("be", ["b", "e"]),
    task("ae", ["a", "e"]),
  ];
  await product.publish(dag("d", tasks));
  const runId = await trigger(product, "d");
  await product.passTo(after(15));
  await clear(product, { runId, tasks: ["a"] });
  await product.passAll();
  expect(await product.getRun("d", runId)).toMatchObject({ state: "success" });
  expect(startsOf(product, "ab")).toEqual([25]);
  expect(startsOf(product, "be")).toEqual([40]);
  expect(startsOf(product, "ae")).toEqual([40]);
});

test("a cleared task below a branch that skipped it is skipped again", async () => {
  const product = startProduct();
  product.play(byTask({ branch: succeeds(0, '"left"') }));
  const decision = { kind: "branch", cases: { left: ["left"], right: ["right"] } } as const;
  await product.publish(
    dag("d", [
      task("branch", [], { decision }),
      task("left", ["branch"]),
      task("right", ["branch"]),
    ]),
  );
  const runId = await trigger(product, "d");
  await product.passAll();
  await clear(product, { runId, tasks: ["left", "right"] });
  await product.passAll();
  expect(await statesOf(product, "d", runId)).toEqual({
    branch: "success",
    left: "success",
    right: "skipped",
  });
  product.play(byTask({ branch: succeeds(0, '"right"') }));
  await clear(product, { runId });
  await product.passAll();
  expect(await statesOf(product, "d", runId)).toMatchObject({ left: "skipped", right: "success" });
});

test("past and future runs are cleared by their dates", async () => {
  const product = startProduct();
  const schedule = { kind: "cron", cron: "0 * * * *" } as const;
  const startDate = isoAfter(-3 * HOUR);
  const endDate = isoAfter(0);
  await product.publish(dag("d", [task("a")], { schedule, startDate, endDate, catchup: true }));
  await product.passAll();
  expect(await runStatesOf(product, "d")).toHaveLength(4);
  const runId = "scheduled__1970-01-01T22:00:00+00:00";
  const named = async (request: Partial<ClearRequest>) => {
    const runs = await product.services.runControl.clear({
      dagId: "d",
      isDryRun: true,
      ...request,
    });
    return runs.map(({ run }) => Number(run.logicalDate?.slice(11, 13)));
  };
  expect(await named({ runId })).toEqual([22]);
  expect(await named({ runId, past: true })).toEqual([21, 22]);
  expect(await named({ runId, future: true })).toEqual([22, 23, 0]);
  expect(await named({ runId, future: true, past: true })).toEqual([21, 22, 23, 0]);
  expect(await named({})).toEqual([21, 22, 23, 0]);
  expect(await named({ from: isoAfter(-HOUR) })).toEqual([23, 0]);
  expect(await named({ from: isoAfter(-2 * HOUR), to: isoAfter(-HOUR) })).toEqual([22, 23]);
});

test("a cleared run goes on with the newest version if asked, and lets go of tasks that it lacks", async () => {
  const product = startProduct();
  product.play(byTask({ b: fails(1) }));
  await product.publish(dag("d", [task("a"), task("old", ["a"]), task("b", ["a"])]));
  const runId = await trigger(product, "d");
  await product.passAll();
  await product.publish(dag("d", [task("a"), task("b", ["a"]), task("new", ["b"])]));
  product.play(() => succeeds());
  await clear(product, { runId, onlyFailed: true, runOnLatestVersion: true });
  await product.passAll();
  expect(await product.getRun("d", runId)).toMatchObject({ state: "success", versionHash: "v2" });
  expect(await statesOf(product, "d", runId)).toEqual({
    a: "success",
    b: "success",
    new: "success",
    old: "removed",
  });
});

test("by default a cleared run stays on its version", async () => {
  const product = startProduct();
  await product.publish(CHAIN);
  const runId = await trigger(product, "d");
  await product.passAll();
  await product.publish(dag("d", [task("other")]));
  await clear(product, { runId, tasks: ["c"] });
  await product.passAll();
  expect((await product.getRun("d", runId)).versionHash).toBe("v1");
  expect(startsOf(product, "c")).toHaveLength(2);
});

test("a run that is cleared with another conf runs with it", async () => {
  const product = startProduct();
  const params = { day: { default: "monday", schema: { type: "string" } } };
  await product.publish(dag("d", [task("a")], { params }));
  const runId = await trigger(product, "d");
  await product.passAll();
  await expect(clear(product, { runId, conf: { day: 5 } })).rejects.toThrow("day");
  expect((await product.getRun("d", runId)).clearNumber).toBe(0);
  await clear(product, { runId, conf: { day: "friday" } });
  await product.passAll();
  expect(product.tries.map(({ call }) => call.run.conf)).toEqual([{}, { day: "friday" }]);
});

test("wrong requests are refused in the words of Airflow", async () => {
  const product = startProduct();
  product.play(() => succeeds(60));
  await product.publish(CHAIN);
  const runId = await trigger(product, "d");
  await product.passTo(after(10));
  const refused = (request: Partial<ClearRequest>, message: string) =>
    expect(clear(product, { runId, ...request })).rejects.toThrow(message);
  await refused({ dagId: "none" }, "The Dag with ID: `none` was not found");
  await refused({ runId: "none" }, "The DagRun with dag_id: `d` and run_id: `none` was not found");
  await refused({ tasks: ["none"] }, "Task 'none' not found in DAG 'd'");
  await refused({ past: true }, "with no logical_date");
  await refused({ preventRunningTask: true }, "Disable 'prevent_running_task'");
  expect((await product.getRun("d", runId)).clearNumber).toBe(0);
});
