// Clears and marks that are cut off, that meet each other, or that meet the end of the run.
import { expect, test } from "vitest";
import { LOCAL_FUNCTIONS } from "../../../src/local/interpreter-state-machines.ts";
import { dag, task } from "../../reference/documents.ts";
import {
  after,
  byTask,
  fails,
  startProduct,
  startsOf,
  statesOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";

const TASKS = [task("a"), task("b", ["a"], { retries: 1 }), task("c", ["b"]), task("slow")];

const SUCCESS = { a: "success", b: "success", c: "success", slow: "success" };

test.each(Array.from({ length: 40 }, (_, turns) => turns))(
  "a clear of a run that goes on is completed after a death: turn %i",
  async (turns) => {
    const product = startProduct();
    product.play(byTask({ b: succeeds(60), slow: succeeds(100) }));
    await product.publish(dag("d", TASKS));
    const runId = await trigger(product, "d");
    await product.passTo(after(30));
    void product.services.runControl.clear({ dagId: "d", runId, tasks: ["a", "b"] });
    await product.die({ turns });
    await product.passAll();
    expect(await statesOf(product, "d", runId)).toEqual(SUCCESS);
    const run = await product.getRun("d", runId);
    expect(run.state).toBe("success");
    expect(run.pending).toBeUndefined();
    // Either the clear was recorded, or nothing of it was done.
    expect(startsOf(product, "a")).toHaveLength(run.clearNumber === 0 ? 1 : 2);
    expect(startsOf(product, "c")).toHaveLength(1);
  },
);

test.each(Array.from({ length: 30 }, (_, turns) => turns))(
  "a clear of a run that has ended is completed after a death: turn %i",
  async (turns) => {
    const product = startProduct();
    product.play(byTask({ b: fails(0, { retry: false }) }));
    await product.publish(dag("d", TASKS));
    const runId = await trigger(product, "d");
    await product.passAll();
    product.play(() => succeeds());
    void product.services.runControl.clear({ dagId: "d", runId, onlyFailed: true });
    await product.die({ turns });
    await product.passAll();
    const run = await product.getRun("d", runId);
    expect(run.pending).toBeUndefined();
    if (run.clearNumber === 0) expect(run.state).toBe("failed");
    else expect(await statesOf(product, "d", runId)).toEqual(SUCCESS);
    expect(startsOf(product, "a")).toHaveLength(1);
  },
);

test.each(Array.from({ length: 30 }, (_, turns) => turns))(
  "a mark of a run that goes on is completed after a death: turn %i",
  async (turns) => {
    const product = startProduct();
    product.play(byTask({ b: succeeds(60) }));
    await product.publish(dag("d", TASKS));
    const runId = await trigger(product, "d");
    await product.passTo(after(30));
    void product.services.runControl.markRun({ dagId: "d", runId }, "failed");
    await product.die({ turns });
    await product.passAll();
    const run = await product.getRun("d", runId);
    expect(run.pending).toBeUndefined();
    if (run.clearNumber === 0) expect(run.state).toBe("success");
    else expect(run.state).toBe("failed");
  },
);

const LATER = 3_600;

test.each(
  (["mark", "clear"] as const).flatMap((kind) =>
    Array.from({ length: 40 }, (_, turns) => [kind, turns] as const),
  ),
)("a %s that leaves a run ended is completed after a death: turn %i", async (kind, turns) => {
  const product = startProduct();
  product.play(byTask({ b: fails(0, { retry: false }) }));
  await product.publish(dag("d", TASKS));
  const runId = await trigger(product, "d");
  await product.passAll();
  const before = await statesOf(product, "d", runId);
  const { runControl } = product.services;
  void (kind === "mark"
    ? runControl.markRun({ dagId: "d", runId }, "success")
    : runControl.clear({ dagId: "d", runId, onlyFailed: true, resetDagRuns: false }));
  await product.die({ turns });
  await product.passTo(after(LATER));
  await product.services.upkeep.run({ until: after(LATER + 100), functions: LOCAL_FUNCTIONS });
  const run = await product.getRun("d", runId);
  expect(run.pending).toBeUndefined();
  expect((await product.metadata.endedRunChanges.list()).items).toEqual([]);
  const states = await statesOf(product, "d", runId);
  if (run.clearNumber === 0) expect([run.state, states]).toEqual(["failed", before]);
  else if (kind === "mark") expect([run.state, states]).toEqual(["success", SUCCESS]);
  else expect([run.state, states]).toEqual(["failed", { ...SUCCESS, b: null, c: null }]);
});

test("two people who clear the same run at once both get what they asked for", async () => {
  const product = startProduct();
  product.play(byTask({ slow: succeeds(100) }));
  await product.publish(dag("d", TASKS));
  const runId = await trigger(product, "d");
  await product.passTo(after(30));
  const { runControl } = product.services;
  await Promise.all([
    runControl.clear({ dagId: "d", runId, tasks: ["a"] }),
    runControl.clear({ dagId: "d", runId, tasks: ["c"] }),
    runControl.clear({ dagId: "d", runId, tasks: ["b"] }),
  ]);
  await product.passAll();
  expect(await statesOf(product, "d", runId)).toEqual(SUCCESS);
  for (const taskId of ["a", "b", "c"]) expect(startsOf(product, taskId).length).toBeGreaterThan(1);
  expect(startsOf(product, "slow")).toEqual([0]);
  expect(await product.getRun("d", runId)).toMatchObject({ state: "success", clearNumber: 3 });
});

test.each(Array.from({ length: 30 }, (_, turns) => turns))(
  "a clear that meets the end of the run runs the task again: turn %i",
  async (turns) => {
    const product = startProduct();
    product.play(byTask({ slow: succeeds(10) }));
    await product.publish(dag("d", TASKS));
    const runId = await trigger(product, "d");
    await product.passTo(after(9));
    product.clock.advanceTo(after(10));
    for (let turn = 0; turn < turns; turn += 1) await new Promise((next) => setImmediate(next));
    await product.services.runControl.clear({ dagId: "d", runId, tasks: ["a"] });
    await product.passAll();
    expect(startsOf(product, "a")).toHaveLength(2);
    expect(startsOf(product, "slow")).toHaveLength(1);
    expect(await statesOf(product, "d", runId)).toEqual(SUCCESS);
    expect((await product.getRun("d", runId)).state).toBe("success");
  },
);
