// Retry and Catch by the rules of the States Language.
import { describe, expect, test } from "vitest";
import type { Retrier } from "../../src/model/asl.ts";
import { end, failure, machine, task } from "./definitions.ts";
import { VirtualHost } from "./virtual-host.ts";

/** Fails with these errors, one a try, then succeeds. */
function failing(...names: readonly string[]): VirtualHost {
  const left = [...names];
  return new VirtualHost({
    work: () => {
      const name = left.shift();
      if (name !== undefined) throw failure(name);
      return "done";
    },
  });
}

const retrying = (...Retry: Retrier[]) => machine({ a: task("work", { Retry }) });
const ALL = ["States.ALL"];

describe("Retry", () => {
  test("by default tries three times more, after 1, 2 and 4 seconds", async () => {
    const host = failing("E", "E", "E", "E");
    const result = await host.run(retrying({ ErrorEquals: ALL }));
    expect(result).toEqual({ status: "FAILED", error: "E", cause: "it broke" });
    expect(host.sleeps).toEqual([1, 2, 4]);
    expect(host.calls).toHaveLength(4);
  });

  test("goes on with the first try that succeeds", async () => {
    const host = failing("E", "E");
    expect(await host.run(retrying({ ErrorEquals: ALL }))).toMatchObject({ status: "SUCCEEDED" });
    expect(host.calls).toHaveLength(3);
  });

  test("grows the interval by BackoffRate up to MaxDelaySeconds", async () => {
    const host = failing("E", "E", "E", "E");
    await host.run(
      retrying({
        ErrorEquals: ALL,
        IntervalSeconds: 10,
        BackoffRate: 3,
        MaxDelaySeconds: 50,
        MaxAttempts: 4,
      }),
    );
    expect(host.sleeps).toEqual([10, 30, 50, 50]);
  });

  test("with a BackoffRate of 1 keeps the interval", async () => {
    const host = failing("E", "E", "E");
    await host.run(retrying({ ErrorEquals: ALL, IntervalSeconds: 300, BackoffRate: 1 }));
    expect(host.sleeps).toEqual([300, 300, 300]);
  });

  test("with MaxAttempts 0 never tries again, whatever the retriers after it say", async () => {
    const host = failing("Fatal");
    const result = await host.run(
      retrying({ ErrorEquals: ["Fatal"], MaxAttempts: 0 }, { ErrorEquals: ALL }),
    );
    expect(result).toMatchObject({ status: "FAILED", error: "Fatal" });
    expect(host.calls).toHaveLength(1);
  });

  test("counts the tries of every retrier for itself", async () => {
    const host = failing("A", "B", "A", "B", "A");
    const result = await host.run(
      retrying(
        { ErrorEquals: ["A"], IntervalSeconds: 1, MaxAttempts: 2 },
        { ErrorEquals: ["B"], IntervalSeconds: 10, MaxAttempts: 2 },
      ),
    );
    expect(host.sleeps).toEqual([1, 10, 2, 20]);
    expect(result).toMatchObject({ status: "FAILED", error: "A" });
  });

  test("counts anew each time the state is entered", async () => {
    let tries = 0;
    const host = new VirtualHost({
      work: () => {
        tries += 1;
        if (tries < 4) throw failure("E");
      },
    });
    const Retry = [{ ErrorEquals: ALL, MaxAttempts: 1 }];
    // Entered twice, with one retry each time.
    const Branches = [machine({ a: task("work", { Retry }) })];
    const result = await host.run(machine({ p: { Type: "Parallel", Branches, Retry, End: true } }));
    expect(result.status).toBe("SUCCEEDED");
    expect(tries).toBe(4);
  });

  test("matches error names exactly", async () => {
    const host = failing("Lambda.TooManyRequestsException");
    const ErrorEquals = ["Lambda", "lambda.toomanyrequestsexception", "TooManyRequestsException"];
    expect(await host.run(retrying({ ErrorEquals }))).toMatchObject({ status: "FAILED" });
    expect(host.calls).toHaveLength(1);
  });

  test("States.TaskFailed stands for every error but States.Timeout", async () => {
    const ErrorEquals = ["States.TaskFailed"];
    const failed = failing("Whatever");
    expect(await failed.run(retrying({ ErrorEquals }))).toMatchObject({ status: "SUCCEEDED" });
    const timedOut = new VirtualHost({ work: () => new Promise(() => {}) });
    const definition = machine({
      a: task("work", { TimeoutSeconds: 5, Retry: [{ ErrorEquals }] }),
    });
    expect(await timedOut.run(definition)).toMatchObject({ error: "States.Timeout" });
    expect(timedOut.calls).toHaveLength(1);
  });

  test("States.ALL stands for States.Timeout too, and each try is timed for itself", async () => {
    const host = new VirtualHost({ work: () => new Promise(() => {}) });
    const Retry = [{ ErrorEquals: ALL, IntervalSeconds: 2, MaxAttempts: 1 }];
    await host.run(machine({ a: task("work", { TimeoutSeconds: 5, Retry }) }));
    expect(host.sleeps).toEqual([5, 2, 5]);
    expect(host.clock).toBe(12);
  });

  test("repeats a whole Parallel", async () => {
    const host = failing("E");
    const definition = machine({
      p: {
        Type: "Parallel",
        Branches: [machine({ a: task("work") })],
        Retry: [{ ErrorEquals: ["E"], IntervalSeconds: 4 }],
        End: true,
      },
    });
    expect(await host.run(definition)).toMatchObject({ status: "SUCCEEDED" });
    expect(host.sleeps).toEqual([4]);
  });
});

