// Mapped tasks whose run people change, and what they are mapped over that is missing. Cases that
// the differential test has found.
import { expect, test } from "vitest";
import type { TaskDocument } from "../../../src/model/document.ts";
import { instancesOfRun } from "../../../src/model/mapping/instances.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import { after, byTask, fails, skips, startProduct, succeeds, trigger } from "../virtual-time.ts";

const OVER_KEYS: Partial<TaskDocument> = { mapped: { over: { key: { taskId: "keys" } } } };
const IN_GROUP: Partial<TaskDocument> = { groupId: "g" };
const GROUP = { groupId: "g", mapped: { over: { key: { taskId: "keys" } } } };

const listOf = (length: number) => JSON.stringify(Array.from({ length }, (_, index) => index));

/** "task[index]": state. */
async function instancesOf(product: VirtualProduct, document: ReturnType<typeof dag>) {
  const run = { dagId: "d", runId: "r" };
  const records = await product.metadata.taskInstances.list(run);
  return Object.fromEntries(
    instancesOfRun(document, records, run).map(({ taskId, mapIndex, state }) => [
      mapIndex < 0 ? taskId : `${taskId}[${mapIndex}]`,
      state,
    ]),
  );
}

async function start(product: VirtualProduct, document: ReturnType<typeof dag>) {
  await product.publish(document);
  await trigger(product, "d", { runId: "r" });
}

const clear = (product: VirtualProduct, tasks: readonly string[], downstream = false) =>
  product.services.runControl.clear({ dagId: "d", runId: "r", tasks, downstream });

test("the inner tasks of a mapped group that was cleared with its source wait for it", async () => {
  const product = startProduct();
  product.play(({ taskId }) => (taskId === "keys" ? succeeds(20, listOf(2)) : succeeds(1)));
  const tasks = [
    task("keys"),
    task("a", ["keys"], IN_GROUP),
    task("b", ["a"], { ...IN_GROUP, triggerRule: "all_done" }),
  ];
  const document = dag("d", tasks, { groups: [GROUP] });
  await start(product, document);
  await product.passAll();
  await clear(product, ["keys"], true);
  await product.passTo(after(30));
  expect(await instancesOf(product, document)).toMatchObject({ "b[0]": null, "b[1]": null });
  await product.passAll();
  expect(Object.values(await instancesOf(product, document))).toEqual(Array(5).fill("success"));
});

test("a task that is mapped over instances known from the start, which all failed, has none", async () => {
  const product = startProduct();
  product.play(byTask({ x: fails() }));
  const document = dag("d", [
    task("x"),
    task("keys", ["x"], { mapped: { over: { n: 2 } } }),
    task("each", ["keys"], { ...OVER_KEYS, triggerRule: "all_done" }),
  ]);
  await start(product, document);
  await product.passAll();
  expect(await instancesOf(product, document)).toMatchObject({
    "keys[0]": "upstream_failed",
    each: "skipped",
  });
});

test("an empty list after a clear leaves all instances removed, and the run goes on", async () => {
  const product = startProduct();
  let length = 2;
  product.play(({ taskId }) => succeeds(1, taskId === "keys" ? listOf(length) : undefined));
  const document = dag("d", [
    task("keys"),
    task("each", ["keys"], OVER_KEYS),
    task("x"),
    task("end", ["each", "x"]),
  ]);
  await start(product, document);
  await product.passAll();
  length = 0;
  await clear(product, ["keys"], true);
  await product.passAll();
  expect(await instancesOf(product, document)).toMatchObject({
    "each[0]": "removed",
    "each[1]": "removed",
    end: "success",
  });
  expect((await product.getRun("d", "r")).state).toBe("success");
});

test("instances that were cleared end with their task, so that the run is no deadlock", async () => {
  const product = startProduct();
  product.play(() => succeeds(1));
  const document = dag("d", [
    task("x"),
    task("y", ["x"]),
    task("each", ["y"], { triggerRule: "one_success", mapped: { over: { n: 2 } } }),
  ]);
  await start(product, document);
  await product.passAll();
  product.play(byTask({ x: succeeds(5), y: skips(5) }));
  await clear(product, ["x"], true);
  await product.passAll();
  expect(await instancesOf(product, document)).toMatchObject({
    "each[0]": "skipped",
    "each[1]": "skipped",
  });
  expect(await product.getRun("d", "r")).toMatchObject({ state: "success", reason: "success" });
});

test("a branch in a mapped group skips no index of a task that is not expanded yet", async () => {
  const product = startProduct();
  product.play(({ taskId, mapIndex }) => {
    if (taskId === "keys") return succeeds(1, listOf(2));
    if (taskId === "choose") return succeeds(10 + mapIndex * 20, mapIndex === 0 ? '"b"' : '"a"');
    return taskId === "fail" ? fails(1) : succeeds(1);
  });
  const decision = { kind: "branch", cases: { a: ["a"], b: ["b"] } } as const;
  const document = dag(
    "d",
    [
      task("keys"),
      task("choose", ["keys"], { ...IN_GROUP, decision }),
      // It waits for an instance above that has failed, and so is expanded late.
      task("a", ["choose"], { ...IN_GROUP, triggerRule: "one_failed" }),
      task("b", ["choose"], IN_GROUP),
      task("end", ["a"], { triggerRule: "all_done" }),
    ],
    { groups: [GROUP] },
  );
  await start(product, document);
  await product.passTo(after(20));
  expect(await instancesOf(product, document)).toMatchObject({ a: null, end: null });
  await product.passAll();
  expect((await product.getRun("d", "r")).state).toBe("success");
});

test("without what it is mapped over a task ends at once, whatever its rule waits for", async () => {
  const product = startProduct();
  product.play(byTask({ keys: skips(1), slow: succeeds(100) }));
  const document = dag("d", [
    task("keys"),
    task("slow"),
    task("each", ["keys", "slow"], { ...OVER_KEYS, triggerRule: "all_done" }),
  ]);
  await start(product, document);
  await product.passTo(after(2));
  expect(await instancesOf(product, document)).toMatchObject({ each: "skipped", slow: "running" });
});

test("instances known from the start are asked one by one, whatever is above the others", async () => {
  const product = startProduct();
  product.play(({ taskId, mapIndex }) => {
    if (taskId === "x") return skips(30);
    return taskId === "a" && mapIndex === 0 ? fails(1) : succeeds(1);
  });
  const document = dag(
    "d",
    [
      task("x"),
      task("a", [], IN_GROUP),
      task("b", ["a", "x"], { ...IN_GROUP, triggerRule: "none_failed_min_one_success" }),
    ],
    { groups: [{ groupId: "g", mapped: { over: { n: 2 } } }] },
  );
  await start(product, document);
  await product.passTo(after(5));
  expect(await instancesOf(product, document)).toMatchObject({ "b[0]": "upstream_failed" });
  await product.passAll();
  expect(await instancesOf(product, document)).toMatchObject({ "b[1]": "success" });
});

test("a retry of an instance outlives the server's death in a run that people have changed", async () => {
  const product = startProduct();
  product.play(({ taskId, tryNumber }) => {
    if (taskId === "keys") return succeeds(1, listOf(1));
    return taskId === "each" && tryNumber === 1 ? fails(1) : succeeds(20);
  });
  const each = task("each", ["keys"], { ...OVER_KEYS, retries: 1, retryDelay: 300 });
  await start(product, dag("d", [task("keys"), each, task("x")]));
  await product.passTo(after(10));
  await clear(product, ["x"]);
  await product.passTo(after(15));
  await product.die();
  await product.passTo(after(400));
  expect((await product.getRun("d", "r")).state).toBe("success");
});
