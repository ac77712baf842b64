// Mapped tasks in virtual time: when instances start, what survives a death or a lost message, and
// what a clear makes of another list.
import { expect, test } from "vitest";
import type { TaskDocument } from "../../../src/model/document.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import { after, fails, startProduct, succeeds, trigger } from "../virtual-time.ts";

const OVER_KEYS: Partial<TaskDocument> = { mapped: { over: { key: { taskId: "keys" } } } };
const GROUP = { groupId: "g", mapped: { over: { key: { taskId: "keys" } } } };
const IN_GROUP: Partial<TaskDocument> = { groupId: "g" };

function listOf(length: number): string {
  return JSON.stringify(Array.from({ length }, (_, index) => index));
}

/** States of a task's instances by index. */
async function indexesOf({ metadata }: VirtualProduct, taskId: string, runId = "r") {
  const records = await metadata.taskInstances.list({ dagId: "d", runId, taskIds: [taskId] });
  return Object.fromEntries(
    records.filter(({ mapping }) => !mapping).map(({ mapIndex, state }) => [mapIndex, state]),
  );
}

/** "task index": when its last try began, in seconds. */
function startsOf({ tries }: VirtualProduct): Readonly<Record<string, number>> {
  return Object.fromEntries(
    tries.map(({ call, start }) => [`${call.taskId} ${call.mapIndex}`, (start - after(0)) / 1_000]),
  );
}

test("an instance in a mapped group starts when that of its own index has ended", async () => {
  const product = startProduct();
  product.play(({ taskId, mapIndex }) => {
    if (taskId === "keys") return succeeds(1, listOf(3));
    if (taskId === "a") return mapIndex === 1 ? fails(20) : succeeds(10 + mapIndex);
    return succeeds(5);
  });
  const tasks = [
    task("keys"),
    task("a", ["keys"], IN_GROUP),
    task("b", ["a"], IN_GROUP),
    task("c", ["b"], { ...IN_GROUP, triggerRule: "all_done" }),
    task("all", ["b"], { triggerRule: "all_done" }),
    task("one", ["b"], { triggerRule: "one_success" }),
  ];
  await product.publish(dag("d", tasks, { groups: [GROUP] }));
  await trigger(product, "d", { runId: "r" });
  await product.passAll();
  expect(startsOf(product)).toEqual({
    "keys -1": 0,
    "a 0": 1,
    "a 1": 1,
    "a 2": 1,
    "b 0": 11,
    "b 2": 13,
    "c 0": 16,
    "c 1": 21,
    "c 2": 18,
    "one -1": 16,
    "all -1": 21,
  });
  expect(await indexesOf(product, "b")).toEqual({
    0: "success",
    1: "upstream_failed",
    2: "success",
  });
  expect((await product.getRun("d", "r")).state).toBe("success");
  expect(product.reports).toEqual([]);
});

test("a mapped run goes on after the server's death, and what has ended doesn't run again", async () => {
  const product = startProduct();
  product.play(({ taskId, mapIndex }) => {
    if (taskId === "keys") return succeeds(1, listOf(20));
    return succeeds(taskId === "a" ? 10 + mapIndex : 5);
  });
  const tasks = [
    task("keys"),
    task("a", ["keys"], IN_GROUP),
    task("b", ["a"], IN_GROUP),
    task("end", ["b"]),
  ];
  await product.publish(dag("d", tasks, { groups: [GROUP] }));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(20.5));
  await product.die({ turns: 3, downFor: 7 });
  await product.passTo(after(40));
  await product.die();
  await product.passAll();
  expect((await product.getRun("d", "r")).state).toBe("success");
  const ran = new Map<string, number>();
  for (const { call } of product.tries) {
    const name = `${call.taskId} ${call.mapIndex}`;
    ran.set(name, (ran.get(name) ?? 0) + 1);
  }
  // Those that had ended by the first death: ten of "a", and five of "b".
  for (let index = 0; index < 10; index += 1) expect(ran.get(`a ${index}`)).toBe(1);
  for (let index = 0; index < 5; index += 1) expect(ran.get(`b ${index}`)).toBe(1);
  expect(ran.get("end -1")).toBe(1);
  expect(ran.size).toBe(42);
});

