// Sensors in virtual time: when they are poked, how they end, and that messages that are late,
// doubled or lost on the way change none of it.
import { describe, expect, test } from "vitest";
import type { TaskDocument } from "../../../src/model/document.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import {
  after as at,
  byTask,
  dies,
  fails,
  isoAfter,
  startProduct,
  startsOf,
  statesOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";
import { getSensor, notYet, pokes, SENSOR_KEY, sensor } from "./sensor-scripts.ts";

const never = new AbortController().signal;
const IDS = { dagId: "d", runId: "r", clearNumber: 0 };

/** How often the worker asks for a change before it gives up. */
const ATTEMPTS = 10;

async function start(
  product: VirtualProduct,
  tasks: readonly TaskDocument[],
  options: Parameters<typeof dag>[2] = {},
): Promise<void> {
  await product.publish(dag("d", tasks, options));
  await trigger(product, "d", { runId: "r" });
}

describe("pokes", () => {
  test("come at intervals from the end of the last one until one is done, within one try", async () => {
    const product = startProduct();
    product.play(pokes(notYet(), notYet(), succeeds(1, '"a.csv"')));
    await start(product, [sensor({ pokeInterval: 300 }), task("t", ["s"], { reads: ["s"] })]);
    await product.passTo(at(100));
    expect(await getSensor(product)).toMatchObject({
      state: "up_for_reschedule",
      tryNumber: 1,
      pokes: 1,
      startDate: isoAfter(0),
      endDate: isoAfter(1),
      rescheduleDate: isoAfter(301),
    });
    await product.passAll();
    expect(startsOf(product, "s")).toEqual([0, 301, 602]);
    const ended = await getSensor(product);
    expect(ended).toMatchObject({ state: "success", tryNumber: 1, pokes: 3, tries: [] });
    expect(ended).toMatchObject({ startDate: isoAfter(0), endDate: isoAfter(603) });
    expect(ended?.rescheduleDate).toBeUndefined();
    expect(startsOf(product, "t")).toEqual([603]);
    expect(product.tries.find(({ call }) => call.taskId === "t")?.call.reads).toEqual({
      s: '"a.csv"',
    });
    expect((await product.getRun("d", "r")).state).toBe("success");
    expect(product.reports).toEqual([]);
  });

  test("wait half the interval, then the whole, and twice that each time, up to maxWait", async () => {
    const product = startProduct();
    product.play(pokes(notYet(0.001)));
    const options = { exponentialBackoff: true, maxWait: 200, timeout: 900 };
    await start(product, [sensor(options)]);
    await product.passAll();
    expect(startsOf(product, "s").map(Math.round)).toEqual([0, 30, 90, 210, 410, 610, 810, 900]);
    expect(await getSensor(product)).toMatchObject({ state: "failed" });
  });

  test("keep the XComs of the poke before; those of a failed try go", async () => {
    const product = startProduct();
    product.play(pokes(notYet(), fails(1), notYet(), succeeds(1)));
    await start(product, [sensor({}, [], { retries: 1, retryDelay: 60 })]);
    await product.passTo(at(30));
    const note = { ...SENSOR_KEY, key: "note", value: "1", sizeBytes: 1, timestamp: isoAfter(30) };
    await product.metadata.xcoms.put(note);
    await product.passTo(at(61.5));
    expect(await product.metadata.xcoms.list(SENSOR_KEY)).toHaveLength(1);
    await product.passTo(at(122.5));
    expect(await product.metadata.xcoms.list(SENSOR_KEY)).toEqual([]);
    await product.metadata.xcoms.put(note);
    await product.passTo(at(183.5));
    expect(await getSensor(product)).toMatchObject({ state: "running", tryNumber: 2 });
    expect(await product.metadata.xcoms.list(SENSOR_KEY)).toHaveLength(1);
  });
});

