// Tasks that go on by messages: what the triggerer makes of the engine's message, and of a task
// whose message was lost.
import { expect, test } from "vitest";
import type { TaskDocument } from "../../../src/model/document.ts";
import type { Deferral } from "../../../src/model/scheduling/sensors.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import {
  after,
  fails,
  startProduct,
  startsOf,
  statesOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";

const LIMIT = 900;
const never = new AbortController().signal;
const KEY = { dagId: "d", runId: "r", taskId: "t", mapIndex: -1 };
const DEFERRAL: Deferral = { ...KEY, clearNumber: 0, token: "a-token" };

/**
 * A run whose only task is at the worker, or will be after "first", with messages that get lost as
 * asked.
 */
async function start(
  options: Partial<TaskDocument> = {},
  { isLost = () => false }: { readonly isLost?: () => boolean } = {},
): Promise<VirtualProduct> {
  const copies = () => (isLost() ? 0 : 1);
  const product = startProduct({ apart: { limit: LIMIT, copies } });
  await product.publish(dag("d", [task("first"), task("t", ["first"], options)]));
  return product;
}

const getTask = (product: VirtualProduct) => product.metadata.taskInstances.get(KEY);

test.each([
  "Lambda.TooManyRequestsException",
  "Lambda.SdkClientException",
  "States.Runtime",
  "Stepwind.NotYet",
])(
  "after %s, a try that is recorded as running is left alone until its worker must be over",
  async (error) => {
    const product = await start({ retries: 1, retryDelay: 10 });
    product.play(({ taskId, tryNumber }) =>
      succeeds(taskId === "t" && tryNumber === 1 ? Number.POSITIVE_INFINITY : 1),
    );
    await trigger(product, "d", { runId: "r" });
    await product.passTo(after(5));
    await product.services.triggerer.handle({ ...DEFERRAL, error }, never);
    await product.passTo(after(LIMIT));
    expect(await getTask(product)).toMatchObject({ state: "running", token: "a-token" });
    await product.passTo(after(LIMIT + 60));
    expect(await getTask(product)).toMatchObject({ state: "success", tryNumber: 2 });
  },
);

test.each(["Sandbox.Timedout", "Runtime.ExitError", "Stepwind.Lost"])(
  "after %s, a try that is recorded as running has died, and the next one follows its delay",
  async (error) => {
    const product = await start({ retries: 1, retryDelay: 10 });
    product.play(({ taskId, tryNumber }) =>
      succeeds(taskId === "t" && tryNumber === 1 ? Number.POSITIVE_INFINITY : 1),
    );
    await trigger(product, "d", { runId: "r" });
    await product.passTo(after(5));
    await product.services.triggerer.handle({ ...DEFERRAL, error }, never);
    await product.passTo(after(20));
    expect(startsOf(product, "t")).toEqual([1, 15]);
    // The same message once more finds a try that it says nothing of.
    await product.services.triggerer.handle({ ...DEFERRAL, error }, never);
    expect((await getTask(product))?.tryNumber).toBe(2);
  },
);

test("a worker that died before it recorded a try counts as a failed try", async () => {
  const product = await start();
  product.play(() => succeeds(100));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(5));
  const error = "Runtime.ExitError";
  await product.services.triggerer.handle({ ...DEFERRAL, error }, never);
  await product.settle();
  expect(await getTask(product)).toMatchObject({
    state: "failed",
    message: "WorkerDied: the worker died before the try began: Runtime.ExitError",
    tryNumber: 1,
  });
});

test("a token for a task that has ended, or for an execution that was given up, is given back", async () => {
  const product = await start();
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(5));
  expect(await statesOf(product, "d", "r")).toEqual({ first: "success", t: "success" });
  product.breakNext("release", (token) => token === "late");
  const late = product.services.triggerer.handle({ ...DEFERRAL, token: "late" }, never);
  await expect(late).rejects.toThrow("release is out of order");
  const other = { ...DEFERRAL, token: "other", clearNumber: 7 };
  product.breakNext("release", (token) => token === "other");
  const given = product.services.triggerer.handle(other, never);
  await expect(given).rejects.toThrow("release is out of order");
});

test("a task whose gate could not be entered waits at it all the same, and goes on when it may", async () => {
  const product = startProduct({ apart: { limit: LIMIT } });
  product.play(({ taskId }) => succeeds(taskId === "t" ? 1 : 500));
  const options = { triggerRule: "one_success" } as const;
  await product.publish(dag("d", [task("a"), task("b"), task("t", ["a", "b"], options)]));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(5));
  await product.services.triggerer.handle(DEFERRAL, never);
  await product.passTo(after(499));
  expect(startsOf(product, "t")).toEqual([]);
  await product.passTo(after(510));
  expect(startsOf(product, "t")).toEqual([500]);
});

test("orphans leave a new message for a retry whose message was lost, and for no other", async () => {
  let isLost = false;
  const product = await start({ retries: 1, retryDelay: 600 }, { isLost: () => isLost });
  product.play(({ taskId, tryNumber }) =>
    taskId === "t" && tryNumber === 1 ? fails(10) : succeeds(1),
  );
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(5));
  isLost = true;
  await product.services.triggerer.handle(DEFERRAL, never);
  await product.passTo(after(12));
  isLost = false;
  for (let second = 300; second <= 900; second += 300) {
    await product.passTo(after(second));
    await product.services.orphans.adopt();
  }
  await product.passTo(after(905));
  const warned = product.reports.filter((report) => report.includes("message that was lost"));
  expect(warned.length).toBeLessThanOrEqual(1);
  await product.passTo(after(1_300));
  await product.services.orphans.adopt();
  await product.passTo(after(1_305));
  expect(await getTask(product)).toMatchObject({ state: "success", tryNumber: 2 });
});
