// Executions in this process: one per run, waits that end on time, and a stop that leaves no trace.
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import {
  createLocalStateMachines,
  type Functions,
  LOCAL_FUNCTIONS,
} from "../../src/local/interpreter-state-machines.ts";
import { createVirtualClock } from "../../src/local/simulation/virtual-clock.ts";
import type { Deferral } from "../../src/model/scheduling/sensors.ts";
import { RetryLater } from "../../src/services/tasks/worker-events.ts";
import { dag, task } from "../reference/documents.ts";

const INPUT = { dagId: "d", runId: "r", clearNumber: 0 };
const START = { dagId: "d", hash: "v1", input: INPUT };

async function createBench(functions: Partial<Functions> = {}) {
  const clock = createVirtualClock(0);
  const errors: string[] = [];
  const calls: string[] = [];
  const machines = createLocalStateMachines({
    metadata: { versions: { get: async () => undefined } },
    clock,
    report: { info() {}, warn() {}, error: (message) => errors.push(message) },
    functions: () => ({
      worker: async ({ taskId }) => void calls.push(taskId),
      recorder: async ({ action }) => void calls.push(action),
      defer: ({ taskId, error }) => void calls.push(`defer ${taskId}: ${error}`),
      failed: async (_, error) => void calls.push(`failed: ${error}`),
      ...functions,
    }),
  });
  const { definition } = compile(dag("d", [task("t")]), { functions: LOCAL_FUNCTIONS });
  await machines.publish({ dagId: "d", hash: "v1", definition });
  return { machines, clock, errors, calls };
}

test("a run that is started twice at once is executed once", async () => {
  const { machines, calls } = await createBench();
  const answers = await Promise.all([machines.start(START), machines.start(START)]);
  expect(answers).toEqual(["started", "exists"]);
  await turn();
  expect(calls).toEqual(["t", "finish"]);
});

test("a call that says when it is due is made again at that moment, after others the task goes on by messages", async () => {
  const moments: number[] = [];
  const deferrals: Deferral[] = [];
  const { machines, clock, errors, calls } = await createBench({
    async worker() {
      moments.push(clock.now());
      if (moments.length === 1) throw new RetryLater("Stepwind.NotYet", "later", 12_345);
      throw new RetryLater("Stepwind.NotYet", "later");
    },
    defer: (deferral) => void deferrals.push(deferral),
  });
  await machines.start(START);
  for (await turn(); moments.length < 2; await turn()) clock.advanceTo(clock.nextAt);
  expect(moments).toEqual([0, 12_345]);
  const [deferral, ...more] = deferrals;
  const token = expect.any(String);
  const sent = { ...INPUT, taskId: "t", mapIndex: -1, error: "Stepwind.NotYet", token };
  expect(deferral).toEqual(sent);
  expect(more).toEqual([]);
  await machines.release(deferral?.token ?? "");
  await turn();
  expect(calls).toEqual(["finish"]);
  expect(errors).toEqual([]);
});

test("a task whose gate can't be entered goes on by messages after a few calls, without an error of the worker's", async () => {
  const { machines, clock, calls } = await createBench({
    async recorder({ action }) {
      calls.push(action);
      if (action === "gate") throw new Error("throttled");
    },
  });
  const gated = compile(dag("d", [task("t", [], { dependsOnPast: true })]), {
    functions: LOCAL_FUNCTIONS,
  });
  await machines.publish({ dagId: "d", hash: "v1", definition: gated.definition });
  await machines.start(START);
  for (await turn(); calls.length < 4; await turn()) clock.advanceTo(clock.nextAt);
  expect(calls).toEqual(["gate", "gate", "gate", "defer t: undefined"]);
});

test("a fault of a function is reported, and an execution that fails by it is told", async () => {
  const { machines, clock, errors, calls } = await createBench({
    async recorder() {
      throw new Error("broken");
    },
  });
  await machines.start(START);
  for (await turn(); clock.nextAt < Infinity; await turn()) clock.advanceTo(clock.nextAt);
  expect(calls).toEqual(["t", "failed: Error"]);
  expect(errors[0]).toMatch(/^A call of the recorder .*"action":"finish".* failed: Error: broken$/);
  expect(errors.at(-1)).toBe('The execution of run "r" of DAG "d" failed: Error: broken');
});

test("a version that is nowhere is refused", async () => {
  const { machines } = await createBench();
  await expect(machines.start({ ...START, hash: "v2" })).rejects.toThrow(
    'Version v2 of DAG "d" is not in the metadata',
  );
});

test("after the shut-down nothing is called any more, and nothing complains", async () => {
  const { machines, errors, calls } = await createBench({
    worker: (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("closed")));
      }),
  });
  await machines.start(START);
  await turn();
  await machines.shutDown();
  await machines.start({ ...START, input: { ...INPUT, runId: "s" } });
  await turn();
  expect(calls).toEqual([]);
  expect(errors).toEqual([]);
});
