// Tasks that trigger a run which exists already, and have it go again (Airflow: reset_dag_run).
import { expect, test } from "vitest";
import type { ScriptedTry } from "../../../src/local/simulation/virtual-runner.ts";
import type { TriggerWait } from "../../../src/model/waits/waits.ts";
import { dag, task } from "../../reference/documents.ts";
import { BEGIN, type VirtualProduct } from "../../reference/virtual-product.ts";
import { after, fails, isoAfter, startProduct, succeeds, trigger } from "../virtual-time.ts";

function resets(fields: Partial<TriggerWait> = {}): ScriptedTry {
  const wait: TriggerWait = {
    kind: "trigger",
    dagId: "child",
    runId: "mine",
    askedAt: new Date(BEGIN).toISOString(),
    random: "r",
    conf: { by: "parent" },
    waitForCompletion: false,
    allowedStates: ["success"],
    failedStates: ["failed"],
    pokeInterval: 60,
    skipWhenAlreadyExists: false,
    failWhenDagIsPaused: false,
    isRetried: false,
    resetDagRun: true,
    ...fields,
  };
  return { seconds: 1, ending: { kind: "deferred", wait } };
}

function waitOf({ ending }: ScriptedTry): TriggerWait {
  if (ending.kind !== "deferred" || ending.wait.kind !== "trigger") throw new Error("no trigger");
  return ending.wait;
}

const WAITS = { operator: "triggerDagRun", waits: true } as const;

/** The child "mine" takes so many seconds for its one task; its first try has ended. */
async function withChild(seconds: number, parent: ScriptedTry): Promise<VirtualProduct> {
  const product = startProduct();
  product.play(({ dagId, tryNumber }) => {
    if (dagId === "parent") return parent;
    return tryNumber === 1 ? fails(1) : succeeds(seconds);
  });
  await product.publish(dag("child", [task("work")]));
  await product.publish(dag("parent", [task("own", [], WAITS)]));
  await product.services.runControl.trigger({
    dagId: "child",
    triggeredBy: "rest_api",
    runId: "mine",
    conf: { by: "hand" },
  });
  await product.passTo(after(10));
  expect(await product.getRun("child", "mine")).toMatchObject({ state: "failed" });
  return product;
}

const childTries = ({ tries }: VirtualProduct) =>
  tries.filter(({ call }) => call.dagId === "child").length;

test("a run that exists goes again with its own conf, and the task has triggered it", async () => {
  const product = await withChild(5, resets());
  await trigger(product, "parent", { runId: "p" });
  await product.passTo(after(60));
  expect(await product.getRun("child", "mine")).toMatchObject({
    state: "success",
    conf: { by: "hand" },
    clearNumber: 1,
    triggeredFrom: { dagId: "parent", runId: "p", taskId: "own", tryNumber: 1 },
  });
  expect((await product.getTasks("parent", "p")).own).toMatchObject({ state: "success" });
  expect(childTries(product)).toBe(2);
});

test("the task waits for the end of the run that it has reset", async () => {
  const product = await withChild(100, resets({ waitForCompletion: true }));
  await trigger(product, "parent", { runId: "p" });
  await product.passTo(after(60));
  expect((await product.getTasks("parent", "p")).own).toMatchObject({ state: "deferred" });
  await product.passTo(after(120));
  expect((await product.getTasks("parent", "p")).own).toMatchObject({ state: "success" });
});

test("a run that goes on is reset as well: what runs begins again", async () => {
  const product = startProduct();
  product.play(({ dagId, taskId }) =>
    dagId === "parent"
      ? resets({ waitForCompletion: true })
      : succeeds(taskId === "first" ? 1 : 30),
  );
  await product.publish(dag("child", [task("first"), task("second", ["first"])]));
  await product.publish(dag("parent", [task("own", [], WAITS)]));
  await trigger(product, "child", { runId: "mine" });
  await product.passTo(after(10));
  await trigger(product, "parent", { runId: "p" });
  await product.passTo(after(300));
  expect(await product.getRun("child", "mine")).toMatchObject({ state: "success", clearNumber: 1 });
  const { first, second } = await product.getTasks("child", "mine");
  expect([first?.tryNumber, second?.tryNumber]).toEqual([2, 2]);
  expect((await product.getTasks("parent", "p")).own).toMatchObject({ state: "success" });
});

test("the run of a logical date is reset; without one, or without such a run, a run is made", async () => {
  const date = isoAfter(-3_600);
  const product = await withChild(5, resets());
  const { runId: _, ...unnamed } = waitOf(resets());
  const asks = (fields: Partial<TriggerWait>): ScriptedTry => ({
    seconds: 0,
    ending: { kind: "deferred", wait: { ...unnamed, ...fields } },
  });
  for (const [runId, fields] of [
    ["makes", { logicalDate: date }],
    ["resets", { logicalDate: date }],
    ["free", {}],
  ] as const) {
    product.play(({ dagId }) => (dagId === "parent" ? asks(fields) : succeeds(1)));
    await trigger(product, "parent", { runId });
    await product.passTo(product.clock.now() + 10_000);
    expect((await product.getTasks("parent", runId)).own).toMatchObject({ state: "success" });
  }
  const { items } = await product.metadata.runs.list({ dagId: "child" });
  const clears = items.map(({ runId, clearNumber }) => [runId === "mine", clearNumber]);
  expect(clears.sort()).toEqual([
    [false, 0],
    [false, 1],
    [true, 0],
  ]);
});

test("a task can't reset the run that it is in", async () => {
  const product = startProduct();
  product.play(() => resets({ dagId: "parent", runId: "p" }));
  await product.publish(dag("parent", [task("own", [], WAITS)]));
  await trigger(product, "parent", { runId: "p" });
  await product.passTo(after(10));
  expect((await product.getTasks("parent", "p")).own).toMatchObject({
    state: "failed",
    message: 'TriggerRefused: Run "p" of DAG "parent" can\'t reset itself',
  });
});

test("whenever the process dies, the run goes again once", async () => {
  for (let turns = 0; turns <= 60; turns += 2) {
    const product = await withChild(30, resets({ waitForCompletion: true }));
    await trigger(product, "parent", { runId: "p" });
    await product.passTo(after(10.9));
    const isOver = product.passTo(after(11.1));
    await product.die({ turns });
    await isOver;
    await product.passTo(after(400));
    const child = await product.getRun("child", "mine");
    expect([turns, child.state, child.clearNumber]).toEqual([turns, "success", 1]);
    const { own } = await product.getTasks("parent", "p");
    expect([turns, own?.state]).toEqual([turns, "success"]);
  }
});

test("a call that fails, whichever it is, neither loses the reset nor makes two", async () => {
  for (const method of [
    "runs.create",
    "runs.get",
    "runs.update",
    "taskInstances.update",
    "taskInstances.get",
  ] as const) {
    for (let skipped = 0; skipped < 3; skipped += 1) {
      const product = await withChild(30, resets({ waitForCompletion: true }));
      await trigger(product, "parent", { runId: "p" });
      await product.passTo(after(10.9));
      let left = skipped;
      product.breakNext(method, () => left-- <= 0);
      await product.passTo(after(900));
      const child = await product.getRun("child", "mine");
      expect([method, skipped, child.state, child.clearNumber]).toEqual([
        method,
        skipped,
        "success",
        1,
      ]);
      expect((await product.getTasks("parent", "p")).own?.state).toBe("success");
    }
  }
});
