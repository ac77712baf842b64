// Parallel states: all branches at once; the first failure stops the siblings.
import { expect, test } from "vitest";
import type { ParallelState, StateMachine } from "../../../src/model/asl.ts";
import { failure, machine, task } from "../definitions.ts";
import { VirtualHost } from "../virtual-host.ts";

const never = () => new Promise(() => {});
const LATER = [{ ErrorEquals: ["Later"], IntervalSeconds: 60 }];

function parallel(...Branches: readonly StateMachine[]): ParallelState {
  return { Type: "Parallel", Branches, End: true };
}

test("every branch starts from the state's input, and the outputs come in the branches' order", async () => {
  const first = Promise.withResolvers<string>();
  const host = new VirtualHost({
    slow: () => first.promise,
    quick: ({ payload }) => {
      first.resolve("slow");
      return payload.id;
    },
  });
  const Payload = { "id.$": "$.id" };
  const result = await host.run(
    machine({
      p: parallel(machine({ a: task("slow") }), machine({ b: task("quick", { Payload }) })),
    }),
    { id: 9 },
  );
  expect(result).toMatchObject({ output: [{ Payload: "slow" }, { Payload: 9 }] });
});

test("a thousand branches run at once", async () => {
  const all = Promise.withResolvers<void>();
  const host: VirtualHost = new VirtualHost({
    work: () => {
      if (host.calls.length === 1_000) all.resolve();
      return all.promise;
    },
  });
  const branches = Array.from({ length: 1_000 }, () => machine({ a: task("work") }));
  expect(await host.run(machine({ p: parallel(...branches) }))).toMatchObject({
    status: "SUCCEEDED",
  });
});

test("a branch that fails fails the state and aborts its siblings, inner ones too", async () => {
  const trigger = Promise.withResolvers<unknown>();
  const host = new VirtualHost({
    never,
    fail: () => trigger.promise,
    "fail-later": () => Promise.reject(failure("Later")),
  });
  const inner = machine({
    q: parallel(
      machine({ c: task("never") }),
      machine({ w: task("fail-later", { Retry: LATER }) }),
    ),
  });
  const execution = host.start(
    machine({
      p: parallel(
        machine({ a: task("never", { wait: true, TimeoutSeconds: 99 }) }),
        inner,
        machine({ b: task("fail") }),
      ),
    }),
  );
  await host.settle();
  const signals = host.calls.map(({ signal }) => signal);
  expect(host.sleeping).toBe(2);
  trigger.reject(failure("Broken", "why"));
  expect(await host.finish(execution)).toEqual({
    status: "FAILED",
    error: "Broken",
    cause: "why",
  });
  expect(host.calls.map(({ functionName }) => functionName)).toEqual([
    "never",
    "fail",
    "never",
    "fail-later",
  ]);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false, true, false]);
  expect(signals[0]?.reason).toMatchObject({ name: "AbortError" });
  expect(host.sleeping).toBe(0);
  expect(host.interpreter.sendTaskSuccess("token-1")).toBe(false);
});

test("no sibling takes another step once a branch has failed, not even one that has its answer", async () => {
  const host = new VirtualHost({ ask: () => undefined, next: () => "must not run" });
  const Retry = [{ ErrorEquals: ["Other"] }];
  const execution = host.start(
    machine({
      p: parallel(
        machine({ a: task("ask", { wait: true }) }),
        machine({ b: task("ask", { wait: true, Next: "c" }), c: task("next") }),
        machine({ d: task("ask", { wait: true, Retry }) }),
      ),
    }),
  );
  await host.settle();
  expect(host.interpreter.sendTaskFailure("token-1", "First", "")).toBe(true);
  expect(host.interpreter.sendTaskSuccess("token-2")).toBe(true);
  expect(host.interpreter.sendTaskFailure("token-3", "Other", "")).toBe(true);
  expect(await host.finish(execution)).toMatchObject({ status: "FAILED", error: "First" });
  expect(host.calls).toHaveLength(3);
  expect(host.sleeps).toEqual([]);
});

test("the branches that a failure stopped don't stop what comes after", async () => {
  const host = new VirtualHost({
    never,
    fail: () => Promise.reject(failure("E")),
    work: () => "fine",
  });
  const result = await host.run(
    machine({
      p: {
        ...parallel(machine({ a: task("never") }), machine({ b: task("fail") })),
        Catch: [{ ErrorEquals: ["E"], Next: "q" }],
      },
      q: parallel(machine({ c: task("work") })),
    }),
  );
  expect(result).toMatchObject({ status: "SUCCEEDED", output: [{ Payload: "fine" }] });
});

test("takes its place in the state's input by ResultPath", async () => {
  const host = new VirtualHost({ one: () => 1 });
  const branch = machine({ a: task("one") });
  const result = await host.run(machine({ p: { ...parallel(branch), ResultPath: "$.all" } }), {
    id: 3,
  });
  expect(result).toEqual({
    status: "SUCCEEDED",
    output: { id: 3, all: [{ StatusCode: 200, Payload: 1 }] },
  });
});

test("nests 5,000 levels deep", async () => {
  let nested = machine({ a: task("work") });
  for (let level = 0; level < 5_000; level += 1) nested = machine({ p: parallel(nested) });
  const host = new VirtualHost({ work: () => 1 });
  expect(await host.run(nested)).toMatchObject({ status: "SUCCEEDED" });
});

test("failing leaves no listener and no rejection behind", async () => {
  const problems: unknown[] = [];
  const note = (problem: unknown) => problems.push(problem);
  process.on("warning", note);
  process.on("unhandledRejection", note);
  const host = new VirtualHost({
    abortable: ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
    fail: () => Promise.reject(failure("E")),
  });
  const branches = Array.from({ length: 1_000 }, () => machine({ a: task("abortable") }));
  const fail = machine({ b: task("fail") });
  const result = await host.run(machine({ p: parallel(...branches, fail, fail) }));
  await host.settle();
  process.off("warning", note);
  process.off("unhandledRejection", note);
  expect(result).toMatchObject({ status: "FAILED", error: "E" });
  expect(problems).toEqual([]);
});
