// A task that takes the server down: after two deaths of the server it goes on in a process of its
// own, so that it fails alone, and whoever ran beside it is not charged with it.
import { expect, test } from "vitest";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import { after, byTask, dies, startProduct, statesOf, succeeds, trigger } from "../virtual-time.ts";

const STOPPED_TWICE = "the server stopped 2 times while this task ran";

/** Which tries of a task had a process of their own. */
function isolationOf({ tries }: VirtualProduct, taskId: string): readonly boolean[] {
  return tries.filter(({ call }) => call.taskId === taskId).map(({ isIsolated }) => isIsolated);
}

test("a task that kills the server fails in its third try, and all others go on", async () => {
  const product = startProduct();
  const tasks = [
    task("poison"),
    task("beside"),
    task("below", ["poison"]),
    task("last", ["beside"]),
  ];
  await product.publish(dag("d", tasks));
  product.play(byTask({ poison: succeeds(10), beside: succeeds(20) }));
  await trigger(product, "d", { runId: "r" });
  for (const second of [5, 10]) {
    await product.passTo(after(second));
    await product.die();
  }
  product.play(byTask({ poison: dies(5), beside: succeeds(20) }));
  await product.passAll();
  expect(await statesOf(product, "d", "r")).toEqual({
    poison: "failed",
    beside: "success",
    below: "upstream_failed",
    last: "success",
  });
  expect(isolationOf(product, "poison")).toEqual([false, false, true]);
  expect(isolationOf(product, "beside")).toEqual([false, false, true]);
  expect(isolationOf(product, "last")).toEqual([false]);
  const { poison } = await product.getTasks("d", "r");
  expect(poison?.message).toBe(`WorkerDied: killed; before that ${STOPPED_TWICE}`);
  expect(product.reports).toEqual([
    `Task "poison" of run "r" of DAG "d" died in its own process: killed; before that ${STOPPED_TWICE}`,
  ]);
});

test("a suspect has all the retries that it had, each in a process of its own", async () => {
  const product = startProduct();
  await product.publish(dag("d", [task("poison", [], { retries: 1, retryDelay: 10 })]));
  product.play(byTask({ poison: succeeds(10) }));
  await trigger(product, "d", { runId: "r" });
  for (const second of [5, 10]) {
    await product.passTo(after(second));
    await product.die();
  }
  product.play(byTask({ poison: dies(5) }));
  await product.passAll();
  expect(isolationOf(product, "poison")).toEqual([false, false, true, true]);
  expect(await statesOf(product, "d", "r")).toEqual({ poison: "failed" });
});

test("however often the server dies, a task that does nothing to it is never failed for that", async () => {
  const product = startProduct();
  await product.publish(dag("d", [task("long")]));
  product.play(byTask({ long: succeeds(100) }));
  await trigger(product, "d", { runId: "r" });
  for (let death = 1; death <= 20; death += 1) {
    await product.passTo(after(death * 50));
    await product.die();
  }
  await product.passAll();
  expect(await statesOf(product, "d", "r")).toEqual({ long: "success" });
});
