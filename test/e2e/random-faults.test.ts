// Failure injection in virtual time: calls of the metadata, of the state machines and of functions
// fail at random, before they are done or after, so that the answer is lost. Every run ends right,
// and nothing is stuck.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SeenTry } from "../../src/local/simulation/virtual-runner.ts";
import type { DagDocument } from "../../src/model/document.ts";
import { ADOPTION_INTERVAL_SECONDS } from "../../src/model/scheduling/orphans.ts";
import { decideRunState } from "../../src/model/scheduling/run-state.ts";
import { statesByTask } from "../../src/model/states-by-task.ts";
import { RequestRefused } from "../../src/services/request-refused.ts";
import { explainStates } from "../reference/explain-states.ts";
import { createRandom, randomDocument, randomScript } from "../reference/random-dags.ts";
import type { Script as Plan } from "../reference/run-states.ts";
import { schedule } from "../reference/scheduler.ts";
import { toScript } from "../reference/scripts.ts";
import { steadyDags } from "../reference/steady-dags.ts";
import { createVirtualProduct, type VirtualProduct } from "../reference/virtual-product.ts";
import type { Faults } from "../reference/watched-calls.ts";

/** Of calls that fail. */
const RATES = [0.02, 0.1, 0.2] as const;
/** Random DAGs for each rate. */
const DAGS = 500;
const STEADY_DAGS = 60;
/** Longer than any run here may take, faults included. */
const LONGEST_SECONDS = 24 * 3_600;
/** What services wait for a storage that doesn't answer, in seconds: see services/retry.ts. */
const PATIENCE_SECONDS = 51.1;

let product: VirtualProduct;
beforeAll(() => {
  product = createVirtualProduct();
});
afterAll(() => product.close());

let dagCount = 0;

/** Publishes the document as a DAG of its own. */
async function publish(document: DagDocument): Promise<DagDocument> {
  dagCount += 1;
  const own = { ...document, dagId: `faulty_${dagCount}` };
  await product.publish(own);
  return own;
}

/** Asks for a run as a person does, again when that fails. */
async function trigger(dagId: string, runId: string, logicalDate?: string): Promise<void> {
  const { runControl } = product.services;
  for (;;) {
    const asked = runControl.trigger({
      dagId,
      runId,
      triggeredBy: "test",
      ...(logicalDate === undefined ? {} : { logicalDate }),
    });
    let isOver = false;
    const over = asked.finally(() => {
      isOver = true;
    });
    over.catch(() => {});
    while (!isOver) await passSeconds(0.1);
    try {
      await asked;
      return;
    } catch (problem) {
      if (problem instanceof RequestRefused) return;
    }
  }
}

async function passSeconds(seconds: number): Promise<void> {
  await product.passTo(product.clock.now() + seconds * 1_000);
}

/** Lets time pass until the runs have ended, with the check for orphans that comes by the clock. */
async function passToEnds(dagId: string, runIds: readonly string[], told: string): Promise<void> {
  const states = async () =>
    Promise.all(runIds.map(async (runId) => (await product.getRun(dagId, runId)).state));
  for (let seconds = 0; seconds < LONGEST_SECONDS; seconds += ADOPTION_INTERVAL_SECONDS) {
    await passSeconds(ADOPTION_INTERVAL_SECONDS);
    if ((await states()).every((state) => state === "success" || state === "failed")) return;
    void product.services.orphans.adopt().catch(() => {});
  }
  expect(await states(), `${told}: stuck`).toEqual([]);
}

interface Ended {
  readonly states: ReadonlyMap<string, string>;
  readonly tries: ReadonlyMap<string, readonly SeenTry[]>;
}

/** Runs the document once, with calls that fail; what holds for every run is expected here. */
async function runDisturbed(document: DagDocument, plan: Plan, faults: Faults, told: string) {
  const own = await publish(document);
  const { dagId } = own;
  product.play(toScript(plan));
  product.disturb(faults);
  await trigger(dagId, "r");
  await passToEnds(dagId, ["r"], told);
  product.disturb(undefined);
  await passSeconds(3_600);
  expect(product.clock.nextAt, `${told}: nothing waits any more`).toBe(Infinity);
  return expectEnded(own, "r", told);
}

async function expectEnded(document: DagDocument, runId: string, told: string): Promise<Ended> {
  const { dagId } = document;
  const records = await product.getTasks(dagId, runId);
  const states = new Map(
    document.tasks.map(({ taskId }) => [taskId, records[taskId]?.state ?? "none"]),
  );
  const tries = new Map<string, SeenTry[]>();
  for (const seen of product.tries) {
    const { call } = seen;
    if (call.dagId !== dagId || call.runId !== runId) continue;
    tries.set(call.taskId, [...(tries.get(call.taskId) ?? []), seen]);
  }
  const decided = decideRunState(document, statesByTask(document, Object.values(records)));
  expect((await product.getRun(dagId, runId)).state, told).toBe(decided.state);
  for (const [taskId, seen] of tries) {
    expect(records[taskId]?.tryNumber, `${told}, ${taskId}: recorded tries`).toBe(seen.length);
    const numbers = seen.map(({ call }) => call.tryNumber);
    expect(numbers, `${told}, ${taskId}: one after the other`).toEqual(
      numbers.toSorted((a, b) => a - b),
    );
    expect(new Set(numbers).size, `${told}, ${taskId}: each once`).toBe(numbers.length);
    seen.slice(1).forEach(({ start }, index) => {
      expect(start, `${told}, ${taskId}: no two at once`).toBeGreaterThanOrEqual(
        seen[index]?.end ?? Infinity,
      );
    });
  }
  return { states, tries };
}

