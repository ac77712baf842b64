// Runs under AWS's limits in virtual time: Lambda's concurrency, the events of an execution, chains
// of calls. What can't run yet waits without events, and a run whose history is full goes on in
// another execution.
import { afterEach, expect, test } from "vitest";
import { ADOPTION_INTERVAL_SECONDS } from "../../src/model/scheduling/orphans.ts";
import { decideRunState } from "../../src/model/scheduling/run-state.ts";
import { statesByTask } from "../../src/model/states-by-task.ts";
import type { ExecutionInput } from "../../src/ports/state-machines.ts";
import { MAX_EVENTS } from "../reference/cloud/aws-limits.ts";
import type { CloudLimits } from "../reference/cloud/virtual-cloud.ts";
import { dag, task } from "../reference/documents.ts";
import { createRandom } from "../reference/random-dags.ts";
import { toScript } from "../reference/scripts.ts";
import { steadyDags } from "../reference/steady-dags.ts";
import { createVirtualProduct, type VirtualProduct } from "../reference/virtual-product.ts";
import { notYet, pokeEvery } from "../services/tasks/sensor-scripts.ts";
import {
  after,
  fails,
  HOUR,
  startsOf,
  statesOf,
  succeeds,
  trigger,
} from "../services/virtual-time.ts";

/** The longest that a worker lives, in seconds. */
const LIMIT = 900;
const LOOPS = new Set(["worker", "triggerer", "recorder"] as const);

let product: VirtualProduct;
afterEach(() => product.close());

function createProduct(limits: Partial<CloudLimits> = {}): VirtualProduct {
  product = createVirtualProduct({
    apart: { limit: LIMIT },
    cloud: { allowsLoops: LOOPS, timeout: LIMIT, ...limits },
  });
  return product;
}

/** Lets time pass until the run has ended, with the check for orphans that comes by the clock. */
async function passToEnd(dagId: string, runId: string, told = ""): Promise<string> {
  for (let seconds = 0; seconds < 7 * 86_400; seconds += ADOPTION_INTERVAL_SECONDS) {
    await product.passTo(product.clock.now() + ADOPTION_INTERVAL_SECONDS * 1_000);
    const { state } = await product.getRun(dagId, runId);
    if (state === "success" || state === "failed") return state;
    await product.services.orphans.adopt().catch(() => {});
  }
  throw new Error(`${told} is stuck: ${JSON.stringify(await statesOf(product, dagId, runId))}`);
}

/** Events of the run's executions, the first execution first. */
function eventsOf(dagId: string, runId: string): readonly number[] {
  return [...(product.cloud?.events ?? [])]
    .filter(([name]) => name.startsWith(`${dagId}/${runId}/`))
    .map(([, count]) => count);
}

function siblings(count: number) {
  return dag(
    "d",
    Array.from({ length: count }, (_, index) => task(`t${index}`)),
  );
}

test("30 tasks of 30 seconds with two workers write hardly more events than if all ran at once", async () => {
  createProduct({ reserved: { worker: 2 } });
  product.play(() => succeeds(30));
  await product.publish(siblings(30));
  await trigger(product, "d", { runId: "r" });
  expect(await passToEnd("d", "r")).toBe("success");
  const [events = 0, ...more] = eventsOf("d", "r");
  console.info(`30 tasks, 2 workers: ${events} events`);
  expect(more).toEqual([]);
  expect(events).toBeLessThanOrEqual(400);
  expect(product.tries).toHaveLength(30);
  expect(product.cloud?.lambda.most.get("worker")).toBe(2);
});

test("360 tasks that wait for two workers end right, with few events", async () => {
  createProduct({ reserved: { worker: 2 } });
  product.play(() => succeeds(30));
  await product.publish(siblings(360));
  await trigger(product, "d", { runId: "r" });
  expect(await passToEnd("d", "r")).toBe("success");
  const events = eventsOf("d", "r");
  const took = (Date.parse((await product.getRun("d", "r")).endDate ?? "") - startOf()) / 1_000;
  console.info(`360 tasks, 2 workers: ${events} events, ${took} s of at least ${180 * 30} s`);
  expect(events).toHaveLength(1);
  expect(events[0]).toBeLessThan(MAX_EVENTS / 5);
  expect(product.tries).toHaveLength(360);
  // Lambda keeps calls that found no room, and makes them again up to five minutes later.
  expect(took).toBeLessThan(180 * 30 * 1.5);
});

