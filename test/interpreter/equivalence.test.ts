// The same definitions on the npm package aws-local-stepfunctions, which also validates them
// against the schema of the States Language: both must end alike.
import { StateMachine as Reference } from "aws-local-stepfunctions";
import { expect, test } from "vitest";
import type { FunctionCall, State, StateMachine } from "../../src/model/asl.ts";
import { end, failure, machine, task } from "./definitions.ts";
import { VirtualHost } from "./virtual-host.ts";

type Functions = Readonly<Record<string, (payload: Readonly<Record<string, unknown>>) => unknown>>;

/** Functions with a memory of their own for each engine: "flaky" fails until its third call. */
function createFunctions(): Functions {
  let flaky = 0;
  return {
    echo: (payload) => payload,
    nothing: () => null,
    double: ({ n }) => Number(n) * 2,
    fail: ({ name }) => {
      throw failure(String(name), "as asked");
    },
    flaky: () => {
      flaky += 1;
      if (flaky < 3) throw failure("Flaky", `call ${flaky}`);
      return flaky;
    },
  };
}

const ALL = ["States.ALL"];
const fail = (name: string, fields = {}) => task("fail", { Payload: { name }, ...fields });
const say = (text: string) => task("echo", { Payload: { text } });
const double = (path: string, fields = {}) =>
  task("double", { Payload: { "n.$": path }, ...fields });

const input = {
  dagId: "d",
  n: 4,
  zero: 0,
  flag: false,
  nothing: null,
  items: [{ n: 1 }, { n: 2 }, { n: 3 }],
  deep: { er: { x: "y" } },
};

const cases: Readonly<Record<string, StateMachine>> = {
  "a task's result": machine({ a: double("$.n") }),
  "a task that drops its result": machine({ a: double("$.n", { ResultPath: null }) }),
  "a task that keeps its result": machine({ a: double("$.n", { ResultPath: "$.twice" }) }),
  "a chain that carries results": machine({
    a: double("$.n", { ResultPath: "$.a", Next: "b" }),
    b: double("$.a.Payload", { ResultPath: "$.b", Next: "c" }),
    c: end,
  }),
  "a chain that drops its output": machine({
    a: { ...double("$.n", { ResultPath: "$.a", Next: "b" }), OutputPath: null },
    b: task("echo", { Payload: { one: 1 }, ResultPath: "$.b" }),
  }),
  "an output dropped, but not that of the catcher": machine({
    a: {
      ...fail("E", { Catch: [{ ErrorEquals: ALL, ResultPath: "$.error", Next: "end" }] }),
      OutputPath: null,
    },
    end,
  }),
  "a nested payload": machine({
    a: task("echo", {
      Payload: {
        "all.$": "$",
        in: { "x.$": "$.deep.er.x", fixed: null },
        list: [{ "n.$": "$.n" }, 1, ["z"]],
      },
    }),
  }),
  "an error that nobody catches": machine({ a: fail("Orders.Missing") }),
  "an error caught into the input": machine({
    a: fail("E", { Catch: [{ ErrorEquals: ["E"], ResultPath: "$.error", Next: "end" }] }),
    end,
  }),
  "an error caught without a path": machine({
    a: fail("E", { Catch: [{ ErrorEquals: ALL, Next: "end" }] }),
    end,
  }),
  "an error caught by the second catcher, dropped": machine({
    a: fail("E", {
      Catch: [
        { ErrorEquals: ["F"], Next: "other" },
        { ErrorEquals: ["States.TaskFailed"], ResultPath: null, Next: "end" },
      ],
    }),
    other: say("other"),
    end,
  }),
  "retries that help": machine({ a: task("flaky", { Retry: [{ ErrorEquals: ["Flaky"] }] }) }),
  "too few retries": machine({
    a: task("flaky", { Retry: [{ ErrorEquals: ALL, MaxAttempts: 1 }] }),
  }),
  "a retrier that forbids, before one that allows": machine({
    a: task("flaky", {
      Retry: [
        { ErrorEquals: ["Flaky"], MaxAttempts: 0 },
        { ErrorEquals: ALL, MaxAttempts: 5 },
      ],
    }),
  }),
  "retries used up, then caught": machine({
    a: task("flaky", {
      Retry: [{ ErrorEquals: ALL, MaxAttempts: 1, BackoffRate: 1 }],
      Catch: [{ ErrorEquals: ["Flaky"], ResultPath: "$.error", Next: "end" }],
    }),
    end,
  }),
  "a Parallel": machine({
    p: {
      Type: "Parallel",
      Branches: [
        machine({ a: double("$.n") }),
        machine({ b: say("b") }),
        machine({ c: double("$.zero", { Next: "d", ResultPath: null }), d: end }),
      ],
      ResultPath: "$.all",
      Next: "end",
    },
    end,
  }),
  "a Parallel that catches its branch's error": machine({
    p: {
      Type: "Parallel",
      Branches: [machine({ a: double("$.n") }), machine({ b: fail("Broken") })],
      Catch: [{ ErrorEquals: ["Broken"], ResultPath: "$.error", Next: "end" }],
      End: true,
    },
    end,
  }),
  "a Parallel in a Parallel that fails": machine({
    p: {
      Type: "Parallel",
      Branches: [
        machine({ q: { Type: "Parallel", Branches: [machine({ a: fail("Inner") })], End: true } }),
      ],
      End: true,
    },
  }),
  "a Parallel that is tried again": machine({
    p: {
      Type: "Parallel",
      Branches: [machine({ a: task("flaky") }), machine({ b: double("$.n") })],
      Retry: [{ ErrorEquals: ALL, MaxAttempts: 5 }],
      End: true,
    },
  }),
};

