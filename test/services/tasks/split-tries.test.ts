// Tries that are begun by one call of the worker and ended by another: retries, ends that are told
// twice, and ends of tries that are no longer theirs to tell.
import { expect, test } from "vitest";
import type { TaskDocument } from "../../../src/model/document.ts";
import type { TaskOutcome } from "../../../src/model/task-call.ts";
import type { EndedTry } from "../../../src/services/tasks/worker.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import { byTask, fails, startProduct, startsOf, succeeds, trigger } from "../virtual-time.ts";

const never = new AbortController().signal;
const EVENT = { dagId: "d", runId: "r", clearNumber: 0, taskId: "t" };
const SUCCESS: TaskOutcome = { kind: "success", result: "1" };
const FAILURE: TaskOutcome = {
  kind: "failed",
  retry: true,
  error: { name: "Error", message: "as scripted" },
};

const ended = (tryNumber: number, ending: EndedTry["ending"]): EndedTry => ({
  event: EVENT,
  tryNumber,
  ending,
});

/** A run whose engine never calls: the test does. */
async function start(options: Partial<TaskDocument> = {}): Promise<VirtualProduct> {
  const product = startProduct({ isSplit: true });
  product.play(byTask({ t: succeeds(Number.POSITIVE_INFINITY) }));
  await product.publish(dag("d", [task("s", []), task("t", ["s"], options), task("u", ["t"])]));
  await trigger(product, "d", { runId: "r" });
  await product.settle();
  return product;
}

async function stateOf(product: VirtualProduct): Promise<string | null | undefined> {
  const { t } = await product.getTasks("d", "r");
  return t?.state;
}

test.each([0.5, 300])(
  "a try that failed is followed by the next after %d s",
  async (retryDelay) => {
    const product = startProduct({ isSplit: true });
    product.play(() => fails(2));
    await product.publish(dag("d", [task("t", [], { retries: 2, retryDelay })]));
    await trigger(product, "d", { runId: "r" });
    await product.passAll();
    const gap = retryDelay + 2;
    expect(startsOf(product, "t")).toEqual([0, gap, 2 * gap]);
    expect(await stateOf(product)).toBe("failed");
  },
);

test("an end that is told twice is recorded once, and answered alike", async () => {
  const product = await start();
  const { worker } = product.services;
  expect(await worker.end(ended(1, SUCCESS), never)).toBe("ended");
  expect(await stateOf(product)).toBe("success");
  expect(await worker.end(ended(1, SUCCESS), never)).toBe("ended");
  expect(await worker.end(ended(1, FAILURE), never)).toBe("ended");
  expect(await stateOf(product)).toBe("success");
});

test("a failure that is told twice asks for the next try twice", async () => {
  const product = await start({ retries: 1, retryDelay: 300 });
  const { worker } = product.services;
  const again = { name: "Stepwind.Retry" };
  await expect(worker.end(ended(1, FAILURE), never)).rejects.toMatchObject(again);
  await expect(worker.end(ended(1, FAILURE), never)).rejects.toMatchObject(again);
  expect(await stateOf(product)).toBe("up_for_retry");
});

test("the end of a try that counts as died already changes nothing", async () => {
  const product = await start({ retries: 1, retryDelay: 0 });
  const { worker } = product.services;
  const handed = await worker.begin(EVENT, never);
  expect(handed?.call).toMatchObject({ taskId: "t", tryNumber: 2 });
  expect(await worker.end(ended(1, SUCCESS), never)).toBe("ended");
  expect(await stateOf(product)).toBe("running");
  expect(await worker.end(ended(2, SUCCESS), never)).toBe("ended");
  expect(await stateOf(product)).toBe("success");
});

test("the end of a try whose run was ended from outside changes nothing", async () => {
  const product = await start();
  const { recorder, worker } = product.services;
  await recorder.abandon(await product.getRun("d", "r"), "timed_out");
  expect(await worker.end(ended(1, SUCCESS), never)).toBe("ended");
  expect(await stateOf(product)).not.toBe("success");
});
