// Marking task instances and runs: what it stops, releases and brings to run again.
import { expect, test } from "vitest";
import type { MarkRequest } from "../../../src/services/control/mark-tasks.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import {
  after,
  byTask,
  fails,
  HOUR,
  isoAfter,
  startProduct,
  startsOf,
  statesOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";

const CHAIN = dag("d", [task("a"), task("b", ["a"]), task("c", ["b"])]);
const SENSOR = { pokeInterval: 600, timeout: HOUR, softFail: false, exponentialBackoff: false };

async function mark(
  { services }: VirtualProduct,
  request: Pick<MarkRequest, "runId" | "taskId" | "state"> & Partial<MarkRequest>,
) {
  const marked = await services.runControl.mark({ dagId: "d", ...request });
  return marked.flatMap(({ instances }) => instances.map(({ key }) => key.taskId));
}

test.each([
  ["success", { a: "success", b: "success", c: "success" }, "success"],
  ["failed", { a: "success", b: "failed", c: "upstream_failed" }, "failed"],
  ["skipped", { a: "success", b: "skipped", c: "skipped" }, "success"],
] as const)(
  "a running task marked as %s is stopped, and the run goes on at once",
  async (state, states, run) => {
    const product = startProduct();
    product.play(byTask({ b: succeeds(600) }));
    await product.publish(CHAIN);
    const runId = await trigger(product, "d");
    await product.passTo(after(30));
    expect(await mark(product, { runId, taskId: "b", state })).toEqual(["b"]);
    await product.passTo(after(31));
    expect(await statesOf(product, "d", runId)).toEqual(states);
    expect(await product.getRun("d", runId)).toMatchObject({ state: run, endDate: isoAfter(30) });
    expect(product.tries.find(({ call }) => call.taskId === "b")?.isKilled).toBe(true);
    expect(product.reports).toEqual([]);
  },
);

test.each([false, true])(
  "the late end of a marked try changes nothing where workers live apart: split %s",
  async (isSplit) => {
    const product = startProduct({ apart: { limit: 900 }, isSplit });
    product.play(byTask({ b: succeeds(60) }));
    await product.publish(CHAIN);
    const runId = await trigger(product, "d");
    await product.passTo(after(30));
    await mark(product, { runId, taskId: "b", state: "failed" });
    await product.passTo(after(36));
    expect(product.tries.at(-1)?.isKilled).toBe(true);
    await product.passAll();
    expect(await statesOf(product, "d", runId)).toEqual({
      a: "success",
      b: "failed",
      c: "upstream_failed",
    });
    expect((await product.getRun("d", runId)).state).toBe("failed");
  },
);

test("a mark releases what waits: a sensor, a retry, a gate", async () => {
  const product = startProduct();
  product.play(({ taskId }) => {
    if (taskId === "s") return { seconds: 0, ending: { kind: "reschedule" } };
    return taskId === "r" ? fails() : succeeds(taskId === "slow" ? 1_000 : 0);
  });
  const tasks = [
    task("s", [], { sensor: SENSOR }),
    task("r", [], { retries: 3 }),
    task("slow"),
    task("g", ["s", "slow"]),
    task("h", ["r", "slow"]),
    task("end", ["s", "r"]),
  ];
  await product.publish(dag("d", tasks));
  const runId = await trigger(product, "d");
  await product.passTo(after(10));
  for (const taskId of ["s", "r", "g", "h"])
    await mark(product, { runId, taskId, state: "success" });
  await product.passTo(after(11));
  expect(startsOf(product, "end")).toEqual([10]);
  expect((await product.getRun("d", runId)).state).toBe("running");
  await product.passAll();
  expect(await product.getRun("d", runId)).toMatchObject({
    state: "success",
    endDate: isoAfter(1_000),
  });
  expect(startsOf(product, "g")).toEqual([]);
});

test("marking a failed task as success runs what failed below it, also of a run that has ended", async () => {
  const product = startProduct();
  product.play(byTask({ b: fails() }));
  await product.publish(CHAIN);
  const runId = await trigger(product, "d");
  await product.passAll();
  await mark(product, { runId, taskId: "b", state: "success" });
  await product.passAll();
  expect(await statesOf(product, "d", runId)).toEqual({ a: "success", b: "success", c: "success" });
  expect((await product.getRun("d", runId)).state).toBe("success");
  expect(startsOf(product, "b")).toHaveLength(1);
});

