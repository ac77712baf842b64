// depends_on_past and wait_for_downstream across runs, in virtual time: who waits for whom, and
// what wakes them.
import { expect, test } from "vitest";
import type { TaskDocument } from "../../../src/model/document.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import {
  after,
  byTask,
  dies,
  fails,
  isoAfter,
  skips,
  startProduct,
  startsOf,
  statesOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";

const PAST = { dependsOnPast: true };

/**
 * Publishes the tasks as DAG "d" and starts run "one", and right after it run "two" of a later
 * logical date.
 */
async function startTwoRuns(
  product: VirtualProduct,
  tasks: readonly TaskDocument[],
  options: Parameters<typeof dag>[2] = {},
): Promise<void> {
  await product.publish(dag("d", tasks, options));
  await trigger(product, "d", { runId: "one", logicalDate: isoAfter(-200) });
  await trigger(product, "d", { runId: "two", logicalDate: isoAfter(-100) });
}

test("a task waits for itself in the run before, and starts the moment that has succeeded", async () => {
  const product = startProduct();
  product.play(byTask({ load: succeeds(10), report: succeeds(100) }));
  await startTwoRuns(product, [task("load", [], PAST), task("report", ["load"])]);
  await product.passAll();
  expect(startsOf(product, "load")).toEqual([0, 10]);
  expect(startsOf(product, "report")).toEqual([10, 20]);
  expect(product.reports).toEqual([]);
});

test("a task that was skipped in the run before lets the next one go on", async () => {
  const product = startProduct();
  product.play(({ runId }) => (runId === "one" ? skips(10) : succeeds()));
  await startTwoRuns(product, [task("load", [], PAST)]);
  await product.passAll();
  expect(startsOf(product, "load")).toEqual([0, 10]);
});

test("a failed past holds the task for ever; its run waits", async () => {
  const product = startProduct();
  product.play(({ runId }) => (runId === "one" ? fails(10) : succeeds()));
  await startTwoRuns(product, [task("load", [], PAST)]);
  await product.passTo(after(1_000_000));
  expect(startsOf(product, "load")).toEqual([0]);
  expect((await product.getRun("d", "two")).state).toBe("running");
});

test("a verdict that was recorded by someone who then died lets its task go on when that is looked at", async () => {
  const product = startProduct();
  product.play(byTask({ load: succeeds(10) }));
  await startTwoRuns(product, [task("load", [], PAST)]);
  await product.passTo(after(5));
  const key = { dagId: "d", runId: "two", taskId: "load", mapIndex: -1 };
  await product.metadata.taskInstances.update({ key, from: [null], set: { state: "skipped" } });
  await product.passTo(after(10));
  expect((await product.getRun("d", "two")).state).toBe("success");
  expect(startsOf(product, "load")).toEqual([0]);
});

test("a task whose rule ends it does not wait for the past", async () => {
  const product = startProduct();
  product.play(({ taskId, runId }) =>
    taskId === "above" && runId === "two" ? fails(5) : succeeds(taskId === "load" ? 100 : 1),
  );
  await startTwoRuns(product, [task("above"), task("load", ["above"], PAST)]);
  await product.passTo(after(6));
  expect(await statesOf(product, "d", "two")).toMatchObject({ load: "upstream_failed" });
  expect((await product.getRun("d", "two")).endDate).toBe(isoAfter(5));
});

test("the wait outlives the engine, and so does the wake-up", async () => {
  for (let turns = 0; turns < 8; turns += 1) {
    const product = startProduct();
    product.play(byTask({ load: succeeds(10) }));
    await startTwoRuns(product, [task("load", [], PAST)]);
    await product.passTo(after(9.999));
    void product.passTo(after(10));
    await product.die({ turns });
    await product.passAll();
    expect(await statesOf(product, "d", "two"), `${turns} turns`).toEqual({ load: "success" });
    expect((await product.getRun("d", "two")).state, `${turns} turns`).toBe("success");
  }
});

test("with waitForDownstream, the tasks right below it in the run before are waited for, too", async () => {
  const product = startProduct();
  product.play(byTask({ load: succeeds(1), report: succeeds(10), archive: succeeds(100) }));
  await startTwoRuns(product, [
    task("load", [], { waitForDownstream: true }),
    task("report", ["load"]),
    task("archive", ["report"]),
  ]);
  await product.passAll();
  expect(startsOf(product, "load")).toEqual([0, 11]);
});

test("a run that times out wakes the runs that wait for its tasks", async () => {
  const product = startProduct();
  product.play(({ runId }) => succeeds(runId === "one" ? 1_000 : 1));
  await product.publish(dag("d", [task("load", [], PAST)], { dagrunTimeout: 60 }));
  await trigger(product, "d", { runId: "one", logicalDate: isoAfter(-200) });
  await product.passTo(after(30));
  await trigger(product, "d", { runId: "two", logicalDate: isoAfter(-100) });
  await product.passAll();
  expect(await statesOf(product, "d", "one")).toEqual({ load: "skipped" });
  expect(startsOf(product, "load")).toEqual([0, 60]);
  expect((await product.getRun("d", "two")).state).toBe("success");
});

test("a version that begins to depend on the past waits for a run of the version before", async () => {
  const product = startProduct();
  product.play(byTask({ load: succeeds(10), report: succeeds(20) }));
  await product.publish(dag("d", [task("load"), task("report", ["load"])]));
  await trigger(product, "d", { runId: "one", logicalDate: isoAfter(-200) });
  await product.publish(dag("d", [task("load", [], PAST), task("report", ["load"])]));
  await trigger(product, "d", { runId: "two", logicalDate: isoAfter(-100) });
  await product.passAll();
  expect(await product.getRun("d", "two")).toMatchObject({ state: "success" });
  // The old version knows nothing of the wait: the end of its run wakes.
  expect(startsOf(product, "load")).toEqual([0, 30]);
});

test("a try that dies in the run before holds the next until a retry has succeeded", async () => {
  const product = startProduct();
  product.play(({ tryNumber, runId }) =>
    runId === "one" && tryNumber === 1 ? dies(5) : succeeds(5),
  );
  await startTwoRuns(product, [task("load", [], { ...PAST, retries: 1, retryDelay: 20 })]);
  await product.passAll();
  expect(startsOf(product, "load")).toEqual([0, 25, 30]);
});

test("runs without a logical date have no past", async () => {
  const product = startProduct();
  product.play(byTask({ load: succeeds(10) }));
  await product.publish(dag("d", [task("load", [], PAST)]));
  await trigger(product, "d", { runId: "one" });
  await trigger(product, "d", { runId: "two" });
  await product.passAll();
  expect(startsOf(product, "load")).toEqual([0, 0]);
});
