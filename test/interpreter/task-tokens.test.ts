// Tasks that wait for an answer to their token.
import { expect, test } from "vitest";
import { runMachine } from "../../src/interpreter/machine.ts";
import { Scope } from "../../src/interpreter/scope.ts";
import type { TaskTokens } from "../../src/interpreter/task-tokens.ts";
import { failure, machine, task } from "./definitions.ts";
import { VirtualHost } from "./virtual-host.ts";

const gate = machine({ a: task("ask", { wait: true, Payload: { "token.$": "$$.Task.Token" } }) });

test("a task that waits for its token ends with the answer given, not with the function's", async () => {
  const host = new VirtualHost({ ask: () => "ignored" });
  const execution = host.start(gate);
  await host.settle();
  expect(host.calls[0]).toMatchObject({ token: "token-1", payload: { token: "token-1" } });
  expect(host.interpreter.sendTaskSuccess("token-1", { yes: 1 })).toBe(true);
  expect(await host.finish(execution)).toEqual({ status: "SUCCEEDED", output: { yes: 1 } });
});

test("an answer without an output is null", async () => {
  const host = new VirtualHost({ ask: () => undefined });
  const execution = host.start(gate);
  await host.settle();
  host.interpreter.sendTaskSuccess("token-1");
  expect(await host.finish(execution)).toEqual({ status: "SUCCEEDED", output: null });
});

test("the token may be answered within the invocation, whose own failure then no longer counts", async () => {
  const host: VirtualHost = new VirtualHost({
    ask: ({ token = "" }) => {
      expect(host.interpreter.sendTaskSuccess(token, "early")).toBe(true);
      throw failure("TooLate");
    },
  });
  expect(await host.run(gate)).toEqual({ status: "SUCCEEDED", output: "early" });
  expect(host.calls[0]?.signal.aborted).toBe(false);
});

test("a function that throws fails the state and the token lapses", async () => {
  const host = new VirtualHost({ ask: () => Promise.reject(failure("Broken", "no storage")) });
  expect(await host.run(gate)).toEqual({ status: "FAILED", error: "Broken", cause: "no storage" });
  expect(host.interpreter.sendTaskSuccess("token-1")).toBe(false);
});

test("a failure sent to the token fails the state", async () => {
  const host = new VirtualHost({ ask: () => undefined });
  const execution = host.start(gate);
  await host.settle();
  expect(host.interpreter.sendTaskFailure("token-1", "Rejected", "by hand")).toBe(true);
  expect(await host.finish(execution)).toEqual({
    status: "FAILED",
    error: "Rejected",
    cause: "by hand",
  });
});

test("a token takes one answer only, and an unknown one none", async () => {
  const host = new VirtualHost({ ask: () => undefined });
  host.start(gate);
  await host.settle();
  const { interpreter } = host;
  expect(interpreter.sendTaskSuccess("token-1")).toBe(true);
  expect(interpreter.sendTaskSuccess("token-1")).toBe(false);
  expect(interpreter.sendTaskFailure("token-1", "E", "c")).toBe(false);
  expect(interpreter.sendTaskSuccess("token-2")).toBe(false);
});

test("every try has a token of its own", async () => {
  const host = new VirtualHost({ ask: () => undefined });
  const Retry = [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 1 }];
  const execution = host.start(machine({ a: task("ask", { wait: true, Retry }) }));
  await host.settle();
  host.interpreter.sendTaskFailure("token-1", "Again", "");
  await host.settle();
  host.wakeNext();
  await host.settle();
  expect(host.calls.map(({ token }) => token)).toEqual(["token-1", "token-2"]);
  expect(host.interpreter.sendTaskSuccess("token-1")).toBe(false);
  expect(host.interpreter.sendTaskSuccess("token-2", "done")).toBe(true);
  expect(await host.finish(execution)).toEqual({ status: "SUCCEEDED", output: "done" });
});

test("a token that nobody answers in time lapses with States.Timeout", async () => {
  const host = new VirtualHost({ ask: () => undefined });
  const result = await host.run(machine({ a: task("ask", { wait: true, TimeoutSeconds: 60 }) }));
  expect(result).toMatchObject({ status: "FAILED", error: "States.Timeout" });
  expect(host.interpreter.sendTaskSuccess("token-1")).toBe(false);
});

test("one branch may release another: gates across the branches of a Parallel don't deadlock", async () => {
  const host: VirtualHost = new VirtualHost({
    ask: () => undefined,
    open: () => host.interpreter.sendTaskSuccess("token-1", "opened"),
  });
  const definition = machine({
    p: { Type: "Parallel", Branches: [gate, machine({ b: task("open") })], End: true },
  });
  expect(await host.run(definition)).toMatchObject({
    output: ["opened", { StatusCode: 200, Payload: true }],
  });
});

test("a token is forgotten with its call, however that ends", async () => {
  const tokens: TaskTokens = new Map();
  const ask = ({ token = "" }) => {
    if (token === "token-1") tokens.get(token)?.succeed(1);
    if (token === "token-2") throw failure("E");
  };
  const host = new VirtualHost({ ask });
  const branch = machine({ a: task("ask", { wait: true }) });
  const timed = machine({ b: task("ask", { wait: true, TimeoutSeconds: 1 }) });
  for (const definition of [branch, branch, branch, timed]) {
    const scope = new Scope();
    const context = { Execution: { Name: "run-1", Input: {} } };
    const ended = runMachine(definition, {}, { host, tokens, scope, context, run: runMachine });
    await Promise.race([ended.catch(() => {}), host.settle()]);
    if (host.sleeping > 0) host.wakeNext();
    await host.settle();
    scope.stop("enough");
    expect(tokens.size).toBe(0);
  }
  expect(host.calls).toHaveLength(4);
});