test("what had failed below a marked task is cleared once, before the mark is spread", async () => {
  const product = startProduct({ apart: { limit: 900 } });
  product.play(byTask({ b: succeeds(600) }));
  await product.publish(CHAIN);
  const runId = await trigger(product, "d");
  await product.passTo(after(30));
  await mark(product, { runId, taskId: "b", state: "failed" });
  await product.passAll();
  expect(await product.getRun("d", runId)).toMatchObject({ state: "failed", clearNumber: 0 });
});

test("relatives are marked as asked, and a state that all have already is refused", async () => {
  const product = startProduct();
  await product.publish(CHAIN);
  const runId = await trigger(product, "d");
  await product.passAll();
  const request = { runId, taskId: "b", state: "failed", isDryRun: true } as const;
  expect(await mark(product, { ...request, upstream: true })).toEqual(["a", "b"]);
  expect(await mark(product, { ...request, downstream: true })).toEqual(["b", "c"]);
  expect((await statesOf(product, "d", runId)).b).toBe("success");
  await expect(mark(product, { runId, taskId: "b", state: "success" })).rejects.toThrow(
    "Task id b is already in success state",
  );
  await expect(mark(product, { runId, taskId: "no", state: "success" })).rejects.toThrow(
    "Task 'no' not found in DAG 'd'",
  );
});

test.each([
  ["failed", { a: "success", b: "failed", c: "skipped" }],
  ["success", { a: "success", b: "success", c: "success" }],
] as const)("a run marked as %s ends at once, and what runs is stopped", async (state, states) => {
  const product = startProduct();
  product.play(byTask({ b: succeeds(600) }));
  await product.publish(CHAIN);
  const runId = await trigger(product, "d");
  await product.passTo(after(30));
  const run = await product.services.runControl.markRun({ dagId: "d", runId }, state);
  expect(run).toMatchObject({ state, endDate: isoAfter(30) });
  expect(run.pending).toBeUndefined();
  await product.passAll();
  expect(await statesOf(product, "d", runId)).toEqual(states);
  expect(product.tries.at(-1)?.isKilled).toBe(true);
  expect(product.callbacks).toEqual([]);
  expect(product.reports).toEqual([]);
});

test("teardowns of a run marked as failed still run", async () => {
  const product = startProduct();
  product.play(byTask({ work: succeeds(600), teardown: succeeds(5) }));
  const tasks = [
    task("setup", [], { isSetup: true }),
    task("work", ["setup"]),
    task("teardown", ["setup", "work"], {
      isTeardown: true,
      triggerRule: "all_done_setup_success",
    }),
  ];
  await product.publish(dag("d", tasks));
  const runId = await trigger(product, "d");
  await product.passTo(after(30));
  await product.services.runControl.markRun({ dagId: "d", runId }, "failed");
  await product.passAll();
  expect(await statesOf(product, "d", runId)).toEqual({
    setup: "success",
    work: "failed",
    teardown: "success",
  });
  expect(await product.getRun("d", runId)).toMatchObject({
    state: "failed",
    endDate: isoAfter(35),
  });
});

test("a run that is queued again is decided anew, without running what has ended", async () => {
  const product = startProduct();
  await product.publish(CHAIN);
  const runId = await trigger(product, "d");
  await product.passAll();
  await product.services.runControl.markRun({ dagId: "d", runId }, "failed");
  await product.services.runControl.markRun({ dagId: "d", runId }, "queued");
  await product.passAll();
  expect((await product.getRun("d", runId)).state).toBe("success");
  expect(product.tries).toHaveLength(3);
});

test("notes stay over clears", async () => {
  const product = startProduct();
  await product.publish(CHAIN);
  const runId = await trigger(product, "d");
  await product.passAll();
  const { runControl } = product.services;
  await runControl.note({ dagId: "d", runId, taskId: "a" }, "look here");
  await runControl.noteRun({ dagId: "d", runId }, "and there");
  await runControl.clear({ dagId: "d", runId });
  await product.passAll();
  expect((await product.getTasks("d", runId)).a?.note).toBe("look here");
  expect((await product.getRun("d", runId)).note).toBe("and there");
});