/**
 * Every task does what its script says, as often as its retries say: no fault has cost anything.
 */
function expectNoLoss(document: DagDocument, plan: Plan, ended: Ended, told: string): void {
  const started = new Set(ended.tries.keys());
  expect(explainStates(document, plan, { states: ended.states, started }), told).toEqual([]);
  for (const { taskId, retries } of document.tasks) {
    if (!started.has(taskId)) continue;
    const wanted = plan[taskId]?.outcome === "failed" ? retries + 1 : 1;
    expect(ended.tries.get(taskId)?.length, `${told}, tries of ${taskId}`).toBe(wanted);
  }
}

function withRetries(document: DagDocument, seed: number): DagDocument {
  const random = createRandom(seed);
  const tasks = document.tasks.map((task) => ({
    ...task,
    retries: random.chance(0.3) ? random.below(3) : 0,
    retryDelay: random.pick([0, 5]),
  }));
  return { ...document, tasks };
}

function createFaults(seed: number, rate: number): Faults {
  const random = createRandom(seed);
  const limit = 10 + random.below(200);
  return { random, rate, invocationRate: rate, lostAnswers: 0.5, limit, injected: new Map() };
}

function addAll(sums: Map<string, number>, { injected }: Faults): void {
  for (const [key, count] of injected) sums.set(key, (sums.get(key) ?? 0) + count);
}

/**
 * The test has tested something: calls of these kinds have failed, both before and after they were
 * done.
 */
function expectInjected(sums: ReadonlyMap<string, number>): void {
  for (const name of [
    "invoke",
    "start",
    "release",
    "runs.create",
    "runs.update",
    "taskInstances.update",
    "taskInstances.get",
    "taskInstances.list",
    "gates.put",
    "gates.take",
    "gates.list",
    "runs.get",
  ]) {
    for (const moment of ["before", "after"]) {
      expect(sums.get(`${name} ${moment}`) ?? 0, `${name} ${moment}`).toBeGreaterThan(0);
    }
  }
}

test.each(RATES)(
  `random DAGs end by their rules while %d of all calls fail, and no try is lost`,
  {
    timeout: 300_000,
  },
  async (rate) => {
    const sums = new Map<string, number>();
    for (let seed = 0; seed < DAGS; seed += 1) {
      const told = `seed ${seed}, rate ${rate}`;
      const document = withRetries(randomDocument(seed + 40_000, { maxTasks: 20 }), seed);
      const plan = randomScript(document, seed);
      const faults = createFaults(seed, rate);
      const ended = await runDisturbed(document, plan, faults, told);
      expectNoLoss(document, plan, ended, told);
      addAll(sums, faults);
    }
    expectInjected(sums);
  },
);

test.each(RATES)(
  "DAGs that don't hang on time end as the reference scheduler says while %d of all calls fail",
  {
    timeout: 300_000,
  },
  async (rate) => {
    let injected = 0;
    for (const [seed, { document, script, states }] of steadyDags(STEADY_DAGS).entries()) {
      const told = `DAG ${document.dagId}, rate ${rate}`;
      const faults = createFaults(seed + 1_000, rate);
      const ended = await runDisturbed(document, script, faults, told);
      expect(Object.fromEntries([...ended.states].sort()), told).toEqual(states);
      expectNoLoss(document, script, ended, told);
      for (const count of faults.injected.values()) injected += count;
    }
    expect(injected).toBeGreaterThan(STEADY_DAGS);
  },
);

test("an outage of the storage shorter than a minute costs nothing", {
  timeout: 300_000,
}, async () => {
  for (let seed = 0; seed < DAGS; seed += 1) {
    const document = withRetries(randomDocument(seed + 50_000, { maxTasks: 20 }), seed);
    const plan = randomScript(document, seed);
    const seconds = createRandom(seed).next() * PATIENCE_SECONDS;
    const { ended } = await runThroughOutage(document, plan, { seed, seconds });
    expectNoLoss(document, plan, ended, `seed ${seed}`);
  }
});