describe("the timeout", () => {
  test("counts from the first poke over all pokes, and fails the sensor without a retry", async () => {
    const product = startProduct();
    product.play(pokes(notYet()));
    const options = { retries: 3, callbacks: ["failure"] } as const;
    await start(product, [sensor({ timeout: 150 }, [], options), task("t", ["s"])]);
    await product.passAll();
    expect(startsOf(product, "s")).toEqual([0, 61, 122, 183]);
    expect(await getSensor(product)).toMatchObject({
      state: "failed",
      tryNumber: 1,
      message:
        "AirflowSensorTimeout: Sensor has timed out; run duration of 184 seconds exceeds the specified timeout of 150.",
    });
    expect(await statesOf(product, "d", "r")).toMatchObject({ t: "upstream_failed" });
    expect(product.callbacks.map(({ kind }) => kind)).toEqual(["failure"]);
  });

  test("skips the sensor with softFail", async () => {
    const product = startProduct();
    product.play(pokes(notYet()));
    await start(product, [sensor({ timeout: 0, softFail: true }), task("t", ["s"])]);
    await product.passAll();
    expect(startsOf(product, "s")).toEqual([0]);
    expect(await statesOf(product, "d", "r")).toEqual({ s: "skipped", t: "skipped" });
  });

  test.each([
    [{ softFail: true }, "skipped"],
    [{ neverFail: true as const }, "skipped"],
    [{}, "failed"],
  ])("of one poke with %o ends it as %s", async (options, state) => {
    const product = startProduct();
    const ending = { kind: "died", reason: "timed out", timedOut: true } as const;
    product.play(pokes({ seconds: 5, ending }));
    await start(product, [sensor(options, [], { executionTimeout: 5 })]);
    await product.passAll();
    expect(await getSensor(product)).toMatchObject({ state, pokes: 1 });
  });

  test("isn't begun anew by a retry", async () => {
    const product = startProduct();
    product.play(pokes(notYet(), fails(1), notYet()));
    await start(product, [sensor({ timeout: 130 }, [], { retries: 1, retryDelay: 10 })]);
    await product.passAll();
    expect(startsOf(product, "s")).toEqual([0, 61, 72, 133]);
    expect(await getSensor(product)).toMatchObject({ state: "failed", tryNumber: 2 });
  });
});

describe("failures", () => {
  test("of a poke are failed tries with their delay; a try begins at its own first poke", async () => {
    const product = startProduct();
    product.play(pokes(notYet(), fails(1), dies(2), notYet(), succeeds(1)));
    const options = { retries: 2, retryDelay: 100, callbacks: ["retry", "success"] } as const;
    await start(product, [sensor({}, [], options)]);
    await product.passTo(at(150));
    expect(await getSensor(product)).toMatchObject({
      state: "up_for_retry",
      tryNumber: 1,
      pokes: 2,
    });
    await product.passAll();
    expect(startsOf(product, "s")).toEqual([0, 61, 162, 264, 325]);
    expect(await getSensor(product)).toMatchObject({
      state: "success",
      tryNumber: 3,
      startDate: isoAfter(264),
      tries: [
        { tryNumber: 1, startDate: isoAfter(0), endDate: isoAfter(62) },
        { tryNumber: 2, startDate: isoAfter(162), endDate: isoAfter(164) },
      ],
    });
    expect(product.callbacks.map(({ kind }) => kind)).toEqual(["retry", "retry", "success"]);
  });

  test("beyond the retries fail the sensor; FailTask does at once", async () => {
    for (const [ending, starts] of [
      [fails(1), [0, 11]],
      [fails(1, { retry: false }), [0]],
    ] as const) {
      const product = startProduct();
      product.play(pokes(ending));
      await start(product, [sensor({}, [], { retries: 1, retryDelay: 10 })]);
      await product.passAll();
      expect(startsOf(product, "s")).toEqual(starts);
      expect(await statesOf(product, "d", "r")).toEqual({ s: "failed" });
      expect((await product.getRun("d", "r")).state).toBe("failed");
    }
  });

  test("to record a poke's end count as a death, in the engine's call and in the triggerer's", async () => {
    for (const broken of [1, 2]) {
      const product = startProduct();
      product.play(pokes(notYet(), succeeds(1)));
      await start(product, [sensor({}, [], { retries: 1, retryDelay: 10 })]);
      if (broken === 2) await product.passTo(at(30));
      const isEnd = (change: unknown) =>
        JSON.stringify(change).includes(
          broken === 1 ? '"state":"up_for_reschedule","' : '"state":"success"',
        );
      for (let count = 0; count < ATTEMPTS; count += 1) {
        product.breakNext("taskInstances.update", isEnd);
      }
      await product.passAll();
      expect(await getSensor(product)).toMatchObject({ state: "success", tryNumber: 2 });
      expect(product.reports).toEqual([
        'Task "s" of run "r" of DAG "d" is called again: Error: taskInstances.update is out of order',
      ]);
      expect((await product.getRun("d", "r")).state).toBe("success");
    }
  });
});

