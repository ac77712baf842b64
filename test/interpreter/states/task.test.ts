// Task states: the call, its payload and its answer, failures, TimeoutSeconds.
import { describe, expect, test } from "vitest";
import type { TaskState } from "../../../src/model/asl.ts";
import { end, failure, machine, task } from "../definitions.ts";
import { VirtualHost } from "../virtual-host.ts";

const never = () => new Promise(() => {});

describe("a task", () => {
  test("invokes its function with the filled payload and results in what lambda:invoke does", async () => {
    const host = new VirtualHost({ double: ({ payload }) => Number(payload.n) * 2 });
    const definition = machine({ a: task("double", { Payload: { "n.$": "$.x.y", fixed: [1] } }) });
    const result = await host.run(definition, { x: { y: 21 } });
    expect(result).toEqual({ status: "SUCCEEDED", output: { StatusCode: 200, Payload: 42 } });
    expect(host.calls[0]).toMatchObject({
      functionName: "double",
      payload: { n: 21, fixed: [1] },
      executionName: "run-1",
    });
    expect(host.calls[0]?.token).toBeUndefined();
  });

  test("without an answer results in null", async () => {
    const host = new VirtualHost({ silent: () => undefined });
    const result = await host.run(machine({ a: task("silent") }));
    expect(result).toMatchObject({ output: { Payload: null } });
  });

  test("with ResultPath null hands on its very input", async () => {
    const host = new VirtualHost({ work: () => "dropped" });
    const input = { id: 1 };
    const result = await host.run(machine({ a: task("work", { ResultPath: null }) }), input);
    expect(result.status === "SUCCEEDED" && result.output).toBe(input);
  });

  test("puts its result at its ResultPath and leaves its input as it was", async () => {
    const host = new VirtualHost({ work: () => 7 });
    const input = { id: 1, inner: { kept: true } };
    const definition = machine({ a: task("work", { ResultPath: "$.inner.result" }) });
    const result = await host.run(definition, input);
    expect(result).toEqual({
      status: "SUCCEEDED",
      output: { id: 1, inner: { kept: true, result: { StatusCode: 200, Payload: 7 } } },
    });
    expect(input).toEqual({ id: 1, inner: { kept: true } });
  });

  test("fails with States.ResultPathMatchFailure when its input has no place for the result", async () => {
    const host = new VirtualHost({ work: () => 7 });
    const definition = machine({ a: task("work", { ResultPath: "$.list.x" }) });
    expect(await host.run(definition, { list: [1] })).toEqual({
      status: "FAILED",
      error: "States.ResultPathMatchFailure",
      cause: 'State "a" can\'t put its result at $.list.x of its input',
    });
  });

  test("that throws fails with the name and the message of what was thrown", async () => {
    const host = new VirtualHost({
      work: () => {
        throw failure("Orders.Missing", "no orders");
      },
    });
    expect(await host.run(machine({ a: task("work") }))).toEqual({
      status: "FAILED",
      error: "Orders.Missing",
      cause: "no orders",
    });
  });

  test("may throw what is no Error", async () => {
    const host = new VirtualHost({ work: () => Promise.reject("plain text") });
    const result = await host.run(machine({ a: task("work") }));
    expect(result).toEqual({ status: "FAILED", error: "Error", cause: "plain text" });
  });

  test("is not invoked when its payload reads a path that isn't there", async () => {
    const host = new VirtualHost({ work: () => 1 });
    const definition = machine({ a: task("work", { Payload: { "n.$": "$.x.z" } }) });
    expect(await host.run(definition, { x: { y: 1 } })).toEqual({
      status: "FAILED",
      error: "States.ParameterPathFailure",
      cause: 'State "a" reads $.x.z, which its input doesn\'t have',
    });
    expect(host.calls).toHaveLength(0);
  });

  test("reads the execution's name and input from the context, whatever its own input is", async () => {
    const host = new VirtualHost({ work: () => "changed" });
    const Payload = { "name.$": "$$.Execution.Name", "id.$": "$$.Execution.Input.id" };
    const definition = machine({ a: task("work", { Next: "b" }), b: task("work", { Payload }) });
    await host.run(definition, { id: 5 });
    expect(host.calls[1]?.payload).toEqual({ name: "run-1", id: 5 });
  });
});

