// Random DAGs through the real compiler, interpreter, services and SQLite, in virtual time, against
// the reference scheduler: the same final states, and every task starts at the very moment that its
// rule allows.
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { DagDocument } from "../../src/model/document.ts";
import { createRandom, randomDocument, randomScript } from "../reference/random-dags.ts";
import type { Script as Plan, ScriptedTask } from "../reference/run-states.ts";
import { schedule } from "../reference/scheduler.ts";
import { toScript } from "../reference/scripts.ts";
import {
  createVirtualProduct,
  type Death,
  type Observed,
  type VirtualProduct,
} from "../reference/virtual-product.ts";

const DAGS = 2_000;

let product: VirtualProduct;
beforeAll(() => {
  product = createVirtualProduct();
});
afterAll(() => product.close());

test(`${DAGS} random DAGs end and start as the reference scheduler says`, {
  timeout: 300_000,
}, async () => {
  for (let seed = 0; seed < DAGS; seed += 1) {
    const document = randomDocument(seed, { maxTasks: 40, groups: seed % 3 === 0 });
    const plan = randomScript(document, seed);
    const observed = await product.run(document, toScript(plan));
    expectSame(document, plan, observed, seed);
  }
});

test("random DAGs with setups and teardowns end and start so as well", {
  timeout: 300_000,
}, async () => {
  for (let seed = 60_000; seed < 60_000 + DAGS / 4; seed += 1) {
    const document = randomDocument(seed, { maxTasks: 25, setups: true });
    const plan = randomScript(document, seed);
    const random = createRandom(seed);
    const deaths = seed % 2 === 0 ? [] : drawDeaths(document, plan, random);
    const observed = await product.run(document, toScript(plan), deaths);
    const told = { deaths, startsOfFirstTries: deaths.length === 0 };
    expectSame(document, plan, observed, seed, told);
  }
});

test("random DAGs end and start so as well where tries run apart from the worker", {
  timeout: 300_000,
}, async () => {
  const split = createVirtualProduct({ isSplit: true, apart: { limit: 900 } });
  onTestFinished(() => split.close());
  for (let seed = 50_000; seed < 50_000 + DAGS / 4; seed += 1) {
    const document = randomDocument(seed, { maxTasks: 40 });
    const plan = randomScript(document, seed);
    expectSame(document, plan, await split.run(document, toScript(plan)), seed);
  }
});

test("workers that die cost tries, and change nothing else", { timeout: 300_000 }, async () => {
  for (let seed = 0; seed < DAGS; seed += 1) {
    const random = createRandom(seed);
    const drawn = randomDocument(seed + 10_000, { maxTasks: 40 });
    const tasks = drawn.tasks.map((task) => ({ ...task, retries: random.below(3), retryDelay: 0 }));
    const document = { ...drawn, tasks };
    const plan: Record<string, ScriptedTask> = {};
    const deathsOf = new Map<string, readonly number[]>();
    for (const [taskId, scripted] of Object.entries(randomScript(document, seed))) {
      const { retries = 0 } = tasks.find((task) => task.taskId === taskId) ?? {};
      const deaths = Array.from({ length: random.below(retries + 1) }, () => random.next() * 5);
      // A failed task is tried again and fails each time.
      const tries = scripted.outcome === "failed" ? retries + 1 - deaths.length : 1;
      const lost = deaths.reduce((sum, seconds) => sum + seconds, 0);
      deathsOf.set(taskId, deaths);
      plan[taskId] = { ...scripted, duration: lost + tries * scripted.duration };
    }
    const script = toScript(randomScript(document, seed));
    const observed = await product.run(document, (call) => {
      const seconds = deathsOf.get(call.taskId)?.[call.tryNumber - 1];
      if (seconds === undefined) return script(call);
      return { seconds, ending: { kind: "died", reason: "killed" } };
    });
    expectSame(document, plan, observed, seed, { startsOfFirstTries: false });
  }
});

test("an engine that dies at any moment goes on where it was", { timeout: 300_000 }, async () => {
  for (let seed = 0; seed < DAGS; seed += 1) {
    const random = createRandom(seed + 7);
    const document = randomDocument(seed + 20_000, { maxTasks: 40 });
    const plan = randomScript(document, seed);
    const deaths = drawDeaths(document, plan, random);
    const observed = await product.run(document, toScript(plan), deaths);
    expectSame(document, plan, observed, seed, { deaths, startsOfFirstTries: false });
  }
});

/**
 * A few deaths within the time that the run takes, each some turns of the event loop into its
 * moment.
 */
function drawDeaths(
  document: DagDocument,
  plan: Plan,
  random: ReturnType<typeof createRandom>,
): readonly Death[] {
  const length = Math.max(0, ...[...schedule(document, plan).values()].map(({ end }) => end));
  return Array.from({ length: 1 + random.below(4) }, () => ({
    at: random.next() * length,
    turns: random.below(6),
  })).sort((a, b) => a.at - b.at);
}

function expectSame(
  document: DagDocument,
  plan: Plan,
  observed: Observed,
  seed: number,
  {
    deaths = [],
    startsOfFirstTries = true,
  }: { deaths?: readonly Death[]; startsOfFirstTries?: boolean } = {},
): void {
  const wanted = schedule(document, plan, { deaths: deaths.map(({ at }) => at) });
  const told = `seed ${seed}`;
  expect(observed.reports, told).toEqual([]);
  expect(Object.fromEntries([...observed.states].sort()), told).toEqual(
    Object.fromEntries([...wanted].map(([taskId, { state }]) => [taskId, state] as const).sort()),
  );
  // The run ends with its last task, so no wake-up was lost on the way; its end is recorded in
  // milliseconds.
  const lastEnd = Math.max(0, ...[...wanted.values()].map(({ end }) => end));
  expect(Math.abs(observed.end - lastEnd), told).toBeLessThan(0.002);
  if (startsOfFirstTries) {
    for (const [taskId, { start }] of wanted) {
      const seen = observed.starts.get(taskId);
      if (start === undefined) expect(seen, `${told}, ${taskId}`).toBeUndefined();
      else expect(seen, `${told}, ${taskId}`).toBeCloseTo(start, 5);
    }
  }
}