describe("what stands around a sensor", () => {
  test("a gate in front of it is released once, and its own state is not by what ends above it later", async () => {
    const product = startProduct();
    product.play(({ taskId }) => {
      if (taskId === "a") return succeeds(1);
      if (taskId === "b") return succeeds(2.5);
      if (taskId !== "s") return succeeds();
      return startsOf(product, "s").length < 3 ? notYet(2) : succeeds(2);
    });
    const tasks = [
      task("a"),
      task("b"),
      sensor({}, ["a", "b"], { triggerRule: "one_success" }),
      task("t", ["s"]),
    ];
    await start(product, tasks);
    await product.passAll();
    expect(startsOf(product, "s")).toEqual([1, 63, 125]);
    expect(startsOf(product, "t")).toEqual([127]);
  });

  test("an upstream that ends between the gate and the first poke doesn't end the sensor's state", async () => {
    const product = startProduct({ threads: 2 });
    // Of two threads, "b" and "c" have both when the sensor's turn comes: it waits for one with no
    // state.
    product.play(({ taskId }) => {
      if (taskId === "a") return succeeds(1);
      if (taskId === "s") return startsOf(product, "s").length < 2 ? notYet() : succeeds(1);
      return succeeds(taskId === "t" ? 0 : 5);
    });
    const tasks = [
      task("a"),
      task("b"),
      task("c"),
      sensor({}, ["a", "b", "c"], { triggerRule: "one_success" }),
      task("t", ["s"]),
    ];
    await start(product, tasks);
    await product.passAll();
    expect(startsOf(product, "s")).toEqual([5, 66]);
    expect(startsOf(product, "t")).toEqual([67]);
  });

  test("a verdict ends it without a poke", async () => {
    const product = startProduct();
    product.play(byTask({ a: fails(1) }));
    await start(product, [
      task("a"),
      sensor({}, ["a"]),
      task("t", ["s"], { triggerRule: "all_done" }),
    ]);
    await product.passAll();
    expect(startsOf(product, "s")).toEqual([]);
    expect(await statesOf(product, "d", "r")).toMatchObject({ s: "upstream_failed", t: "success" });
  });

  test("a run that waits is no deadlock, and is held while its DAG is paused", async () => {
    const product = startProduct();
    product.play(pokes(notYet(), succeeds(1)));
    await start(product, [sensor()]);
    await product.passTo(at(10));
    const { recorder, runControl } = product.services;
    await expect(recorder.handle({ ...IDS, action: "finish" })).rejects.toThrow("unfinished");
    await expect(runControl.deleteDag("d")).rejects.toThrow("can't be deleted while its run");
    await runControl.setPaused("d", true);
    await product.passTo(at(5_000));
    expect((await product.getRun("d", "r")).state).toBe("running");
    expect(startsOf(product, "s")).toHaveLength(1);
    await runControl.setPaused("d", false);
    await product.passAll();
    expect((await product.getRun("d", "r")).state).toBe("success");
    expect((await product.getTasks("d", "r")).s).toMatchObject({ tryNumber: 1, pokes: 2 });
  });

  test.each([
    ["waits", 30],
    ["is poked", 61.5],
  ])("a run that times out while it %s skips it, and nothing pokes on", async (_, timeout) => {
    const product = startProduct();
    product.play(pokes(notYet()));
    await start(product, [sensor()], { dagrunTimeout: timeout });
    await product.passAll();
    expect(await product.getRun("d", "r")).toMatchObject({
      state: "failed",
      reason: "timed_out",
      endDate: isoAfter(timeout),
    });
    expect(await statesOf(product, "d", "r")).toEqual({ s: "skipped" });
    expect(startsOf(product, "s")).toEqual(timeout < 60 ? [0] : [0, 61]);
    expect(product.clock.now()).toBe(at(timeout));
  });

  test("an engine that gave up on it settles it as failed", async () => {
    const product = startProduct();
    product.play(pokes(notYet()));
    await start(product, [sensor(), task("t", ["s"])]);
    await product.passTo(at(10));
    await product.services.recorder.handle({ ...IDS, action: "settle", taskId: "s" });
    await product.passAll();
    expect(await statesOf(product, "d", "r")).toEqual({ s: "failed", t: "upstream_failed" });
    expect(await product.getRun("d", "r")).toMatchObject({
      state: "failed",
      endDate: isoAfter(10),
    });
  });
});

