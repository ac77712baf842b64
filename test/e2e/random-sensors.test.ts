// Random DAGs with sensors in virtual time, against the reference scheduler: each is poked at its
// moments and never before, and ends as it must, though engines die and messages to the triggerer
// come twice.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Script, SeenTry } from "../../src/local/simulation/virtual-runner.ts";
import type { DagDocument, TaskDocument } from "../../src/model/document.ts";
import type { Trigger } from "../../src/model/scheduling/sensors.ts";
import {
  createRandom,
  type Random,
  randomDocument,
  randomScript,
} from "../reference/random-dags.ts";
import type { Script as Plan, ScriptedTask } from "../reference/run-states.ts";
import { schedule } from "../reference/scheduler.ts";
import { toScript } from "../reference/scripts.ts";
import { steadyDags } from "../reference/steady-dags.ts";
import {
  BEGIN,
  createVirtualProduct,
  type Death,
  type VirtualProduct,
} from "../reference/virtual-product.ts";
import type { VirtualProductOptions } from "../reference/virtual-product-options.ts";

const DAGS = 400;
/** Moments in records have milliseconds; that much may go missing in each comparison of two. */
const PRECISION = 0.002;

const products: VirtualProduct[] = [];
function createProduct(options: VirtualProductOptions = {}): VirtualProduct {
  const product = createVirtualProduct(options);
  products.push(product);
  return product;
}

let embedded: VirtualProduct;
let apart: VirtualProduct;
let split: VirtualProduct;
beforeAll(() => {
  embedded = createProduct();
  const messages = { limit: 3_600, copies: ({ pokes }: Trigger) => 1 + (pokes % 3) };
  apart = createProduct({ apart: messages });
  split = createProduct({ apart: messages, isSplit: true });
});
afterAll(() => Promise.all(products.map((product) => product.close())));

/** Whole milliseconds, which records keep; so many of them that moments hardly ever coincide. */
function whole(seconds: number): number {
  return Math.ceil(seconds * 10_000) / 1_000;
}

/** Some tasks become sensors, whose pokes and waits take what the plan has as their duration. */
function withSensors(
  drawn: DagDocument,
  seed: number,
  drawnPlan: Plan = randomScript(drawn, seed),
) {
  const random = createRandom(seed + 99);
  const plan: Record<string, ScriptedTask> = {};
  const tasks = drawn.tasks.map((task): TaskDocument => {
    const { duration = 1, ...scripted } = drawnPlan[task.taskId] ?? { outcome: "success" };
    if (!random.chance(0.4)) {
      plan[task.taskId] = { ...scripted, duration: whole(duration) };
      return task;
    }
    const seconds = drawSeconds(random);
    const interval = whole(random.next() * random.pick([0.1, 10, 100]));
    const all = seconds.reduce((sum, each) => sum + each, (seconds.length - 1) * interval);
    plan[task.taskId] = { ...scripted, duration: all, pokes: { seconds, interval } };
    const options = { timeout: 604_800, softFail: false, exponentialBackoff: false };
    return { ...task, sensor: { ...options, pokeInterval: interval } };
  });
  return { document: { ...drawn, tasks }, plan };
}

function drawSeconds(random: Random): readonly number[] {
  return Array.from({ length: 1 + random.below(4) }, () => whole(random.next() * 2));
}

const pokesOf = (product: VirtualProduct, taskId: string, dagId?: string) =>
  product.tries.filter(
    ({ call }) => call.taskId === taskId && call.dagId === (dagId ?? call.dagId),
  );
const isWhole = ({ end, isKilled }: SeenTry) => end !== undefined && !isKilled;

/** Pokes of a sensor say "not yet" but the last one; one that was killed is the same again. */
function scriptOf(product: VirtualProduct, plan: Plan): Script {
  const script = toScript(plan);
  return (call) => {
    const { pokes } = plan[call.taskId] ?? {};
    if (!pokes) return script(call);
    const done = pokesOf(product, call.taskId, call.dagId).filter(isWhole).length;
    const seconds = pokes.seconds[done] ?? 0.5;
    if (done + 1 < pokes.seconds.length) return { seconds, ending: { kind: "reschedule" } };
    return { ...script(call), seconds };
  };
}

