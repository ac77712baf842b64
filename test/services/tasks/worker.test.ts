// Worker and recorder under odd calls: doubled ones, ones whose predecessor vanished, results that
// can't be used.
import { expect, test } from "vitest";
import { createFileXComs } from "../../../src/local/file-xcoms.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { dag, task } from "../../reference/documents.ts";
import { createRandom } from "../../reference/random-dags.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import {
  after,
  byTask,
  fails,
  isoAfter,
  startProduct,
  startsOf,
  statesOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";

const never = new AbortController().signal;

/** How often a change that fails is tried: see services/retry.ts. */
const ATTEMPTS = 10;

/** Whether a call of taskInstances.update records an end. */
function isEnd(change: unknown): boolean {
  return JSON.stringify(change).includes('"state":"success"');
}

async function start(product: VirtualProduct, ...tasks: Parameters<typeof task>[]): Promise<void> {
  await product.publish(
    dag(
      "d",
      tasks.map((one) => task(...one)),
    ),
  );
  await trigger(product, "d", { runId: "r" });
}

const IDS = { dagId: "d", runId: "r", clearNumber: 0 };

test("a branch that returns an unknown label fails its task, which names the labels there are", async () => {
  const product = startProduct();
  product.play(byTask({ pick: succeeds(1, '"medium"') }));
  const decision = { kind: "branch", cases: { large: ["a"], small: ["b"] } } as const;
  await start(product, ["pick", [], { decision }], ["a", ["pick"]], ["b", ["pick"]]);
  await product.passAll();
  const { pick } = await product.getTasks("d", "r");
  expect(pick?.message).toBe(
    'BranchError: Task "pick" of DAG "d" returned "medium", which is no case of its branch; return one of "large", "small"',
  );
  expect(await statesOf(product, "d", "r")).toEqual({
    pick: "failed",
    a: "upstream_failed",
    b: "upstream_failed",
  });
});

test("values beyond 32 KiB go through the XCom backend and arrive whole", async () => {
  const product = startProduct({ xcoms: createFileXComs(temporaryFolder()) });
  const large = JSON.stringify("ä".repeat(20_000));
  const small = JSON.stringify("a".repeat(20_000));
  product.play(byTask({ large: succeeds(1, large), small: succeeds(1, small) }));
  await start(
    product,
    ["large"],
    ["small"],
    ["reader", ["large", "small"], { reads: ["large", "small"] }],
  );
  await product.passAll();
  const reader = product.tries.find(({ call }) => call.taskId === "reader");
  expect(reader?.call.reads).toEqual({ large, small });
  const key = { dagId: "d", runId: "r", taskId: "large", mapIndex: -1 };
  const stored = await product.metadata.xcoms.get(key, "return_value");
  expect(stored).toMatchObject({ sizeBytes: 40_002, ref: expect.any(String) });
  expect(stored?.value).toBeUndefined();
});

test("a result that the XCom backend can't take, or give back, is a failed try with its reason", async () => {
  const xcoms = createFileXComs(temporaryFolder());
  let broken: "put" | "get" | undefined;
  const fragile: typeof xcoms = {
    ...xcoms,
    put: (...value) => (broken === "put" ? Promise.reject(new Error("full")) : xcoms.put(...value)),
    get: (ref) => (broken === "get" ? Promise.reject(new Error("gone")) : xcoms.get(ref)),
  };
  for (const [kind, states, message] of [
    ["put", { large: "failed", reader: "upstream_failed" }, "Error: full"],
    ["get", { large: "success", reader: "failed" }, "Error: gone"],
  ] as const) {
    const product = startProduct({ xcoms: fragile });
    broken = kind;
    product.play(() => succeeds(1, JSON.stringify("a".repeat(40_000))));
    await start(product, ["large"], ["reader", ["large"], { reads: ["large"] }]);
    await product.passAll();
    expect(await statesOf(product, "d", "r")).toEqual(states);
    const failed = Object.values(await product.getTasks("d", "r")).find(
      ({ state }) => state === "failed",
    );
    expect(failed?.message).toBe(message);
    expect(product.reports).toEqual([]);
  }
});