describe("messages", () => {
  test("that are doubled, early, late or for another execution poke nothing besides", async () => {
    const product = startProduct();
    product.play(pokes(notYet(5), notYet(5), notYet(5), succeeds(5)));
    await start(product, [sensor()]);
    const { triggerer, worker } = product.services;
    const send = (count: number, clearNumber = 0) =>
      triggerer.handle(
        { ...SENSOR_KEY, clearNumber, pokes: count, dueAt: product.clock.now() },
        never,
      );
    // Waiting, poking, waiting again.
    for (const moment of [30, 67, 100, 133, 180]) {
      await product.passTo(at(moment));
      for (const count of [0, 1, 2, 3, 4, 7]) await send(count);
      await send(1, 1);
      for (const count of [0, 1, 4])
        await worker.execute({ ...IDS, taskId: "s", pokes: count }, never);
    }
    await product.passAll();
    expect(startsOf(product, "s")).toEqual([0, 65, 130, 195]);
    expect(await getSensor(product)).toMatchObject({ state: "success", tryNumber: 1, pokes: 4 });
    const before = await product.getTasks("d", "r");
    for (const count of [2, 3, 4]) await send(count);
    expect(await product.getTasks("d", "r")).toEqual(before);
    expect(product.reports).toEqual([]);
  });

  test("that come twice while all threads are taken poke once, when the first of them gets one", async () => {
    const product = startProduct({ threads: 1 });
    const script = pokes(notYet(), notYet(), succeeds(1));
    const others = byTask({ early: succeeds(40), long: succeeds(100) });
    product.play((call) => (call.taskId === "s" ? script(call) : others(call)));
    await start(product, [sensor(), task("early"), task("long", ["early"])]);
    await product.passTo(at(105));
    const { worker } = product.services;
    const doubled = worker.execute({ ...IDS, taskId: "s", pokes: 1 }, never);
    await product.passTo(at(120));
    const late = worker.execute({ ...IDS, taskId: "s", pokes: 1 }, never);
    await product.passAll();
    await Promise.all([doubled, late]);
    expect(startsOf(product, "s")).toEqual([40, 141, 202]);
  });

  test("and calls for a run that doesn't go on give the token back at once", async () => {
    const product = startProduct();
    product.play(pokes(notYet()));
    await start(product, [sensor()]);
    await product.passTo(at(20));
    const { worker } = product.services;
    for (const ids of [
      { ...IDS, clearNumber: 1 },
      { ...IDS, runId: "other" },
    ]) {
      product.breakNext("release", (token) => token === "late");
      const call = worker.execute({ ...ids, taskId: "s", token: "late" }, never);
      await expect(call).rejects.toThrow("release is out of order");
    }
    expect(await getSensor(product)).toMatchObject({ state: "up_for_reschedule", pokes: 1 });
  });

  test("of an execution whose state is entered again leave the poke where it was due", async () => {
    const product = startProduct();
    product.play(pokes(notYet(), succeeds(1)));
    await start(product, [sensor()]);
    await product.passTo(at(20));
    const token = "another";
    await product.services.worker.execute({ ...IDS, taskId: "s", token }, never);
    expect(await getSensor(product)).toMatchObject({ state: "up_for_reschedule", token });
    await product.passTo(at(62.5));
    expect(startsOf(product, "s")).toEqual([0, 61]);
  });
});
