// Callbacks of tasks and DAGs: each once for what it tells of, and none for what runs none in
// Airflow.
import { expect, test } from "vitest";
import type { CallbackKind } from "../../../src/model/document.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import {
  after,
  byTask,
  dies,
  fails,
  skips,
  startProduct,
  succeeds,
  trigger,
} from "../virtual-time.ts";

const ALL: readonly CallbackKind[] = ["execute", "success", "failure", "retry", "skipped"];

/** Kind, task and try of each call, in order; the DAG's own have no task. */
function told({ callbacks }: VirtualProduct): readonly string[] {
  return callbacks.map(({ kind, call: { taskId, tryNumber }, reason }) =>
    taskId === undefined ? `DAG ${kind}: ${reason}` : `${kind} of ${taskId}, try ${tryNumber}`,
  );
}

async function runTask(product: VirtualProduct, retries = 0): Promise<void> {
  await product.publish(dag("d", [task("t", [], { retries, retryDelay: 10, callbacks: ALL })]));
  await trigger(product, "d");
  await product.passAll();
}

test("a success is told once", async () => {
  const product = startProduct();
  await runTask(product);
  expect(told(product)).toEqual(["success of t, try 1"]);
});

test("each failure with tries left is told as a retry, the last one as a failure, with its error", async () => {
  const product = startProduct();
  product.play(() => fails(1));
  await runTask(product, 2);
  expect(told(product)).toEqual(["retry of t, try 1", "retry of t, try 2", "failure of t, try 3"]);
  expect(product.callbacks.map(({ error }) => error?.message)).toEqual(
    Array(3).fill("as scripted"),
  );
});

test("a worker's death is told as any failure", async () => {
  const product = startProduct();
  product.play(() => dies(1));
  await runTask(product, 1);
  expect(told(product)).toEqual(["retry of t, try 1", "failure of t, try 2"]);
  expect(product.callbacks.at(-1)?.error).toEqual({ name: "WorkerDied", message: "killed" });
});

test("a task that skips itself tells it; one that is skipped or fails by its rule tells nothing", async () => {
  const product = startProduct();
  product.play(byTask({ skipping: skips(), failing: fails() }));
  const options = { callbacks: ALL };
  await product.publish(
    dag("d", [
      task("skipping", [], options),
      task("skipped", ["skipping"], options),
      task("failing", [], options),
      task("upstream_failed", ["failing"], options),
    ]),
  );
  await trigger(product, "d");
  await product.passAll();
  expect(told(product).toSorted()).toEqual([
    "failure of failing, try 1",
    "skipped of skipping, try 1",
  ]);
});

test("callbacks that a task doesn't have are not called", async () => {
  const product = startProduct();
  await product.publish(dag("d", [task("t", [], { callbacks: ["failure"] })]));
  await trigger(product, "d");
  await product.passAll();
  expect(product.callbacks).toEqual([]);
});

test("a DAG's callbacks hear of the run's end once, with Airflow's reason", async () => {
  const product = startProduct();
  const callbacks = ["success", "failure"] as const;
  await product.publish(dag("d", [task("t")], { callbacks, dagrunTimeout: 60 }));
  await trigger(product, "d");
  await product.passAll();
  product.play(() => fails());
  await trigger(product, "d", { runId: "b" });
  await product.passAll();
  product.play(() => succeeds(100));
  await trigger(product, "d", { runId: "c" });
  await product.passAll();
  expect(told(product)).toEqual([
    "DAG success: success",
    "DAG failure: task_failure",
    "DAG failure: timed_out",
  ]);
  expect(product.callbacks.map(({ runState }) => runState)).toEqual([
    "success",
    "failed",
    "failed",
  ]);
});

test("an engine's death tells nothing of what it had told, and no failure of what it killed", async () => {
  const product = startProduct();
  product.play(byTask({ first: succeeds(1), second: succeeds(10) }));
  const options = { callbacks: ALL };
  await product.publish(
    dag("d", [task("first", [], options), task("second", ["first"], options)], {
      callbacks: ["success", "failure"],
    }),
  );
  await trigger(product, "d");
  await product.passTo(after(5));
  await product.die();
  await product.passAll();
  await product.die();
  await product.passAll();
  expect(told(product)).toEqual([
    "success of first, try 1",
    "success of second, try 2",
    "DAG success: success",
  ]);
});
