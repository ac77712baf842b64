// The task instance whose context the DAG's callbacks get, and Airflow's reason; and what a retry
// policy has advised, as recorded.
import { expect, test } from "vitest";
import { findCause } from "../../../src/model/scheduling/run-causes.ts";
import { dag, task } from "../../reference/documents.ts";
import { byTask, fails, startProduct, succeeds, trigger } from "../virtual-time.ts";

const BOTH = { callbacks: ["success", "failure"] } as const;

test("a success shows the task that succeeded last, a failure the one that failed last", async () => {
  const product = startProduct();
  const tasks = [task("first"), task("second"), task("skipped", ["first"])];
  product.play(byTask({ first: succeeds(5), second: succeeds(1), skipped: succeeds(1) }));
  await product.publish(dag("d", tasks, BOTH));
  await trigger(product, "d");
  await product.passAll();
  expect(product.callbacks.at(-1)).toMatchObject({
    kind: "success",
    reason: "success",
    lastTi: { taskId: "skipped", tryNumber: 1, mapIndex: -1 },
  });
  product.play(byTask({ first: fails(1), second: fails(9), skipped: succeeds() }));
  await trigger(product, "d", { runId: "r2" });
  await product.passAll();
  expect(product.callbacks.at(-1)).toMatchObject({
    kind: "failure",
    reason: "task_failure",
    lastTi: { taskId: "second", tryNumber: 1 },
  });
});

test("a run that takes too long shows the unfinished task that started last", async () => {
  const product = startProduct();
  const tasks = [task("first"), task("second", ["first"]), task("third", ["second"])];
  product.play(byTask({ first: succeeds(5), second: succeeds(100), third: succeeds() }));
  await product.publish(dag("d", tasks, { ...BOTH, dagrunTimeout: 60 }));
  await trigger(product, "d");
  await product.passAll();
  expect(product.callbacks.at(-1)).toMatchObject({
    reason: "timed_out",
    lastTi: { taskId: "second", tryNumber: 1 },
  });
});

test("a deadlock shows the task that waits for what has ended", () => {
  const document = dag("d", [task("a"), task("b", ["a"], { retries: 2 }), task("c", ["b"])]);
  const ended = { dagId: "d", runId: "r", taskId: "a", mapIndex: -1, tries: [] };
  const a = { ...ended, state: "removed", tryNumber: 1, maxTries: 0 } as const;
  expect(findCause(document, "all_tasks_deadlocked", [a])).toEqual({
    taskId: "b",
    tryNumber: 0,
    maxTries: 2,
    mapIndex: -1,
  });
  expect(findCause(document, "task_failure", [a])).toBeUndefined();
});

test("the delay that a retry policy asks for is kept, and its reason is recorded", async () => {
  const product = startProduct();
  const error = { name: "RateLimited", message: "slow down" };
  product.play(({ tryNumber }) => ({
    seconds: 1,
    ending:
      tryNumber === 1
        ? { kind: "failed", retry: true, error, advice: { delay: 30, reason: "rate limit" } }
        : { kind: "failed", retry: false, error, advice: { reason: "enough" } },
  }));
  await product.publish(dag("d", [task("t", [], { retries: 5, retryDelay: 300 })]));
  const runId = await trigger(product, "d");
  await product.passAll();
  const { t } = await product.getTasks("d", runId);
  expect(t).toMatchObject({
    state: "failed",
    tryNumber: 2,
    message: "RateLimited: slow down (retry policy: enough)",
  });
  expect(product.tries.map(({ start }) => start - (product.tries[0]?.start ?? 0))).toEqual([
    0, 31_000,
  ]);
});