test("messages that are lost are replaced where workers die unnoticed", async () => {
  let isLosing = true;
  const product = startProduct({
    apart: {
      limit: 900,
      copies: ({ mapIndex }) => (isLosing && mapIndex >= 0 && mapIndex % 2 === 1 ? 0 : 1),
    },
  });
  product.play(({ taskId }) => succeeds(1, taskId === "keys" ? listOf(6) : undefined));
  await product.publish(
    dag("d", [task("keys"), task("each", ["keys"], OVER_KEYS), task("end", ["each"])]),
  );
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(120));
  expect(await indexesOf(product, "each")).toEqual({ 0: "success", 2: "success", 4: "success" });
  isLosing = false;
  await product.passTo(after(200));
  await product.services.orphans.adopt();
  await product.passTo(after(250));
  expect(Object.keys(await indexesOf(product, "each"))).toHaveLength(3);
  await product.passTo(after(320));
  await product.services.orphans.adopt();
  await product.passTo(after(340));
  expect(product.reports).toEqual([expect.stringContaining('Mapped task "each" of run "r"')]);
  expect((await product.getRun("d", "r")).state).toBe("success");
  expect(product.tries.filter(({ call }) => call.taskId === "each")).toHaveLength(6);
});

test("a shorter list after a clear leaves the other instances removed", async () => {
  const product = startProduct();
  let length = 3;
  product.play(({ taskId }) => succeeds(1, taskId === "keys" ? listOf(length) : '"x"'));
  await product.publish(
    dag("d", [task("keys"), task("each", ["keys"], OVER_KEYS), task("end", ["each"])]),
  );
  await trigger(product, "d", { runId: "r" });
  await product.passAll();
  length = 2;
  await product.services.runControl.clear({
    dagId: "d",
    runId: "r",
    tasks: ["keys"],
    downstream: true,
  });
  await product.passAll();
  expect(await indexesOf(product, "each")).toEqual({ 0: "success", 1: "success", 2: "removed" });
  expect((await product.getRun("d", "r")).state).toBe("success");
  length = 4;
  await product.services.runControl.clear({
    dagId: "d",
    runId: "r",
    tasks: ["keys"],
    downstream: true,
  });
  await product.passAll();
  expect(Object.values(await indexesOf(product, "each"))).toEqual(Array(4).fill("success"));
});

test("one instance is cleared alone", async () => {
  const product = startProduct();
  product.play(({ taskId }) => succeeds(1, taskId === "keys" ? listOf(3) : undefined));
  await product.publish(dag("d", [task("keys"), task("each", ["keys"], OVER_KEYS)]));
  await trigger(product, "d", { runId: "r" });
  await product.passAll();
  await product.services.runControl.clear({ dagId: "d", runId: "r", tasks: [["each", 1]] });
  await product.passAll();
  const ran = product.tries
    .filter(({ call }) => call.taskId === "each")
    .map(({ call }) => call.mapIndex);
  expect(ran).toEqual([0, 1, 2, 1]);
  expect((await product.getRun("d", "r")).state).toBe("success");
});

test("depends_on_past waits for every instance of the run before", async () => {
  const product = startProduct();
  product.play(({ taskId, mapIndex, runId }) => {
    if (taskId === "keys") return succeeds(0, listOf(3));
    return succeeds(runId === "first" ? 10 * (mapIndex + 1) : 1);
  });
  const each = task("each", ["keys"], { ...OVER_KEYS, dependsOnPast: true });
  await product.publish(dag("d", [task("keys"), each]));
  await trigger(product, "d", { runId: "first", logicalDate: "1970-01-01T00:00:00Z" });
  await trigger(product, "d", { runId: "second", logicalDate: "1970-01-01T12:00:00Z" });
  await product.passAll();
  const starts = product.tries
    .filter(({ call }) => call.runId === "second" && call.taskId === "each")
    .map(({ start }) => (start - after(0)) / 1_000);
  expect(starts).toEqual([30, 30, 30]);
});

test("a skip or a failure ends every instance of a literal mapping", async () => {
  const product = startProduct();
  product.play(({ taskId }) => (taskId === "a" ? fails(1) : succeeds()));
  const literal = { mapped: { over: { n: 3 } } };
  await product.publish(
    dag("d", [
      task("a"),
      task("each", ["a"], literal),
      task("end", ["each"], { triggerRule: "all_failed" }),
    ]),
  );
  await trigger(product, "d", { runId: "r" });
  await product.passAll();
  expect(startsOf(product)).toEqual({ "a -1": 0, "end -1": 1 });
  expect((await product.getRun("d", "r")).state).toBe("success");
});
