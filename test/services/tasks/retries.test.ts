// Tries in virtual time: when they start, which failures are final, and what an engine's death
// costs.
import { expect, test } from "vitest";
import type { TaskDocument } from "../../../src/model/document.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import {
  after,
  dies,
  fails,
  isoAfter,
  startProduct,
  startsOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";

/** Publishes one task as DAG "d" and triggers run "r". */
async function start(product: VirtualProduct, options: Partial<TaskDocument>): Promise<void> {
  await product.publish(dag("d", [task("t", [], options)]));
  await trigger(product, "d", { runId: "r" });
}

async function stateOf(product: VirtualProduct) {
  const { t } = await product.getTasks("d", "r");
  return t;
}

test("each retry starts the delay after the failure, and the last failure is final", async () => {
  const product = startProduct();
  product.play(() => fails(2));
  await start(product, { retries: 2, retryDelay: 300 });
  await product.passTo(after(100));
  expect(await stateOf(product)).toMatchObject({
    state: "up_for_retry",
    tryNumber: 1,
    nextRetryAt: isoAfter(302),
    message: "Error: as scripted",
  });
  await product.passAll();
  expect(startsOf(product, "t")).toEqual([0, 302, 604]);
  expect(await stateOf(product)).toMatchObject({
    state: "failed",
    tryNumber: 3,
    maxTries: 2,
    endDate: isoAfter(606),
    tries: [
      { tryNumber: 1, state: "failed", startDate: isoAfter(0), endDate: isoAfter(2) },
      { tryNumber: 2, state: "failed", startDate: isoAfter(302), endDate: isoAfter(304) },
    ],
  });
  expect((await product.getRun("d", "r")).state).toBe("failed");
});

test("with exponential backoff the delay doubles up to the longest", async () => {
  const product = startProduct();
  product.play(() => fails());
  await start(product, { retries: 5, retryDelay: 10, retryBackoff: 2, maxRetryDelay: 60 });
  await product.passAll();
  expect(startsOf(product, "t")).toEqual([0, 10, 30, 70, 130, 190]);
});

test("a retry starts at its recorded moment, whatever the fraction of a second", async () => {
  const product = startProduct();
  product.play(() => fails());
  await start(product, { retries: 5, retryDelay: 0.5, retryBackoff: 1.5 });
  await product.passAll();
  expect(startsOf(product, "t")).toEqual([0, 0.5, 1.25, 2.375, 4.062, 6.593]);
});

test("a constant delay with a fraction is not rounded up", async () => {
  const product = startProduct();
  product.play(() => fails());
  await start(product, { retries: 2, retryDelay: 2.5 });
  await product.passAll();
  expect(startsOf(product, "t")).toEqual([0, 2.5, 5]);
});

test("a call that comes before the recorded moment waits for it", async () => {
  for (const early of [0.001, 0.4, 0.999, 1, 30]) {
    const product = startProduct();
    product.play(({ tryNumber }) => (tryNumber === 1 ? fails(2) : succeeds(1)));
    await start(product, { retries: 1, retryDelay: 300 });
    await product.passTo(after(302 - early));
    const event = { dagId: "d", runId: "r", taskId: "t", clearNumber: 0 };
    const call = product.services.worker.execute(event, new AbortController().signal);
    const asked = call.then(
      () => "done",
      (problem: unknown) => problem,
    );
    await product.passAll();
    expect(startsOf(product, "t")).toEqual([0, 302]);
    if (early >= 1) {
      expect(await asked).toMatchObject({ name: "Stepwind.NotYet", dueAt: after(302) });
    } else expect(["done", expect.anything()]).toContainEqual(await asked);
  }
});

test("retries without a delay follow at once", async () => {
  const product = startProduct();
  product.play(({ tryNumber }) => (tryNumber < 3 ? fails(1) : succeeds(1)));
  await start(product, { retries: 5, retryDelay: 0 });
  await product.passAll();
  expect(startsOf(product, "t")).toEqual([0, 1, 2]);
  expect(await stateOf(product)).toMatchObject({ state: "success", tryNumber: 3 });
});