describe("Catch", () => {
  const caught = (Catch: object) => ({ ErrorEquals: ALL, Next: "b", ...Catch });
  const b = end;

  test("without a ResultPath goes on with the error as input", async () => {
    const definition = machine({ a: task("work", { Catch: [caught({})] }), b });
    expect(await failing("E").run(definition, { id: 1 })).toEqual({
      status: "SUCCEEDED",
      output: { Error: "E", Cause: "it broke" },
    });
  });

  test("puts the error at its ResultPath", async () => {
    const Catch = [caught({ ResultPath: "$.error" })];
    const result = await failing("E").run(machine({ a: task("work", { Catch }), b }), { id: 1 });
    expect(result).toMatchObject({
      output: { id: 1, error: { Error: "E", Cause: "it broke" } },
    });
  });

  test("with ResultPath null goes on with the state's input", async () => {
    const Catch = [caught({ ResultPath: null })];
    const result = await failing("E").run(machine({ a: task("work", { Catch }), b }), { id: 1 });
    expect(result).toEqual({ status: "SUCCEEDED", output: { id: 1 } });
  });

  test("takes the first catcher that matches, after the retries are used up", async () => {
    const host = failing("E", "E");
    const definition = machine({
      a: task("work", {
        Retry: [{ ErrorEquals: ["E"], MaxAttempts: 1 }],
        Catch: [
          { ErrorEquals: ["Other"], Next: "other" },
          { ErrorEquals: ["E"], ResultPath: "$.caught", Next: "e" },
          { ErrorEquals: ALL, Next: "other" },
        ],
      }),
      e: end,
      other: task("unknown"),
    });
    expect(await host.run(definition)).toMatchObject({
      status: "SUCCEEDED",
      output: { caught: { Error: "E" } },
    });
    expect(host.calls).toHaveLength(2);
  });

  test("catches what the interpreter found itself, such as a missing path", async () => {
    const definition = machine({
      a: task("work", {
        Payload: { "x.$": "$.missing" },
        Catch: [caught({ ErrorEquals: ["States.ParameterPathFailure"] })],
      }),
      b,
    });
    expect(await failing().run(definition)).toMatchObject({ status: "SUCCEEDED" });
  });

  test("catches at a Parallel what none of its branches caught", async () => {
    const definition = machine({
      p: {
        Type: "Parallel",
        Branches: [machine({ a: task("work") })],
        Catch: [caught({ ErrorEquals: ["E"] })],
        End: true,
      },
      b,
    });
    expect(await failing("E").run(definition)).toMatchObject({ output: { Error: "E" } });
  });

  test("never catches nor retries States.Runtime", async () => {
    const definition = machine({
      p: {
        Type: "Parallel",
        Branches: [{ StartAt: "nowhere", States: {} }],
        Retry: [{ ErrorEquals: ["States.Runtime"] }, { ErrorEquals: ALL }],
        Catch: [caught({})],
        End: true,
      },
      b,
    });
    const host = failing();
    expect(await host.run(definition)).toEqual({
      status: "FAILED",
      error: "States.Runtime",
      cause: 'State "nowhere" is not in its machine',
    });
    expect(host.sleeps).toEqual([]);
  });

  test("that can't place the error fails the execution, naming the state", async () => {
    const Catch = [caught({ ResultPath: "$.error" })];
    const definition = machine({ a: task("work", { Catch }), b });
    expect(await failing("E").run(definition, "text")).toMatchObject({
      error: "States.ResultPathMatchFailure",
      cause: expect.stringContaining('State "a"'),
    });
  });
});