test("XComs of a failed try are gone when the next one starts", async () => {
  const product = startProduct();
  product.play(({ tryNumber }) => (tryNumber === 1 ? fails(5) : succeeds(5)));
  await start(product, ["t", [], { retries: 1, retryDelay: 10 }]);
  const key = { dagId: "d", runId: "r", taskId: "t", mapIndex: -1 };
  await product.passTo(after(2));
  const value = { ...key, key: "note", value: "1", sizeBytes: 1, timestamp: isoAfter(2) };
  await product.metadata.xcoms.put(value);
  await product.passTo(after(12));
  expect(await product.metadata.xcoms.list(key)).toHaveLength(1);
  await product.passTo(after(16));
  expect(await product.metadata.xcoms.list(key)).toEqual([]);
});

test("an end that can't be recorded at first is recorded as soon as that works, and nothing runs again", async () => {
  for (let failures = 1; failures < ATTEMPTS; failures += 1) {
    const product = startProduct();
    product.play(() => succeeds(5, '"value"'));
    for (let count = 0; count < failures; count += 1)
      product.breakNext("taskInstances.update", isEnd);
    await start(product, ["t", [], { callbacks: ["success"] }]);
    await product.passAll();
    const { t } = await product.getTasks("d", "r");
    expect(t).toMatchObject({ state: "success", tryNumber: 1, endDate: isoAfter(5) });
    expect(product.tries).toHaveLength(1);
    expect(product.callbacks).toHaveLength(1);
    expect(product.reports).toEqual([]);
  }
});

test("a task that can't be looked at, or whose start can't be recorded, is called again and has lost nothing", async () => {
  for (const method of ["runs.get", "versions.get", "taskInstances.get"] as const) {
    const product = startProduct();
    product.play(() => succeeds(5));
    await product.publish(dag("d", [task("t")]));
    product.breakNext(method);
    await trigger(product, "d", { runId: "r" });
    await product.passAll();
    const { t } = await product.getTasks("d", "r");
    expect(t, method).toMatchObject({ state: "success", tryNumber: 1 });
  }
  const product = startProduct();
  for (let count = 0; count < ATTEMPTS; count += 1) product.breakNext("taskInstances.update");
  await start(product, ["t"]);
  await product.passAll();
  const { t } = await product.getTasks("d", "r");
  expect(t).toMatchObject({ state: "success", tryNumber: 1 });
  expect(product.reports).toEqual([
    'Task "t" of run "r" of DAG "d" is called again: Error: taskInstances.update is out of order',
  ]);
});

test("functions that are refused for an hour, as all concurrency is taken, run when there is some", async () => {
  const product = startProduct();
  await start(product, ["a"], ["b"], ["c", ["a", "b"], { triggerRule: "one_success" }]);
  const random = createRandom(1);
  const refused = { random, rate: 0, invocationRate: 1, lostAnswers: 0, limit: Infinity };
  product.disturb({ ...refused, injected: new Map() });
  product.play(() => succeeds(5));
  await product.passTo(after(3_600));
  product.disturb(undefined);
  await product.passAll();
  expect(await statesOf(product, "d", "r")).toEqual({ a: "success", b: "success", c: "success" });
  expect((await product.getRun("d", "r")).state).toBe("success");
});

test("a try whose end was never recorded counts as died, for the next call to find", async () => {
  const product = startProduct();
  product.play(() => succeeds(5));
  for (let count = 0; count < ATTEMPTS; count += 1)
    product.breakNext("taskInstances.update", isEnd);
  await start(product, ["t", [], { retries: 1, retryDelay: 10, callbacks: ["retry"] }]);
  await product.passAll();
  const { t } = await product.getTasks("d", "r");
  expect(t).toMatchObject({ state: "success", tryNumber: 2 });
  expect(product.callbacks.map(({ error }) => error?.message)).toEqual([
    "the worker died before it reported how the try ended",
  ]);
  expect(product.reports).toEqual([
    'Task "t" of run "r" of DAG "d" is called again: Error: taskInstances.update is out of order',
  ]);
});

test("without retries such a try is recorded as failed, told to the callbacks, and its run ends", async () => {
  const product = startProduct();
  product.play(byTask({ t: succeeds(5) }));
  for (let count = 0; count < ATTEMPTS; count += 1)
    product.breakNext("taskInstances.update", isEnd);
  await start(product, ["t", [], { callbacks: ["failure"] }], ["u", ["t"]]);
  await product.passAll();
  expect(await statesOf(product, "d", "r")).toEqual({ t: "failed", u: "upstream_failed" });
  expect((await product.getRun("d", "r")).state).toBe("failed");
  expect(product.callbacks).toHaveLength(1);
});