test("an OutputPath of null drops input and result", async () => {
  const host = new VirtualHost({ work: () => 7 });
  const state = { ...task("work", { ResultPath: "$.a" }), OutputPath: null };
  expect(await host.run(machine({ a: state }), { id: 1 })).toEqual({
    status: "SUCCEEDED",
    output: {},
  });
});

test("states and paths may have the names of object methods", async () => {
  const host = new VirtualHost({ work: ({ payload }) => payload.x });
  const definition = machine({
    constructor: task("work", {
      Payload: { "x.$": "$.hasOwnProperty" },
      ResultPath: "$.valueOf",
      Next: "toString",
    }),
    toString: end,
  });
  expect(await host.run(definition, { hasOwnProperty: 1 })).toMatchObject({
    output: { hasOwnProperty: 1, valueOf: { Payload: 1 } },
  });
  const missing = machine({ a: task("work", { Payload: { "x.$": "$.constructor" } }) });
  expect(await host.run(missing)).toMatchObject({ error: "States.ParameterPathFailure" });
});

test("a state that goes nowhere fails the execution, naming what it is after", async () => {
  const host = new VirtualHost({ work: () => 1 });
  expect(await host.run(machine({ a: task("work", { Next: "gone" }) }))).toEqual({
    status: "FAILED",
    error: "States.Runtime",
    cause: 'State "gone" is not in its machine',
  });
});

test("a chain of 50,000 states overflows nothing", async () => {
  const states: Record<string, TaskState> = {};
  for (let index = 0; index < 50_000; index += 1) {
    states[`s${index}`] = { ...end, ...(index < 49_999 ? { Next: `s${index + 1}` } : {}) };
  }
  expect(await new VirtualHost().run(machine(states), 1)).toEqual({
    status: "SUCCEEDED",
    output: 1,
  });
});

describe("TimeoutSeconds", () => {
  test("fails the task with States.Timeout and aborts its signal", async () => {
    const host = new VirtualHost({ work: never });
    const execution = host.start(machine({ a: task("work", { TimeoutSeconds: 30 }) }));
    await host.settle();
    const signal = host.calls[0]?.signal;
    expect(signal?.aborted).toBe(false);
    expect(await host.finish(execution)).toEqual({
      status: "FAILED",
      error: "States.Timeout",
      cause: 'State "a" had no answer within 30 seconds',
    });
    expect(host.clock).toBe(30);
    expect(signal?.reason).toMatchObject({ name: "States.Timeout" });
  });

  test("drops the answer that comes after it", async () => {
    const late = Promise.withResolvers<unknown>();
    const host = new VirtualHost({ slow: () => late.promise, next: never });
    const Catch = [{ ErrorEquals: ["States.Timeout"], Next: "b" }];
    const execution = host.start(
      machine({
        a: task("slow", { TimeoutSeconds: 1, Catch }),
        b: task("next", { TimeoutSeconds: 5 }),
      }),
    );
    const ended = host.finish(execution);
    await host.settle();
    late.resolve("too late");
    expect(await ended).toMatchObject({ status: "FAILED", cause: expect.stringContaining('"b"') });
  });

  test("is no longer measured once the task has answered", async () => {
    const host = new VirtualHost({ work: () => 1 });
    await host.run(machine({ a: task("work", { TimeoutSeconds: 30 }) }));
    expect(host.sleeping).toBe(0);
    expect(host.clock).toBe(0);
    expect(host.calls[0]?.signal.aborted).toBe(false);
  });
});
