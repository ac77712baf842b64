// Pools and the other limits of active tasks, on one machine and where workers are functions that
// may die unnoticed.
import { describe, expect, test } from "vitest";
import type { SeenTry } from "../../../src/local/simulation/virtual-runner.ts";
import { limitNameText } from "../../../src/model/ids.ts";
import { NO_USAGE } from "../../../src/model/scheduling/limits.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import {
  after as at,
  dies,
  fails,
  startProduct,
  startsOf,
  statesOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";
import { PLATFORMS } from "./platforms.ts";

const DB = limitNameText({ kind: "pool", pool: "db" });
async function setPool(product: VirtualProduct, slots: number, pool = "db"): Promise<void> {
  await product.metadata.pools.put({ pool, slots, includeDeferred: false });
  await product.services.limits.poolChanged(pool);
}

/** The most tries that ran at the same moment. */
function mostAtOnce(tries: readonly SeenTry[]): number {
  const changes = tries.flatMap(({ start, end = start }) => [
    { moment: start, by: 1 },
    { moment: end, by: -1 },
  ]);
  let count = 0;
  let most = 0;
  for (const { by } of changes.sort((a, b) => a.moment - b.moment || a.by - b.by)) {
    count += by;
    most = Math.max(most, count);
  }
  return most;
}

/** 20 runs, one for each day, of ten tasks with weights of their own. */
async function start200(product: VirtualProduct): Promise<void> {
  const tasks = Array.from({ length: 10 }, (_, index) =>
    task(`t${index}`, [], { pool: "db", priorityWeight: index, weightRule: "absolute" }),
  );
  await product.publish(dag("d", tasks, { maxActiveRuns: 20 }));
  for (let day = 1; day <= 20; day += 1) {
    const text = String(day).padStart(2, "0");
    const logicalDate = `1969-01-${text}T00:00:00Z`;
    await trigger(product, "d", { runId: `run${text}`, logicalDate });
  }
}