test("a longer one costs a try of the tasks that ended early in it, as a dead worker does, and no more", {
  timeout: 300_000,
}, async () => {
  let lost = 0;
  for (let seed = 0; seed < DAGS; seed += 1) {
    const told = `seed ${seed}`;
    const document = withRetries(randomDocument(seed + 60_000, { maxTasks: 20 }), seed);
    const plan = randomScript(document, seed);
    const seconds = PATIENCE_SECONDS * (1 + createRandom(seed).next() * 2);
    const { ended, begin, end } = await runThroughOutage(document, plan, { seed, seconds });
    const excused = new Set<string>();
    for (const { taskId, retries } of document.tasks) {
      const tries = ended.tries.get(taskId) ?? [];
      if (tries.length === 0) continue;
      const lostEnds = tries.filter((seen) => {
        const at = seen.end ?? Infinity;
        return begin <= at && at + PATIENCE_SECONDS * 1_000 < end;
      }).length;
      lost += lostEnds;
      const wanted = plan[taskId]?.outcome === "failed" ? retries + 1 : 1 + lostEnds;
      expect(tries.length, `${told}, tries of ${taskId}`).toBe(Math.min(wanted, retries + 1));
      if (lostEnds > retries) excused.add(taskId);
    }
    const run = { states: ended.states, started: new Set(ended.tries.keys()), excused };
    expect(explainStates(document, plan, run), told).toEqual([]);
  }
  expect(lost).toBeGreaterThan(DAGS / 10);
});

/** Runs the document once; from some moment on nothing can be read or written for so long. */
async function runThroughOutage(
  document: DagDocument,
  plan: Plan,
  { seed, seconds }: { readonly seed: number; readonly seconds: number },
): Promise<{ readonly ended: Ended; readonly begin: number; readonly end: number }> {
  const own = await publish(document);
  const { dagId } = own;
  const length = Math.max(0, ...[...schedule(document, plan).values()].map(({ end }) => end));
  product.play(toScript(plan));
  await trigger(dagId, "r");
  const random = createRandom(seed);
  await passSeconds(length * random.next());
  const begin = product.clock.now();
  const always = { rate: 1, invocationRate: 0, lostAnswers: 0, limit: Infinity };
  product.disturb({ ...always, random, injected: new Map() });
  await passSeconds(seconds);
  product.disturb(undefined);
  const end = product.clock.now();
  await passToEnds(dagId, ["r"], `seed ${seed}`);
  return { ended: await expectEnded(own, "r", `seed ${seed}`), begin, end };
}

test("runs that wait for the one before end in their order while calls fail", {
  timeout: 300_000,
}, async () => {
  const runIds = ["r1", "r2", "r3"];
  for (let seed = 0; seed < DAGS / 5; seed += 1) {
    const told = `seed ${seed}`;
    // All that starts succeeds here: a task that waits for one that failed in the run before waits
    // for ever.
    const rules = ["all_success", "none_failed", "all_done", "one_success", "one_done"] as const;
    const options = { maxTasks: 12, past: true, rules, decisions: false };
    const own = await publish(randomDocument(seed + 70_000, options));
    const random = createRandom(seed);
    product.play(() => ({ seconds: random.next() * 20, ending: { kind: "success" } }));
    product.disturb(createFaults(seed, random.pick(RATES)));
    for (const [index, runId] of runIds.entries()) {
      await trigger(own.dagId, runId, `1970-01-01T0${index}:00:00Z`);
    }
    await passToEnds(own.dagId, runIds, told);
    product.disturb(undefined);
    for (const runId of runIds) {
      const { states, tries } = await expectEnded(own, runId, told);
      expect([...new Set(states.values())], told).toEqual(["success"]);
      expect(tries.size, told).toBe(own.tasks.length);
    }
  }
});

test("an engine that dies while calls fail goes on where it was", {
  timeout: 300_000,
}, async () => {
  for (let seed = 0; seed < DAGS; seed += 1) {
    const told = `seed ${seed}`;
    // An engine that starts looks at every DAG that there is.
    await product.close();
    product = createVirtualProduct();
    const document = withRetries(randomDocument(seed + 80_000, { maxTasks: 20 }), seed);
    const plan = randomScript(document, seed);
    const own = await publish(document);
    const { dagId } = own;
    const random = createRandom(seed);
    const faults = createFaults(seed, random.pick(RATES));
    product.play(toScript(plan));
    product.disturb(faults);
    await trigger(dagId, "r");
    const ends = [...schedule(document, plan).values()].map(({ end }) => end);
    for (let death = random.below(3); death >= 0; death -= 1) {
      await passSeconds((Math.max(0, ...ends) * random.next()) / 2);
      // What a process does at its start, it does again when that fails: here it doesn't.
      product.disturb(undefined);
      await product.die({ turns: random.below(6) });
      product.disturb(faults);
    }
    await passToEnds(dagId, ["r"], told);
    product.disturb(undefined);
    const records = Object.values(await product.getTasks(dagId, "r"));
    const states = new Map(records.map(({ taskId, state }) => [taskId, state ?? "none"]));
    const tries = product.tries.filter(({ call }) => call.dagId === dagId);
    const started = new Set(tries.map(({ call }) => call.taskId));
    expect(explainStates(document, plan, { states, started }), told).toEqual([]);
    const decided = decideRunState(document, statesByTask(document, records));
    expect((await product.getRun(dagId, "r")).state, told).toBe(decided.state);
  }
});
