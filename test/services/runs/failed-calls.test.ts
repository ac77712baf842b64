// Calls of the worker that nobody waits for and that fail, as Lambda reports: the try that such a
// call began has died, and is not waited for until the longest time of a worker is over.
import { afterEach, expect, test } from "vitest";
import { dag, task } from "../../reference/documents.ts";
import { createVirtualProduct, type VirtualProduct } from "../../reference/virtual-product.ts";
import { fails, startsOf, succeeds, trigger } from "../virtual-time.ts";

/** The longest that a worker lives, in seconds. */
const LIMIT = 900;
/** How often one call repeats a write of a state: see services/retry.ts. */
const ATTEMPTS = 10;

let product: VirtualProduct;
afterEach(() => product.close());

/** A run whose task has failed at its first try, so that messages have it called from then on. */
async function startRetried(retries: number): Promise<void> {
  const allowsLoops = new Set(["worker", "triggerer", "recorder"] as const);
  product = createVirtualProduct({
    apart: { limit: LIMIT },
    cloud: { allowsLoops, timeout: LIMIT },
  });
  product.play(({ tryNumber }) => (tryNumber === 1 ? fails(1) : succeeds(1)));
  await product.publish(dag("d", [task("t", [], { retries, retryDelay: 60 })]));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(product.clock.now() + 30_000);
}

/** The worker can't record the end of its next try, as one that is killed. */
function killNext(): void {
  const isEnd = (argument: unknown) => JSON.stringify(argument).includes('"success"');
  for (let count = 0; count < ATTEMPTS; count += 1)
    product.breakNext("taskInstances.update", isEnd);
}

test("a try that a message began and whose call fails is followed by the next at once", async () => {
  await startRetried(2);
  killNext();
  await product.passTo(product.clock.now() + 800_000);
  expect(startsOf(product, "t")).toHaveLength(3);
  const { t } = await product.getTasks("d", "r");
  expect(t).toMatchObject({ state: "success", tryNumber: 3 });
  expect((await product.getRun("d", "r")).state).toBe("success");
});

test("without a retry left the task has failed at once", async () => {
  await startRetried(1);
  killNext();
  await product.passTo(product.clock.now() + 800_000);
  const { t } = await product.getTasks("d", "r");
  expect(t).toMatchObject({ state: "failed", tryNumber: 2 });
  expect(t?.message).toMatch(/^WorkerDied: the worker died before it reported how the try ended/);
  expect((await product.getRun("d", "r")).state).toBe("failed");
});

test.each([
  ["another call", { callId: "another" }],
  ["an earlier poke", { pokes: -1 }],
  ["an execution that was given up", { clearNumber: 1 }],
])("a report of %s does nothing to the try that is going on", async (_, other) => {
  await startRetried(2);
  product.play(() => succeeds(100));
  await product.passTo(product.clock.now() + 60_000);
  const known = (await product.getTasks("d", "r")).t;
  expect(known).toMatchObject({ state: "running", tryNumber: 2, pokedBy: "triggerer" });
  const { callId = "", pokes = 0 } = known ?? {};
  const name = {
    dagId: "d",
    runId: "r",
    clearNumber: 0,
    taskId: "t",
    action: "callFailed",
  } as const;
  const { handle } = product.services.recorder;
  await handle({ ...name, callId, pokes: pokes - 1, ...other });
  expect((await product.getTasks("d", "r")).t).toEqual(known);
  await handle({ ...name, callId, pokes: pokes - 1 });
  expect((await product.getTasks("d", "r")).t).toMatchObject({ state: "up_for_retry" });
});

test("a task whose call fails before its try begins is called again within seconds", async () => {
  await startRetried(2);
  // The begin of the second try can't be recorded.
  const isBegin = (argument: unknown) => JSON.stringify(argument).includes('"state":"running"');
  for (let count = 0; count < ATTEMPTS; count += 1)
    product.breakNext("taskInstances.update", isBegin);
  await product.passTo(product.clock.now() + 200_000);
  const { t } = await product.getTasks("d", "r");
  expect(t).toMatchObject({ state: "success", tryNumber: 2 });
});
