// Workers whose function dies before it records anything, under AWS's limits in virtual time: each
// such call that is seen to die costs a try, so no task is called without end.
import { expect, test } from "vitest";
import type { WorkerEvent } from "../../src/services/tasks/worker-events.ts";
import { dag, task } from "../reference/documents.ts";
import type { VirtualProduct } from "../reference/virtual-product.ts";
import { pokeEvery } from "../services/tasks/sensor-scripts.ts";
import {
  after,
  HOUR,
  startProduct,
  startsOf,
  statesOf,
  succeeds,
  trigger,
} from "../services/virtual-time.ts";

const LIMIT = 900;
const LOOPS = new Set(["worker", "triggerer", "recorder"] as const);

function startCloud(
  dies: (event: WorkerEvent) => boolean,
  limits: { readonly reserved?: { readonly worker: number } } = {},
): { readonly product: VirtualProduct; readonly calls: WorkerEvent[] } {
  const calls: WorkerEvent[] = [];
  const noted = (event: WorkerEvent) => {
    calls.push(event);
    return dies(event);
  };
  const cloud = { allowsLoops: LOOPS, timeout: LIMIT, dies: noted, ...limits };
  return { product: startProduct({ apart: { limit: LIMIT }, cloud }), calls };
}

const of = (taskId: string) => (event: WorkerEvent) => event.taskId === taskId;

test("a task whose worker always dies at its start has as many tries as it may, and then fails", async () => {
  const { product, calls } = startCloud(of("t"));
  const retries = { retries: 2, retryDelay: 60, callbacks: ["failure"] } as const;
  await product.publish(dag("d", [task("t", [], retries), task("u", ["t"])]));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(6 * HOUR));
  const { t, u } = await product.getTasks("d", "r");
  expect(t).toMatchObject({ state: "failed", tryNumber: 3 });
  expect(t?.tries).toHaveLength(2);
  expect(t?.message).toBe(
    "WorkerDied: the worker died before the try began: Runtime.ExitError: signal: killed",
  );
  expect(u?.state).toBe("upstream_failed");
  expect((await product.getRun("d", "r")).state).toBe("failed");
  expect(product.callbacks).toHaveLength(1);
  expect(product.tries).toEqual([]);
  expect(calls.length).toBeLessThanOrEqual(20);
});

test("a death at the start costs one try, and the next one runs", async () => {
  const { product, calls } = startCloud(() => calls.length === 1);
  await product.publish(dag("d", [task("t", [], { retries: 1, retryDelay: 60 })]));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(HOUR));
  expect(startsOf(product, "t")).toEqual([60]);
  expect(await product.getTasks("d", "r")).toMatchObject({ t: { state: "success", tryNumber: 2 } });
});

test("instances of a mapped task, and sensors, end in the same way", async () => {
  const { product, calls } = startCloud(
    ({ taskId, mapIndex }) => taskId === "s" || (taskId === "each" && mapIndex === 1),
  );
  await product.publish(
    dag("d", [
      task("each", [], { mapped: { over: { n: 3 } } }),
      task("s", [], { sensor: pokeEvery(60) }),
    ]),
  );
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(HOUR));
  const records = await product.metadata.taskInstances.list({ dagId: "d", runId: "r" });
  const states = records
    .filter(({ mapping }) => !mapping)
    .map(({ taskId, mapIndex, state }) => `${taskId} ${mapIndex} ${state}`);
  expect(states.toSorted()).toEqual([
    "each 0 success",
    "each 1 failed",
    "each 2 success",
    "s -1 failed",
  ]);
  expect((await product.getRun("d", "r")).state).toBe("failed");
  expect(calls.length).toBeLessThanOrEqual(15);
});

test("a task that can't begin keeps nobody from its pool", async () => {
  const { product } = startCloud(of("t"));
  await product.metadata.pools.put({ pool: "p", slots: 1, includeDeferred: false });
  await product.publish(dag("d", [task("t", [], { pool: "p" }), task("u", [], { pool: "p" })]));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(HOUR));
  expect(await statesOf(product, "d", "r")).toEqual({ t: "failed", u: "success" });
});

test("a task that finds no concurrency for hours loses no try", async () => {
  const { product } = startCloud(() => false, { reserved: { worker: 1 } });
  product.play(() => succeeds(800));
  const tasks = Array.from({ length: 12 }, (_, index) => task(`t${index}`));
  await product.publish(dag("d", tasks));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(6 * HOUR));
  expect((await product.getRun("d", "r")).state).toBe("success");
  expect(product.tries).toHaveLength(12);
});
