// Sensors where workers are functions that nobody waits for: calls of the triggerer get lost,
// workers die unnoticed, messages are late or come twice; each poke has its end all the same.
import { expect, test } from "vitest";
import type { ScriptedTry } from "../../../src/local/simulation/virtual-runner.ts";
import type { TaskDocument } from "../../../src/model/document.ts";
import type { WorkerEvent } from "../../../src/services/tasks/worker-events.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import type { VirtualProductOptions } from "../../reference/virtual-product-options.ts";
import {
  after as at,
  isoAfter,
  startProduct,
  startsOf,
  statesOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";
import { getSensor, notYet, pokeEvery, SENSOR_KEY } from "./sensor-scripts.ts";

const LIMIT = 900;
const never = new AbortController().signal;
const IDS = { dagId: "d", runId: "r", clearNumber: 0 };
const NOT_YET = notYet();
/** Its worker is gone, and nobody is told. */
const vanishes: ScriptedTry = succeeds(Number.POSITIVE_INFINITY);

type Apart = Omit<NonNullable<VirtualProductOptions["apart"]>, "limit">;

/** A run of one sensor and a task below it; the sensor's pokes go as listed. */
async function start(
  listed: readonly ScriptedTry[],
  { apart = {}, ...options }: Partial<TaskDocument> & { readonly apart?: Apart } = {},
): Promise<VirtualProduct> {
  const product = startProduct({ apart: { limit: LIMIT, ...apart } });
  let count = 0;
  product.play(({ taskId }) => {
    if (taskId !== "s") return succeeds();
    count += 1;
    return listed[count - 1] ?? succeeds();
  });
  const { sensor = pokeEvery(60) } = options;
  await product.publish(dag("d", [task("s", [], { ...options, sensor }), task("t", ["s"])]));
  await trigger(product, "d", { runId: "r" });
  return product;
}

test.each([60, 3_600])("pokes come at their moments, every %i seconds", async (seconds) => {
  const product = await start([NOT_YET, NOT_YET], { sensor: pokeEvery(seconds) });
  await product.passAll();
  expect(startsOf(product, "s")).toEqual([0, seconds + 1, 2 * seconds + 2]);
  expect(await statesOf(product, "d", "r")).toEqual({ s: "success", t: "success" });
  expect(product.reports).toEqual([]);
});

test("calls that get lost are made again when the worker must be over", async () => {
  let lost = 0;
  const isLost = ({ pokes }: WorkerEvent) => pokes === 2 && ++lost <= 3;
  const product = await start([NOT_YET, NOT_YET], { apart: { isLost } });
  await product.passAll();
  expect(startsOf(product, "s")).toEqual([0, 61, 122 + 2 * LIMIT]);
  expect(await getSensor(product)).toMatchObject({ state: "success", tryNumber: 1, pokes: 3 });
});

test.each([
  ["the engine's call", [vanishes], 0],
  ["a call of the triggerer", [NOT_YET, vanishes], 61],
])(
  "a worker that dies unnoticed in %s costs a try when it must be over",
  async (_, pokes, begun) => {
    const product = await start(pokes, { retries: 1, retryDelay: 100, callbacks: ["retry"] });
    await product.passTo(at(begun + LIMIT - 1));
    expect(await getSensor(product)).toMatchObject({ state: "running", tryNumber: 1 });
    await product.passTo(at(begun + LIMIT + 1));
    expect(await getSensor(product)).toMatchObject({
      state: "up_for_retry",
      nextRetryAt: isoAfter(begun + LIMIT + 100),
    });
    await product.passAll();
    expect(startsOf(product, "s").at(-1)).toBe(begun + LIMIT + 100);
    expect(await getSensor(product)).toMatchObject({ state: "success", tryNumber: 2 });
    expect(await statesOf(product, "d", "r")).toMatchObject({ t: "success" });
    expect(product.callbacks.map(({ error }) => error?.name)).toEqual(["WorkerDied"]);
  },
);

test("without retries it fails the sensor, and what is below it is decided", async () => {
  const product = await start([NOT_YET, vanishes]);
  await product.passAll();
  expect(await statesOf(product, "d", "r")).toEqual({ s: "failed", t: "upstream_failed" });
  expect((await product.getRun("d", "r")).state).toBe("failed");
});

test("the engine's second call takes its own first one for dead, and a poke of the triggerer for alive", async () => {
  const first = await start([vanishes, succeeds(1)], { retries: 1, retryDelay: 10 });
  await first.passTo(at(5));
  await first.services.worker.execute({ ...IDS, taskId: "s", token: "second" }, never);
  expect(await getSensor(first)).toMatchObject({ state: "up_for_retry", token: "second" });

  const second = await start([NOT_YET, succeeds(50)]);
  await second.passTo(at(70));
  await second.services.worker.execute({ ...IDS, taskId: "s", token: "second" }, never);
  expect(await getSensor(second)).toMatchObject({ state: "running", tryNumber: 1 });
  await second.passTo(at(112));
  expect(await getSensor(second)).toMatchObject({ state: "success", token: "second" });
});

test.each([60, 3_600])(
  "a worker that dies between the record and its message is followed by a poke all the same, every %i seconds",
  async (seconds) => {
    let sent = 0;
    // The message for the poke after the second.
    const copies = ({ pokes }: { readonly pokes: number }) => (pokes === 2 && ++sent === 1 ? 0 : 1);
    const product = await start([NOT_YET, NOT_YET], {
      sensor: pokeEvery(seconds),
      apart: { copies },
    });
    await product.passAll();
    const [, second = 0, third = 0] = startsOf(product, "s");
    expect(third).toBeGreaterThanOrEqual(second + 1 + seconds);
    expect(third).toBeLessThanOrEqual(second + 1 + seconds + 2 * LIMIT);
    expect(await getSensor(product)).toMatchObject({ state: "success", tryNumber: 1, pokes: 3 });
  },
);

test("an end that was recorded and not spread is spread when its worker must be over", async () => {
  const product = await start([NOT_YET, succeeds(1)]);
  await product.passTo(at(30));
  // The first read after the end's record is for the sensor's token.
  product.breakNext("release");
  await product.passTo(at(100));
  expect(await statesOf(product, "d", "r")).toEqual({ s: "success" });
  await product.passAll();
  expect(startsOf(product, "t")).toEqual([61 + LIMIT]);
  expect((await product.getRun("d", "r")).state).toBe("success");
});

test("messages that come three times each melt into one: they don't grow in number from poke to poke", async () => {
  const pokesOf: number[] = [];
  const copies = ({ pokes }: { readonly pokes: number }) => {
    pokesOf.push(pokes);
    return 3;
  };
  const pokes = Array.from({ length: 20 }, () => NOT_YET);
  const product = await start(pokes, { sensor: pokeEvery(1_800), apart: { copies } });
  await product.passAll();
  expect(startsOf(product, "s")).toHaveLength(21);
  const sent = (pokes: number) => pokesOf.filter((each) => each === pokes).length;
  // The next one, and for each copy of it one that looks after the call, and once more since the
  // wait is longer than that.
  for (let count = 1; count < 20; count += 1) expect(sent(count), `${count}`).toBe(1 + 3 + 9);
});

test("a sensor whose rule is not met yet, against expectation, is looked at until it is", async () => {
  const product = startProduct({ apart: { limit: LIMIT } });
  product.play(({ taskId }) => succeeds(taskId === "a" ? 100 : 1));
  const sensor = pokeEvery(60);
  await product.publish(dag("d", [task("a"), task("s", ["a"], { sensor }), task("t", ["s"])]));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(at(5));
  await product.services.worker.execute({ ...IDS, taskId: "s", token: "early" }, never);
  await product.passTo(at(99));
  expect(startsOf(product, "s")).toEqual([]);
  await product.passAll();
  expect(startsOf(product, "s")).toHaveLength(1);
  expect(await product.metadata.taskInstances.get(SENSOR_KEY)).toMatchObject({
    state: "success",
    pokes: 1,
  });
  expect(await statesOf(product, "d", "r")).toMatchObject({ t: "success" });
});

test("a message for an execution that was given up leaves none, and calls nobody", async () => {
  const left: number[] = [];
  const called: WorkerEvent[] = [];
  const apart: Apart = {
    copies: ({ clearNumber }) => left.push(clearNumber) && 1,
    isLost: (event) => called.push(event) > 0,
  };
  const product = await start([NOT_YET], { apart });
  await product.passTo(at(70));
  const before = [left.length, called.length];
  const { triggerer } = product.services;
  await triggerer.handle({ ...SENSOR_KEY, clearNumber: 1, pokes: 1, dueAt: at(70) }, never);
  expect([left.length, called.length]).toEqual(before);
});