test("FailTask is final whatever tries are left", async () => {
  const product = startProduct();
  product.play(() => fails(1, { retry: false }));
  await start(product, { retries: 5, retryDelay: 10 });
  await product.passAll();
  expect(startsOf(product, "t")).toEqual([0]);
  expect(await stateOf(product)).toMatchObject({ state: "failed", tryNumber: 1 });
});

test("a worker that dies counts as a failed try", async () => {
  const product = startProduct();
  product.play(() => dies(1));
  await start(product, { retries: 1, retryDelay: 10 });
  await product.passAll();
  expect(startsOf(product, "t")).toEqual([0, 11]);
  expect(await stateOf(product)).toMatchObject({ state: "failed", message: "WorkerDied: killed" });
});

test("a wait for a retry outlives the engine, and only what is left of it is waited for", async () => {
  for (const downFor of [0, 10, 1_000]) {
    const product = startProduct();
    product.play(({ tryNumber }) => (tryNumber === 1 ? fails(2) : succeeds(1)));
    await start(product, { retries: 1, retryDelay: 300 });
    await product.passTo(after(100));
    await product.die({ downFor });
    await product.passAll();
    expect(startsOf(product, "t")).toEqual([0, Math.max(302, 100 + downFor)]);
    expect((await product.getRun("d", "r")).state).toBe("success");
    expect(product.reports).toEqual([]);
  }
});

test("delays that grow go on growing after the engine's death", async () => {
  const product = startProduct();
  product.play(() => fails());
  await start(product, { retries: 4, retryDelay: 10, retryBackoff: 2 });
  await product.passTo(after(35));
  await product.die();
  await product.passAll();
  expect(startsOf(product, "t")).toEqual([0, 10, 30, 70, 150]);
  expect(await stateOf(product)).toMatchObject({ state: "failed", tryNumber: 5 });
});

test("an engine that dies while a task runs costs it no retry, and the lost try is in the history", async () => {
  const product = startProduct();
  product.play(() => succeeds(10));
  await start(product, { retries: 0 });
  await product.passTo(after(4));
  await product.die();
  await product.passAll();
  expect(startsOf(product, "t")).toEqual([0, 4]);
  expect(await stateOf(product)).toMatchObject({
    state: "success",
    tryNumber: 2,
    tries: [{ tryNumber: 1, state: "failed", startDate: isoAfter(0), endDate: isoAfter(4) }],
  });
});

test("each of several deaths costs no retry, and the task's own retries stay", async () => {
  const product = startProduct();
  product.play(() => fails(10));
  await start(product, { retries: 1, retryDelay: 100 });
  for (const moment of [4, 8, 12]) {
    await product.passTo(after(moment));
    await product.die();
  }
  await product.passAll();
  expect(startsOf(product, "t")).toEqual([0, 4, 8, 12, 122]);
  expect(await stateOf(product)).toMatchObject({ state: "failed", tryNumber: 5, maxTries: 4 });
});

test("a death at any moment of an end loses nothing that was recorded", async () => {
  for (let turns = 0; turns < 8; turns += 1) {
    const product = startProduct();
    product.play(() => succeeds(5, '"value"'));
    await product.publish(dag("d", [task("t"), task("u", ["t"], { reads: ["t"] })]));
    await trigger(product, "d", { runId: "r" });
    await product.passTo(after(4.999));
    void product.passTo(after(5));
    await product.die({ turns });
    await product.passAll();
    expect((await product.getRun("d", "r")).state).toBe("success");
    const u = product.tries.findLast(({ call }) => call.taskId === "u");
    expect(u?.call.reads).toEqual({ t: '"value"' });
    const { t } = await product.getTasks("d", "r");
    expect(startsOf(product, "t")).toHaveLength(t?.tryNumber ?? 0);
  }
});