test.each(Object.keys(cases))("%s: ends as in the reference", async (name) => {
  const definition = cases[name] as StateMachine;
  expect(await runHere(definition)).toEqual(await runThere(definition));
});

test("nearly every case is of another outcome, so that the comparison means something", async () => {
  const outcomes = await Promise.all(Object.values(cases).map(runHere));
  const distinct = new Set(outcomes.map((outcome) => JSON.stringify(outcome)));
  expect(distinct.size).toBeGreaterThan(outcomes.length * 0.7);
});

async function runHere(definition: StateMachine): Promise<unknown> {
  const functions = createFunctions();
  const host = new VirtualHost(
    Object.fromEntries(
      Object.entries(functions).map(([name, call]) => [name, ({ payload }) => call(payload)]),
    ),
  );
  const result = await host.run(definition, input);
  return result.status === "FAILED" ? failed(result.error, result.cause) : result;
}

async function runThere(definition: StateMachine): Promise<unknown> {
  const functions = createFunctions();
  const states = [...statesOf(definition)];
  const reference = new Reference(copy(definition));
  const { result } = reference.run(copy(input), {
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(
        states.flatMap(([name, state]) => {
          if (state.Type !== "Task") return [];
          if (!("FunctionName" in state.Parameters)) return [];
          const { FunctionName } = state.Parameters;
          const call = async (parameters: unknown) => {
            const { Payload } = parameters as FunctionCall;
            return copy({ StatusCode: 200, Payload: functions[FunctionName]?.(Payload) });
          };
          return [[name, call]];
        }),
      ),
      waitTimeOverrides: Object.fromEntries(states.map(([name]) => [name, 0])),
      retryIntervalOverrides: Object.fromEntries(states.map(([name]) => [name, 0])),
    },
  });
  try {
    return { status: "SUCCEEDED", output: await result };
  } catch (error) {
    const { cause } = error as { cause: Error };
    return failed(cause.name, cause.message);
  }
}

/** What the engines say of errors that they found themselves is worded differently. */
function failed(error: string, cause: string) {
  return { status: "FAILED", error, cause: error.startsWith("States.") ? "" : cause };
}

/** As JSON would carry it, of whatever type is asked for. */
function copy(value: unknown) {
  return JSON.parse(JSON.stringify(value));
}

function* statesOf(definition: StateMachine): Generator<readonly [string, State]> {
  for (const [name, state] of Object.entries(definition.States)) {
    yield [name, state];
    if (state.Type === "Parallel") for (const branch of state.Branches) yield* statesOf(branch);
  }
}
