// Sensors as their authors write them: the document they become, what a poke's answer means, and
// mistakes.
import { expect, test } from "vitest";
import { toDocument } from "../../src/describe/to-document.ts";
import type { Diagnostic } from "../../src/model/diagnostics.ts";
import { callbackKindOf } from "../../src/runtime/execute.ts";
import {
  Dag,
  FailTask,
  getContext,
  type Poke,
  PokeReturnValue,
  type SensorOptions,
  SkipTask,
} from "../../src/sdk/index.ts";
import { createOperator } from "../../src/sdk/operator.ts";
import { callOf, runTask } from "./running.ts";

/** What JavaScript and casts let through. */
function untyped<T>(value: unknown): T {
  return value as T;
}

function taskOf(dag: Dag, taskId: string) {
  const { document, diagnostics } = toDocument(dag);
  expect(diagnostics).toEqual([]);
  return document.tasks.find((each) => each.taskId === taskId);
}

function mistakesOf(options: object): string[] {
  const dag = new Dag("d");
  dag.sensor("s", async () => true, untyped<SensorOptions>(options))();
  const show = ({ code, message, hint }: Diagnostic) => `${code}: ${message} (${hint ?? ""})`;
  return toDocument(dag).diagnostics.map(show);
}

/** The outcome of one poke and what it logged. */
async function poke(answer: () => unknown, options: SensorOptions = {}) {
  const dag = new Dag("d");
  dag.sensor("s", async () => untyped<boolean>(await answer()), options)();
  const { outcome, lines } = await runTask(dag, "s");
  return { outcome, lines };
}

test("a sensor has Airflow's defaults, and options, inputs and groups as a task has", () => {
  const dag = new Dag("d");
  const key = dag.task("key", async () => "a")();
  const group = dag.taskGroup("landing");
  const wait = group.sensor("file", async (inputs: { key: string }) => inputs.key !== "");
  const first = wait({ key });
  wait
    .override({
      taskId: "other",
      pokeInterval: "5 minutes",
      timeout: "6 hours",
      softFail: true,
      exponentialBackoff: true,
      maxWait: 600,
      mode: "reschedule",
      retries: 2,
      triggerRule: "all_done",
    })({ key: "b" })
    .after(first);
  expect(taskOf(dag, "landing.file")).toMatchObject({
    operator: "@task.sensor",
    upstream: ["key"],
    reads: ["key"],
    groupId: "landing",
    retries: 0,
  });
  expect(taskOf(dag, "landing.file")?.sensor).toEqual({
    pokeInterval: 60,
    timeout: 604_800,
    softFail: false,
    exponentialBackoff: false,
  });
  expect(taskOf(dag, "landing.other")).toMatchObject({
    retries: 2,
    triggerRule: "all_done",
    sensor: {
      pokeInterval: 300,
      timeout: 21_600,
      softFail: true,
      exponentialBackoff: true,
      maxWait: 600,
    },
  });
  expect(taskOf(dag, "key")).not.toHaveProperty("sensor");
});

test("defaultArgs of the DAG and its groups hold for sensors; other tasks have no use for them", async () => {
  const dag = new Dag("d", { defaultArgs: { pokeInterval: 10, softFail: true, retries: 1 } });
  const group = dag.taskGroup("g", { defaultArgs: { pokeInterval: 20 } });
  dag.sensor("s", async () => Promise.reject(new FailTask("closed")))();
  group.sensor("s", async () => true, { timeout: 5 })();
  dag.task("t", async () => 1)();
  expect(taskOf(dag, "s")).toMatchObject({ retries: 1, sensor: { pokeInterval: 10 } });
  expect(taskOf(dag, "g.s")).toMatchObject({ sensor: { pokeInterval: 20, timeout: 5 } });
  expect(taskOf(dag, "t")).not.toHaveProperty("sensor");
  expect((await runTask(dag, "s")).outcome.kind).toBe("skipped");
});

test("true is done without a result, a PokeReturnValue with its own, and false is not yet", async () => {
  expect((await poke(() => true)).outcome).toEqual({ kind: "success" });
  const outcomes: [Poke<unknown>, object][] = [
    [new PokeReturnValue(true, { key: "a" }), { kind: "success", result: '{"key":"a"}' }],
    [new PokeReturnValue(true), { kind: "success" }],
    [new PokeReturnValue(false, "ignored"), { kind: "reschedule" }],
    [false, { kind: "reschedule" }],
  ];
  for (const [answer, outcome] of outcomes) {
    expect((await poke(() => answer)).outcome).toEqual(outcome);
  }
  const call = callOf("d", "s");
  expect(callbackKindOf(call, { kind: "reschedule" })).toBeUndefined();
});