const startOf = () => Math.min(...product.tries.map(({ start }) => start));

test("an account with a concurrency of ten runs tasks, gates and sensors, with few events", async () => {
  createProduct({ account: 10 });
  product.play(({ taskId, tryNumber }) => {
    if (taskId.startsWith("s") && tryNumber < 2) return fails(20);
    return succeeds(100);
  });
  const count = 60;
  const tasks = Array.from({ length: count }, (_, index) => [
    task(`t${index}`),
    task(`s${index}`, [], { sensor: pokeEvery(60), retries: 2, retryDelay: 30 }),
    task(`g${index}`, [`t${index}`, `t${(index + 7) % count}`, `s${(index + 3) % count}`]),
  ]).flat();
  await product.publish(dag("d", tasks));
  await trigger(product, "d", { runId: "r" });
  expect(await passToEnd("d", "r")).toBe("success");
  const events = eventsOf("d", "r");
  console.info(`${tasks.length} tasks with gates and sensors, an account of 10: ${events} events`);
  expect(events).toHaveLength(1);
  expect(events[0]).toBeLessThan(tasks.length * 25);
});

test("a thousand retries write no event", async () => {
  createProduct();
  product.play(({ tryNumber }) => (tryNumber <= 1_000 ? fails(1) : succeeds(1)));
  await product.publish(dag("d", [task("t", [], { retries: 1_000, retryDelay: 60 })]));
  await trigger(product, "d", { runId: "r" });
  expect(await passToEnd("d", "r")).toBe("success");
  expect(product.tries).toHaveLength(1_001);
  expect(eventsOf("d", "r")).toEqual([1 + 5 + 6 + 5 + 1]);
});

test("without leave Lambda stops the chain of a sensor's calls after 16 of them; orphans go on with it", async () => {
  createProduct({ allowsLoops: new Set() });
  let pokes = 0;
  product.play(() => {
    pokes += 1;
    return pokes <= 40 ? notYet(1) : succeeds(1);
  });
  await product.publish(dag("d", [task("s", [], { sensor: pokeEvery(60) })]));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(HOUR));
  expect(product.cloud?.lambda.stopped).toBeGreaterThan(0);
  expect((await product.getRun("d", "r")).state).toBe("running");
  const before = pokes;
  expect(before).toBeLessThan(20);
  expect(await passToEnd("d", "r")).toBe("success");
  expect(pokes).toBe(41);
});

test("with leave it goes on as long as it must", async () => {
  createProduct();
  let pokes = 0;
  product.play(() => {
    pokes += 1;
    return pokes <= 40 ? notYet(1) : succeeds(1);
  });
  await product.publish(dag("d", [task("s", [], { sensor: pokeEvery(60) })]));
  await trigger(product, "d", { runId: "r" });
  await product.passTo(after(HOUR));
  expect(await statesOf(product, "d", "r")).toEqual({ s: "success" });
  expect(product.cloud?.lambda.stopped).toBe(0);
});

/** Short tasks, which few workers make wait for each other. */
const shortTasks = Array.from({ length: 12 }, (_, index) => task(`t${index}`));
/** A first execution whose history is full before its tasks have ended, and others that are not. */
const fullAt = (events: number) => ({
  eventsOf: ({ clearNumber }: ExecutionInput) => (clearNumber === 0 ? events : MAX_EVENTS),
});