test.each([0, 1])(
  "an end that is recorded but not spread still wakes what waits, with %i retries",
  async (retries) => {
    const product = startProduct();
    product.play(byTask({ a: succeeds(5), b: succeeds(10), c: succeeds(1) }));
    // The first look at the gates is that of the end of "a".
    product.breakNext("gates.list");
    await start(
      product,
      ["a", [], { retries, retryDelay: 3 }],
      ["b"],
      ["first", ["a", "b"], { triggerRule: "one_success" }],
    );
    await product.passAll();
    expect(await statesOf(product, "d", "r")).toMatchObject({ first: "success" });
    expect(startsOf(product, "first")[0]).toBeLessThan(10);
    expect((await product.getRun("d", "r")).state).toBe("success");
  },
);

test("two workers called for the same task at once run it once, and its value stays", async () => {
  const product = startProduct();
  product.play(() => succeeds(5, '"value"'));
  await start(product, ["t"]);
  const { worker } = product.services;
  const doubled = worker.execute({ ...IDS, taskId: "t" }, never);
  await expect(doubled).rejects.toMatchObject({ name: "Stepwind.NotYet" });
  await product.passAll();
  expect(startsOf(product, "t")).toEqual([0]);
  const key = { dagId: "d", runId: "r", taskId: "t", mapIndex: -1 };
  expect(await product.metadata.xcoms.list(key)).toHaveLength(1);
  expect(await statesOf(product, "d", "r")).toEqual({ t: "success" });
});

test("a doubled call whose turn comes when the try has failed doesn't forestall the retry", async () => {
  const product = startProduct({ threads: 1 });
  product.play(({ taskId }) => (taskId === "t" ? fails(5) : succeeds(10)));
  await start(product, ["first"], ["t", [], { retries: 1, retryDelay: 100 }], ["last"]);
  const { worker } = product.services;
  const doubled = worker.execute({ ...IDS, taskId: "t" }, never);
  await expect(Promise.all([doubled, product.passAll()])).rejects.toMatchObject({
    name: "Stepwind.NotYet",
  });
  await product.passAll();
  expect(startsOf(product, "t")).toEqual([10, 115]);
});

test("calls for what has ended, or for another execution, change nothing", async () => {
  const product = startProduct();
  await start(product, ["t"], ["u", ["t"]]);
  await product.passAll();
  const before = [await product.getRun("d", "r"), await product.getTasks("d", "r")];
  const { worker, recorder } = product.services;
  for (const ids of [IDS, { ...IDS, clearNumber: 1 }, { ...IDS, runId: "other" }]) {
    await worker.execute({ ...ids, taskId: "t" }, never);
    await recorder.handle({ ...ids, action: "settle", taskId: "u" });
    await recorder.handle({ ...ids, action: "gate", taskId: "u", token: "none" });
    await recorder.handle({ ...ids, action: "finish" });
  }
  expect([await product.getRun("d", "r"), await product.getTasks("d", "r")]).toEqual(before);
  expect(product.tries).toHaveLength(2);
});

test("settling and finishing a run that goes on may be repeated", async () => {
  const product = startProduct();
  product.play(byTask({ t: succeeds(5), u: succeeds(20) }));
  await start(product, ["t", [], { callbacks: ["failure"] }], ["u"], ["v", ["t"]]);
  await product.passTo(after(2));
  const { recorder } = product.services;
  for (let times = 0; times < 3; times += 1) {
    await recorder.handle({ ...IDS, action: "settle", taskId: "t" });
    await expect(recorder.handle({ ...IDS, action: "finish" })).rejects.toMatchObject({
      name: "Stepwind.NotYet",
    });
  }
  expect(await statesOf(product, "d", "r")).toMatchObject({ t: "failed", v: "upstream_failed" });
  await product.passAll();
  expect(await product.getRun("d", "r")).toMatchObject({
    state: "failed",
    endDate: isoAfter(20),
  });
  expect(product.callbacks).toHaveLength(1);
});

test("an end that could not be planned on is planned on when finish is called again", async () => {
  const product = startProduct();
  product.play(() => succeeds(5));
  await product.publish(dag("d", [task("t")], { maxActiveRuns: 1 }));
  await trigger(product, "d", { runId: "a" });
  await trigger(product, "d", { runId: "b" });
  await product.passTo(after(4));
  product.breakNext("runs.getLatestAutomated");
  await product.passAll();
  expect((await product.getRun("d", "b")).state).toBe("success");
});