test.each([undefined, null, 1, "yes", {}])(
  "%j is no answer: the try fails and says what is",
  async (answer) => {
    expect((await poke(() => answer)).outcome).toMatchObject({
      kind: "failed",
      retry: true,
      error: { message: expect.stringContaining("true, false or a PokeReturnValue, got ") },
    });
  },
);

test("what a poke throws fails the try, skips it, or is passed over, as options say", async () => {
  const fail = () => Promise.reject(new Error("no network"));
  const failForGood = () => Promise.reject(new FailTask("closed"));
  const skip = () => Promise.reject(new SkipTask("holiday"));
  const kindOf = async (answer: () => unknown, options?: SensorOptions) => {
    const { outcome } = await poke(answer, options);
    return outcome.kind === "failed" ? `failed, retry ${outcome.retry}` : outcome.kind;
  };
  expect(await kindOf(fail)).toBe("failed, retry true");
  expect(await kindOf(failForGood)).toBe("failed, retry false");
  expect(await kindOf(skip)).toBe("skipped");
  expect(await kindOf(fail, { softFail: true })).toBe("failed, retry true");
  expect(await kindOf(failForGood, { softFail: true })).toBe("skipped");
  expect(await kindOf(fail, { neverFail: true })).toBe("skipped");
  expect(await kindOf(failForGood, { neverFail: true })).toBe("skipped");
  expect(await kindOf(fail, { silentFail: true })).toBe("reschedule");
  expect(await kindOf(failForGood, { silentFail: true })).toBe("failed, retry false");
  expect(await kindOf(skip, { silentFail: true })).toBe("skipped");
  const { lines } = await poke(fail, { silentFail: true });
  expect(lines).toEqual([expect.stringMatching(/^error: .*no network/)]);
  const { outcome } = await poke(failForGood, { softFail: true });
  expect(outcome).toMatchObject({ message: "skipped by softFail: FailTask: closed" });
});

test("a poke gets its inputs and its context", async () => {
  const dag = new Dag("d");
  const n = dag.task("n", async () => 3)();
  const wait = dag.sensor("s", async (inputs: { n: number }) => {
    return new PokeReturnValue(true, { ...inputs, operator: getContext().task.operator });
  });
  wait({ n });
  const { result } = await runTask(dag, "s", { reads: { n: "3" } });
  expect(result).toEqual({ n: 3, operator: "@task.sensor" });
});

test("an operator may be a sensor: its execute is a poke, and its options stand below the task's own", async () => {
  const fields = { key: "{{ ds }}" };
  const operator = createOperator<null>({
    name: "s3KeySensor",
    templateFields: ["key"],
    fields,
    sensor: { pokeInterval: 30, timeout: 100 },
    execute: async (call) => call.fields.key === "2026-01-31",
  });
  const dag = new Dag("d", { defaultArgs: { timeout: 5 } });
  dag.task("s", operator)();
  expect(taskOf(dag, "s")).toMatchObject({
    operator: "s3KeySensor",
    sensor: { pokeInterval: 30, timeout: 100 },
  });
  expect((await runTask(dag, "s")).outcome).toEqual({
    kind: "success",
    renderedFields: { key: "2026-01-31" },
  });
});

test("mistakes in options are told with what to write instead", () => {
  expect(mistakesOf({ mode: "poke" })).toEqual([
    'bad-option: Option "mode" of task "s" of DAG "d" takes "reschedule", got "poke" (leave it out: a sensor holds no worker while it waits)',
  ]);
  expect(mistakesOf({ pokeInterval: "often" })[0]).toContain("bad-duration");
  expect(mistakesOf({ pokeIntervall: 3 })[0]).toContain('did you mean "pokeInterval"?');
  expect(mistakesOf({ softFail: true, neverFail: true })).toEqual([
    expect.stringContaining('"softFail" and "neverFail" of task "s" of DAG "d" exclude each other'),
  ]);
  expect(mistakesOf({ mode: "reschedule", timeout: 0 })).toEqual([]);
  const dag = new Dag("d");
  dag.task("t", async () => 1, untyped({ pokeInterval: 3 }))();
  expect(toDocument(dag).diagnostics).toHaveLength(1);
  expect(() => dag.sensor("s", untyped<() => boolean>(3))).toThrow(
    'Sensor "s" of DAG "d" takes a function',
  );
});