test("a run whose history is full goes on in another execution, and no try runs twice", async () => {
  createProduct({ ...fullAt(120), reserved: { worker: 4 } });
  product.play(({ taskId, tryNumber }) => {
    if (taskId === "slow") return succeeds(700);
    if (taskId === "late") return tryNumber === 1 ? fails(650) : succeeds(5);
    return succeeds(20);
  });
  const others = [
    task("slow"),
    task("late", [], { retries: 1, retryDelay: 10 }),
    task("s", [], { sensor: pokeEvery(300) }),
    task("end", ["slow", "late", "s", "t11"]),
  ];
  const all = [...others.slice(0, 3), ...shortTasks, ...others.slice(3)];
  await product.publish(dag("d", all));
  await trigger(product, "d", { runId: "r" });
  expect(await passToEnd("d", "r")).toBe("success");
  const run = await product.getRun("d", "r");
  const events = eventsOf("d", "r");
  console.info(`a history that is full at 120 events: ${events} events of its executions`);
  expect(run.clearNumber).toBe(1);
  expect(events[0]).toBe(120);
  expect(events).toHaveLength(2);
  for (const { taskId } of all) {
    expect(startsOf(product, taskId), taskId).toHaveLength(taskId === "late" ? 2 : 1);
  }
  const expected = /goes on in execution 1$|Lambda\.TooManyRequestsException/;
  expect(product.reports.filter((report) => !expected.test(report))).toEqual([]);
});

test("a worker that died while its execution was outgrown costs its try, once it must be over", async () => {
  createProduct({ ...fullAt(110), reserved: { worker: 3 } });
  product.play(({ taskId, tryNumber }) =>
    succeeds(taskId === "dies" && tryNumber === 1 ? Number.POSITIVE_INFINITY : 20),
  );
  const dies = task("dies", [], { retries: 1, retryDelay: 10 });
  await product.publish(dag("d", [dies, ...shortTasks]));
  await trigger(product, "d", { runId: "r" });
  expect(await passToEnd("d", "r")).toBe("success");
  expect((await product.getRun("d", "r")).clearNumber).toBe(1);
  const [first = 0, second = 0] = startsOf(product, "dies");
  expect(second - first).toBeGreaterThanOrEqual(LIMIT);
  expect(second - first).toBeLessThanOrEqual(LIMIT + 600);
});

test("200 random runs end right under all limits together, while calls fail and answers are lost", {
  timeout: 300_000,
}, async () => {
  const sums = { throttled: 0, moved: 0, events: 0, runs: 0, faults: 0 };
  for (const [seed, steady] of steadyDags(200).entries()) {
    await product?.close();
    const random = createRandom(seed);
    createProduct({
      ...fullAt(random.pick([10 + random.below(60), MAX_EVENTS])),
      account: 4 + random.below(4),
      reserved: { worker: 1 + random.below(2) },
    });
    const told = `seed ${seed}`;
    const tasks = steady.document.tasks.map((each) => ({ ...each, retries: 6, retryDelay: 5 }));
    const document = { ...steady.document, tasks, dagId: "d" };
    const plays = toScript(steady.script);
    product.play((call) => plays(call));
    await product.publish(document);
    const rates = { rate: 0.05, invocationRate: 0.05, lostAnswers: 0.5, limit: 40 };
    const injected = new Map<string, number>();
    await trigger(product, "d", { runId: "r" });
    product.disturb({ ...rates, random, injected });
    const state = await passToEnd("d", "r", told);
    product.disturb(undefined);
    const records = await product.getTasks("d", "r");
    const states = Object.values(records).map((each) => [each.taskId, each.state] as const);
    expect(Object.fromEntries(states.sort()), told).toEqual(steady.states);
    expect(state, told).toBe(
      decideRunState(document, statesByTask(document, Object.values(records))).state,
    );
    expectNoTwoAtOnce(told);
    sums.runs += 1;
    sums.throttled += product.cloud?.lambda.throttled ?? 0;
    sums.moved += eventsOf("d", "r").length - 1;
    sums.events += eventsOf("d", "r").reduce((sum, count) => sum + count, 0);
    for (const count of injected.values()) sums.faults += count;
  }
  console.info(JSON.stringify(sums));
  expect(sums.throttled).toBeGreaterThan(200);
  expect(sums.moved).toBeGreaterThan(10);
  expect(sums.faults).toBeGreaterThan(1_000);
});

/** No two tries of a task ran at the same time. */
function expectNoTwoAtOnce(told: string): void {
  const ends = new Map<string, number>();
  for (const { call, start, end = Number.POSITIVE_INFINITY } of product.tries) {
    expect(start, `${told}, ${call.taskId}`).toBeGreaterThanOrEqual(ends.get(call.taskId) ?? 0);
    ends.set(call.taskId, end);
  }
}