async function expectSame(
  product: VirtualProduct,
  planned: ReturnType<typeof withSensors>,
  deaths: readonly Death[] = [],
): Promise<number> {
  const { document, plan } = planned;
  const observed = await product.run(document, scriptOf(product, plan), deaths);
  const wanted = schedule(document, plan, { deaths: deaths.map(({ at }) => at) });
  const told = `${document.dagId} ${JSON.stringify(deaths)}`;
  expect(observed.reports, told).toEqual([]);
  expect(Object.fromEntries([...observed.states].sort()), told).toEqual(
    Object.fromEntries([...wanted].map(([taskId, { state }]) => [taskId, state] as const).sort()),
  );
  const lastEnd = Math.max(0, ...[...wanted.values()].map(({ end }) => end));
  expect(Math.abs(observed.end - lastEnd), told).toBeLessThan(PRECISION * document.tasks.length);
  let sensors = 0;
  for (const [taskId, { start }] of wanted) {
    const seen = pokesOf(product, taskId);
    const place = `${told}, ${taskId}`;
    if (start === undefined) {
      expect(seen, place).toEqual([]);
      continue;
    }
    const [first] = seen;
    const firstStart = ((first?.start ?? Number.NaN) - BEGIN) / 1_000;
    if (deaths.length === 0) expect(firstStart, place).toBeCloseTo(start, 2);
    const { pokes } = plan[taskId] ?? {};
    if (!pokes) continue;
    sensors += 1;
    const done = seen.filter(isWhole);
    expect(done, place).toHaveLength(pokes.seconds.length);
    for (const [index, { end = 0 }] of done.slice(0, -1).entries()) {
      const next = seen[seen.indexOf(done[index] ?? (seen[0] as SeenTry)) + 1];
      const gap = ((next?.start ?? 0) - end) / 1_000;
      expect(gap, place).toBeGreaterThan(pokes.interval - PRECISION);
    }
    expect(new Set(done.map(({ call }) => call.maxTries - call.tryNumber)), place).toEqual(
      new Set([-1]),
    );
  }
  return sensors;
}

test(`${DAGS} random DAGs with sensors end and are poked as the reference scheduler says`, {
  timeout: 300_000,
}, async () => {
  let sensors = 0;
  for (let seed = 0; seed < DAGS; seed += 1) {
    const planned = withSensors(randomDocument(seed + 50_000, { maxTasks: 25 }), seed);
    sensors += await expectSame(embedded, planned);
  }
  expect(sensors).toBeGreaterThan(DAGS);
});

test("so they do with workers that nobody waits for, and messages that come up to three times", {
  timeout: 300_000,
}, async () => {
  for (let seed = 0; seed < DAGS; seed += 1) {
    const planned = withSensors(randomDocument(seed + 60_000, { maxTasks: 25 }), seed);
    await expectSame(seed % 2 === 0 ? apart : split, planned);
  }
});

test("an engine that dies at any moment loses no poke, makes none early, and costs no try", {
  timeout: 300_000,
}, async () => {
  for (let seed = 0; seed < DAGS; seed += 1) {
    const planned = withSensors(randomDocument(seed + 70_000, { maxTasks: 25 }), seed);
    const random = createRandom(seed + 7);
    const wanted = schedule(planned.document, planned.plan);
    const length = Math.max(0, ...[...wanted.values()].map(({ end }) => end));
    const deaths = Array.from({ length: 1 + random.below(4) }, () => ({
      at: random.next() * length,
      turns: random.below(6),
    })).sort((a, b) => a.at - b.at);
    await expectSame(embedded, planned, deaths);
  }
});

test.each([
  ["in this process", () => embedded],
  ["apart", () => apart],
  ["apart from user code", () => split],
])(
  "calls that fail, or whose answers are lost, leave no sensor behind with workers %s",
  {
    timeout: 300_000,
  },
  async (where, productOf) => {
    const product = productOf();
    for (const [index, steady] of steadyDags(60).entries()) {
      const { document, plan } = withSensors(steady.document, index, steady.script);
      const dagId = `faulty_${where.length}_${index}`;
      const tasks = document.tasks.map((task) => ({ ...task, retries: 5, retryDelay: 1 }));
      await product.publish({ ...document, tasks, dagId });
      product.play(scriptOf(product, plan));
      await product.services.runControl.trigger({ dagId, runId: "r", triggeredBy: "test" });
      const injected = new Map<string, number>();
      const random = createRandom(index);
      const rates = { rate: 0.15, invocationRate: 0.1, lostAnswers: 0.5, limit: 300 };
      product.disturb({ ...rates, random, injected });
      const isOver = async () => (await product.getRun(dagId, "r")).state !== "running";
      await product.passAll();
      for (let count = 0; count < 20 && !(await isOver()); count += 1) {
        product.disturb(undefined);
        await product.passTo(product.clock.now() + 300_000);
        await product.services.orphans.adopt();
        await product.passAll();
      }
      product.disturb(undefined);
      const records = await product.getTasks(dagId, "r");
      const states = Object.values(records).map(({ taskId, state }) => [taskId, state] as const);
      const told = `${dagId} ${JSON.stringify([...injected])}`;
      expect(Object.fromEntries(states.sort()), told).toEqual(steady.states);
      expect(product.clock.nextAt, told).toBe(Infinity);
    }
  },
);
