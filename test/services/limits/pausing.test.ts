// Pausing a DAG holds its running runs, on one machine and where workers are functions.
import { describe, expect, test } from "vitest";
import { dag, task } from "../../reference/documents.ts";
import { after as at, fails, startProduct, startsOf, succeeds, trigger } from "../virtual-time.ts";
import { PLATFORMS } from "./platforms.ts";

describe.each(PLATFORMS)("%s", (_, options) => {
  test("what runs ends, nothing more starts, and unpausing goes on where it was", async () => {
    const product = startProduct(options);
    product.play(() => succeeds(10));
    const tasks = [task("a"), task("b", ["a"]), task("c", ["b"]), task("other")];
    await product.publish(dag("d", tasks));
    await trigger(product, "d", { runId: "r" });
    await product.passTo(at(5));
    await product.services.runControl.setPaused("d", true);
    await product.passTo(at(5_000));
    expect(startsOf(product, "a")).toEqual([0]);
    expect(startsOf(product, "b")).toEqual([]);
    expect((await product.getTasks("d", "r")).other?.state).toBe("success");
    expect((await product.getRun("d", "r")).state).toBe("running");

    await product.services.runControl.setPaused("d", false);
    await product.passAll();
    expect(startsOf(product, "b")).toEqual([5_000]);
    expect(startsOf(product, "c")).toEqual([5_010]);
    expect((await product.getRun("d", "r")).state).toBe("success");
    expect(product.reports).toEqual([]);
  });

  test("nothing is asked while a run is held", async () => {
    const product = startProduct(options);
    product.play(() => succeeds(10));
    await product.publish(dag("d", [task("a"), task("b", ["a"])]));
    await trigger(product, "d", { runId: "r" });
    await product.passTo(at(5));
    await product.services.runControl.setPaused("d", true);
    await product.passTo(at(3_600));
    // Only the engine's own limit of a year is still to come.
    expect(product.clock.nextAt).toBeGreaterThan(at(300 * 86_400));
    await product.services.runControl.setPaused("d", false);
    await product.passAll();
    expect((await product.getRun("d", "r")).state).toBe("success");
  });

  test("a retry that falls due in the pause waits for its end", async () => {
    const product = startProduct(options);
    product.play(({ tryNumber }) => (tryNumber === 1 ? fails(1) : succeeds(1)));
    await product.publish(dag("d", [task("a", [], { retries: 1, retryDelay: 60 })]));
    await trigger(product, "d", { runId: "r" });
    await product.passTo(at(30));
    await product.services.runControl.setPaused("d", true);
    await product.passTo(at(4_000));
    expect(startsOf(product, "a")).toEqual([0]);
    await product.services.runControl.setPaused("d", false);
    await product.passAll();
    expect(startsOf(product, "a")).toEqual([0, 4_000]);
    expect((await product.getRun("d", "r")).state).toBe("success");
  });

  test("pausing and unpausing over and over starts each task once", async () => {
    const product = startProduct(options);
    product.play(() => succeeds(10));
    const chain = Array.from({ length: 8 }, (_, index) =>
      task(`t${index}`, index === 0 ? [] : [`t${index - 1}`]),
    );
    await product.publish(dag("d", chain));
    await trigger(product, "d", { runId: "r" });
    for (let round = 0; round < 40; round += 1) {
      await product.services.runControl.setPaused("d", round % 2 === 0);
      await product.passTo(at(3 * (round + 1)));
    }
    await product.passAll();
    expect((await product.getRun("d", "r")).state).toBe("success");
    for (const { taskId } of chain) expect(startsOf(product, taskId)).toHaveLength(1);
  });
});

test("a run is held over restarts, and tasks that ran when the server stopped wait as well", async () => {
  const product = startProduct({});
  product.play(() => succeeds(10));
  await product.publish(dag("d", [task("a"), task("b", ["a"])]));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(at(5));
  await product.services.runControl.setPaused("d", true);
  await product.die({ downFor: 60 });
  await product.passTo(at(500));
  expect(startsOf(product, "a")).toEqual([0]);
  await product.die({ downFor: 60 });
  await product.services.runControl.setPaused("d", false);
  await product.passAll();
  expect(startsOf(product, "a")).toHaveLength(2);
  expect((await product.getRun("d", "r")).state).toBe("success");
});

test("a task that waited for a thread does not start once its DAG is paused", async () => {
  const product = startProduct({ threads: 1 });
  product.play(() => succeeds(100));
  await product.publish(dag("d", [task("a"), task("b")]));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(at(50));
  await product.services.runControl.setPaused("d", true);
  await product.passTo(at(500));
  expect(product.tries).toHaveLength(1);
  await product.services.runControl.setPaused("d", false);
  await product.passAll();
  expect(product.tries.map(({ start }) => start)).toEqual([at(0), at(500)]);
});

test("whoever asks is told that the DAG is paused", async () => {
  const product = startProduct({});
  product.play(() => succeeds(10));
  await product.publish(dag("d", [task("a"), task("b", ["a"])]));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(at(5));
  await product.services.runControl.setPaused("d", true);
  await product.passTo(at(50));
  const { explainWait } = await import("../../../src/services/tasks/verdicts.ts");
  const run = await product.getRun("d", "r");
  const version = await product.services.versions.get("d", run.versionHash);
  const { b } = await product.getTasks("d", "r");
  const [tied] = version.document.tasks.filter(({ taskId }) => taskId === "b");
  if (!tied || !b) throw new Error("there is no task b");
  const context = { ...product, versions: product.services.versions };
  expect(await explainWait(context, { run, version, task: tied, key: b }, b)).toEqual([
    { name: "Dag Not Paused", reason: "Task's DAG 'd' is paused." },
  ]);
});
