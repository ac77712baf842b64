// Stopping an execution, at any point.
import { expect, test } from "vitest";
import { failure, machine, task } from "./definitions.ts";
import { VirtualHost } from "./virtual-host.ts";

const never = () => new Promise(() => {});

test("stop aborts everything at once: calls, timeouts, retry intervals and tokens", async () => {
  const host = new VirtualHost({ never, fail: () => Promise.reject(failure("E")) });
  const Retry = [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 50 }];
  const execution = host.start(
    machine({
      p: {
        Type: "Parallel",
        Branches: [
          machine({ a: task("never", { TimeoutSeconds: 30 }) }),
          machine({ b: task("never", { wait: true }) }),
          machine({ w: task("never", { TimeoutSeconds: 40 }) }),
          machine({ r: task("fail", { Retry }) }),
          machine({
            q: {
              Type: "Parallel",
              Branches: [machine({ c: task("never") }), machine({ d: task("never") })],
              End: true,
            },
          }),
        ],
        Retry,
        Catch: [{ ErrorEquals: ["States.ALL"], Next: "after" }],
        End: true,
      },
      after: task("never"),
    }),
  );
  await host.settle();
  const signals = host.calls.map(({ signal }) => signal);
  expect([signals.length, host.sleeping]).toEqual([6, 3]);
  execution.stop("cleared");
  expect(host.sleeping).toBe(0);
  // The call that has already failed is over and hears nothing.
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true, false, true, true]);
  expect(signals[0]?.reason).toMatchObject({ name: "AbortError", message: "cleared" });
  expect(host.interpreter.sendTaskSuccess("token-1")).toBe(false);
  expect(await execution.done).toEqual({ status: "ABORTED", cause: "cleared" });
  await host.settle();
  expect(host.calls).toHaveLength(6);
});

test("a signal first read after the stop is aborted already", async () => {
  const host = new VirtualHost({ never });
  const execution = host.start(machine({ a: task("never") }));
  await host.settle();
  execution.stop();
  expect(host.calls[0]?.signal.reason).toMatchObject({ name: "AbortError" });
  expect(await execution.done).toEqual({ status: "ABORTED" });
});

test("an answer that comes after the stop leads nowhere", async () => {
  const answer = Promise.withResolvers<unknown>();
  const host = new VirtualHost({ slow: () => answer.promise, next: never });
  const execution = host.start(machine({ a: task("slow", { Next: "b" }), b: task("next") }));
  await host.settle();
  execution.stop();
  answer.resolve(1);
  await host.settle();
  expect(host.calls).toHaveLength(1);
});

test("a stop between an answer and the next state is in time", async () => {
  const host = new VirtualHost({ ask: () => undefined, next: never });
  const execution = host.start(
    machine({ a: task("ask", { wait: true, Next: "b" }), b: task("next") }),
  );
  await host.settle();
  host.interpreter.sendTaskSuccess("token-1");
  execution.stop();
  await host.settle();
  expect(host.calls).toHaveLength(1);
  expect(await execution.done).toEqual({ status: "ABORTED" });
});

test("tokens lapse before the first signal's listener hears of the stop", async () => {
  const answers: boolean[] = [];
  const host: VirtualHost = new VirtualHost({
    ask: ({ signal }) => {
      signal.addEventListener("abort", () => {
        answers.push(host.interpreter.sendTaskSuccess("token-1"));
        answers.push(host.interpreter.sendTaskSuccess("token-2"));
      });
    },
  });
  const branch = machine({ a: task("ask", { wait: true }) });
  const execution = host.start(
    machine({ p: { Type: "Parallel", Branches: [branch, branch], End: true } }),
  );
  await host.settle();
  execution.stop();
  expect(answers).toEqual([false, false, false, false]);
});

test("an execution stopped before it began invokes nothing", async () => {
  const host = new VirtualHost({ never });
  const execution = host.start(machine({ a: task("never") }));
  expect(host.calls).toHaveLength(0);
  execution.stop();
  await host.settle();
  expect(host.calls).toHaveLength(0);
});

test("stop has no effect on an execution that has ended, nor on others", async () => {
  const host = new VirtualHost({ work: () => 1, never });
  const ended = host.start(machine({ a: task("work") }));
  const other = host.start(machine({ a: task("never", { wait: true }) }));
  await host.settle();
  ended.stop("late");
  expect(await ended.done).toMatchObject({ status: "SUCCEEDED" });
  expect(host.interpreter.sendTaskSuccess("token-1", "still on")).toBe(true);
  expect(await other.done).toEqual({ status: "SUCCEEDED", output: "still on" });
});