describe.each(PLATFORMS)("%s", (_, options) => {
  test("a pool of 3 slots under 200 tasks from 20 runs never exceeds 3 and keeps the order", async () => {
    const product = startProduct(options);
    product.play(() => succeeds(10));
    await setPool(product, 0);
    await start200(product);
    await product.passTo(at(5));
    expect(product.tries).toEqual([]);
    expect(await product.metadata.limits.usage(DB)).toEqual({ ...NO_USAGE, scheduled: 200 });
    await setPool(product, 3);
    await product.passTo(at(3_000));
    expect(product.tries).toHaveLength(200);
    expect(mostAtOnce(product.tries)).toBe(3);
    const placed = product.tries.map(({ call }) => [10 - Number(call.taskId.slice(1)), call.runId]);
    expect(placed).toEqual(
      [...placed].sort(
        ([a = 0, x = ""], [b = 0, y = ""]) =>
          Number(a) - Number(b) || String(x).localeCompare(String(y)),
      ),
    );
    // 67 rounds of 10 seconds: no slot is ever free while somebody waits.
    expect(product.tries.at(-1)?.end).toBe(at(5 + 670));
    expect(await product.metadata.limits.usage(DB)).toEqual(NO_USAGE);
    const { items } = await product.metadata.runs.list({ dagId: "d", states: ["success"] });
    expect(items).toHaveLength(20);
    expect(product.reports).toEqual([]);
  });

  test("a task that waits for a retry or a poke holds no slot, and queues for one again", async () => {
    const product = startProduct(options);
    product.play(({ taskId, tryNumber }) =>
      taskId === "flaky" && tryNumber === 1 ? fails(10) : succeeds(10),
    );
    await setPool(product, 1);
    const pooled = { pool: "db", weightRule: "absolute" } as const;
    await product.publish(
      dag("d", [
        task("flaky", [], { ...pooled, retries: 1, retryDelay: 5, priorityWeight: 9 }),
        task("a", [], { ...pooled, priorityWeight: 8 }),
        task("b", [], { ...pooled, priorityWeight: 7 }),
      ]),
    );
    await trigger(product, "d", { runId: "r" });
    await product.passAll();
    expect(mostAtOnce(product.tries)).toBe(1);
    const order = product.tries.map(({ call }) => call.taskId);
    expect([...order].sort()).toEqual(["a", "b", "flaky", "flaky"]);
    expect(order.lastIndexOf("flaky")).toBeLessThan(3);
    expect(await product.metadata.limits.usage(DB)).toEqual(NO_USAGE);
    expect((await product.getRun("d", "r")).state).toBe("success");
  });

  test("a worker that dies gives its slots back", async () => {
    const product = startProduct(options);
    product.play(({ taskId }) => (taskId === "dies" ? dies(10) : succeeds(10)));
    await setPool(product, 1);
    await product.publish(
      dag("d", [
        task("dies", [], { pool: "db", priorityWeight: 5 }),
        task("b", [], { pool: "db" }),
      ]),
    );
    await trigger(product, "d", { runId: "r" });
    await product.passAll();
    expect(await statesOf(product, "d", "r")).toEqual({ dies: "failed", b: "success" });
    expect(await product.metadata.limits.usage(DB)).toEqual(NO_USAGE);
  });

  test("one that needs more than is free lets smaller ones pass", async () => {
    const product = startProduct(options);
    product.play(() => succeeds(10));
    await setPool(product, 3);
    const [heavy, light] = [{ pool: "db", poolSlots: 2 }, { pool: "db" }];
    await product.publish(
      dag("d", [
        task("first", [], { ...heavy, priorityWeight: 9 }),
        task("heavy", [], { ...heavy, priorityWeight: 5 }),
        task("light", [], light),
      ]),
    );
    await trigger(product, "d", { runId: "r" });
    await product.passAll();
    expect(startsOf(product, "light")).toEqual([0]);
    expect(startsOf(product, "heavy")).toEqual([10]);
    expect((await product.getRun("d", "r")).state).toBe("success");
  });

  test("a task of an unknown pool, or that is too big for its pool, says so and waits", async () => {
    const product = startProduct(options);
    product.play(() => succeeds(10));
    await setPool(product, 2);
    await product.publish(
      dag("d", [
        task("lost", [], { pool: "nowhere" }),
        task("big", [], { pool: "db", poolSlots: 3, priorityWeight: 5 }),
        task("small", [], { pool: "db" }),
      ]),
    );
    await trigger(product, "d", { runId: "r" });
    await product.passTo(at(1_000));
    expect(await statesOf(product, "d", "r")).toEqual({
      lost: "scheduled",
      big: "scheduled",
      small: "success",
    });
    const { lost, big } = await product.getTasks("d", "r");
    expect(lost?.message).toContain('there is no pool "nowhere"');
    expect(big?.message).toContain('needs 3 slots of pool "db", which has 2 in all');
    expect(product.reports.filter((report) => report.includes("no pool"))).toHaveLength(1);
    expect(product.reports).toHaveLength(2);
    await setPool(product, 3);
    await setPool(product, -1, "nowhere");
    await product.passTo(at(2_000));
    expect((await product.getRun("d", "r")).state).toBe("success");
  });

  test("limits of a run and of a task hold, each over what it is about", async () => {
    const product = startProduct(options);
    product.play(() => succeeds(10));
    const tasks = [
      task("one", [], { maxActiveTisPerDag: 1 }),
      ...["a", "b", "c", "e"].map((id) => task(id)),
    ];
    await product.publish(dag("d", tasks, { maxActiveTasks: 2, maxActiveRuns: 3 }));
    for (const runId of ["r1", "r2", "r3"]) await trigger(product, "d", { runId });
    await product.passAll();
    for (const runId of ["r1", "r2", "r3"]) {
      const tries = product.tries.filter(({ call }) => call.runId === runId);
      expect(tries).toHaveLength(5);
      expect(mostAtOnce(tries)).toBe(2);
    }
    const ones = product.tries.filter(({ call }) => call.taskId === "one");
    expect(mostAtOnce(ones)).toBe(1);
    expect(ones).toHaveLength(3);
    // Whoever one limit keeps back holds up nobody at another.
    expect(Math.max(...product.tries.map(({ end = 0 }) => end))).toBeLessThanOrEqual(at(50));
  });

  test("the default pool has no limit until somebody sets its slots", async () => {
    const product = startProduct(options);
    product.play(() => succeeds(10));
    await product.publish(dag("d", [task("a"), task("b"), task("c")]));
    await trigger(product, "d", { runId: "r1" });
    await product.passAll();
    expect(mostAtOnce(product.tries)).toBe(3);
    await setPool(product, 1, "default_pool");
    await trigger(product, "d", { runId: "r2" });
    await product.passAll();
    expect(mostAtOnce(product.tries.filter(({ call }) => call.runId === "r2"))).toBe(1);
    expect((await product.getRun("d", "r2")).state).toBe("success");
  });

  test("a run that is held takes no slots, and is back in its place after the pause", async () => {
    const product = startProduct(options);
    product.play(() => succeeds(10));
    await setPool(product, 1);
    const tasks = ["a", "b", "c"].map((id, index) =>
      task(id, [], { pool: "db", priorityWeight: 10 - index }),
    );
    await product.publish(dag("d", tasks));
    await product.publish(
      dag("other", [task("x", [], { pool: "db" }), task("y", [], { pool: "db" })]),
    );
    await trigger(product, "d", { runId: "r" });
    await trigger(product, "other", { runId: "o" });
    await product.passTo(at(5));
    await product.services.runControl.setPaused("d", true);
    await product.passTo(at(500));
    expect((await product.getRun("other", "o")).state).toBe("success");
    expect(product.tries.map(({ call }) => call.taskId)).toEqual(["a", "x", "y"]);
    expect(await product.metadata.limits.usage(DB)).toMatchObject({ executing: 0 });
    await product.services.runControl.setPaused("d", false);
    await product.passAll();
    expect(mostAtOnce(product.tries)).toBe(1);
    expect((await product.getRun("d", "r")).state).toBe("success");
    expect(await product.metadata.limits.usage(DB)).toEqual(NO_USAGE);
  });
});

test("a pool loses no slot when the server is killed, wherever it is", async () => {
  const product = startProduct();
  product.play(() => succeeds(10));
  await setPool(product, 3);
  await start200(product);
  for (let round = 0; round < 60; round += 1) {
    await product.passTo(at(7 * (round + 1)));
    await product.die({ turns: round * 3 });
    await product.settle();
    const { executing } = await product.metadata.limits.usage(DB);
    expect(executing).toBeLessThanOrEqual(3);
  }
  await product.passTo(product.clock.now() + 2_000_000);
  const { items } = await product.metadata.runs.list({ dagId: "d", states: ["success"] });
  expect(items).toHaveLength(20);
  expect(await product.metadata.limits.usage(DB)).toEqual(NO_USAGE);
  expect((await product.metadata.limits.listWaiters(DB)).items).toEqual([]);
  const ended = product.tries.filter(({ isKilled, end }) => !isKilled && end !== undefined);
  expect(ended).toHaveLength(200);
});
