// Retry policies, asked where the error is at hand, and what the product makes of their answers.
import { expect, test } from "vitest";
import { fail } from "../../src/model/task-instance.ts";
import { callbackKindOf } from "../../src/runtime/execute.ts";
import { Dag, exceptionRetryPolicy, FailTask, type RetryPolicy } from "../../src/sdk/index.ts";
import { runTask } from "./running.ts";

class HttpError extends Error {}
class RateLimited extends HttpError {}

async function run(thrown: unknown, retryPolicy: RetryPolicy) {
  const dag = new Dag("d");
  const load = async () => {
    throw thrown;
  };
  dag.task("load", load, { retries: 3, retryPolicy })();
  return (await runTask(dag, "load")).outcome;
}

test("the first rule that matches counts", async () => {
  const policy = exceptionRetryPolicy({
    rules: [
      { exception: RateLimited, retryDelay: "5 minutes", reason: "rate limit" },
      { exception: ["TypeError", HttpError], action: "fail" },
      { exception: "Error", action: "default", reason: "unknown" },
    ],
  });
  expect(await run(new RateLimited("slow down"), policy)).toMatchObject({
    kind: "failed",
    retry: true,
    advice: { delay: 300, reason: "rate limit" },
  });
  expect(await run(new HttpError("no"), policy)).toMatchObject({
    retry: false,
    advice: { reason: "Matched rule for HttpError" },
  });
  expect(await run(new TypeError("no"), policy)).toMatchObject({ retry: false });
  const other = await run(new RangeError("no"), policy);
  expect(other).toMatchObject({ retry: true });
  expect(other).not.toHaveProperty("advice");
});

test("subclasses match unless they are not to, and a name may be the error's own", async () => {
  const rules = [{ exception: HttpError, action: "fail", matchSubclasses: false }] as const;
  const policy = exceptionRetryPolicy({ rules, default: "retry" });
  expect(await run(new HttpError("no"), policy)).toMatchObject({ retry: false });
  expect(await run(new RateLimited("no"), policy)).toMatchObject({ retry: true });
  const byName = exceptionRetryPolicy({ rules: [{ exception: "AbortError", action: "fail" }] });
  expect(await run(Object.assign(new Error("no"), { name: "AbortError" }), byName)).toMatchObject({
    retry: false,
  });
});

test("FailTask is not asked about, and a policy that throws changes nothing", async () => {
  let asked = 0;
  const policy: RetryPolicy = {
    evaluate() {
      asked += 1;
      throw new Error("broken");
    },
  };
  expect(await run(new FailTask("for good"), policy)).toMatchObject({ retry: false });
  expect(asked).toBe(0);
  expect(await run(new Error("no"), policy)).toMatchObject({ retry: true });
  expect(asked).toBe(1);
});

test("a policy sees the error, the tries and the context", async () => {
  const seen: unknown[] = [];
  const error = new Error("no");
  await run(error, {
    async evaluate({ exception, tryNumber, maxTries, context }) {
      seen.push(exception, tryNumber, maxTries, context.taskId);
      return { action: "retry" };
    },
  });
  expect(seen).toEqual([error, 1, expect.any(Number), "load"]);
});

test("a decision to retry never adds to the tries, and its delay is for this retry", () => {
  const record = {
    dagId: "d",
    runId: "r",
    taskId: "load",
    mapIndex: -1,
    state: "running",
    tryNumber: 2,
    maxTries: 1,
    tries: [],
  } as const;
  const policy = { retryDelay: 60, retryBackoff: 1 };
  const facts = { message: "no", policy, delay: 5, now: 0 };
  expect(fail(record, facts)?.set).toMatchObject({ state: "failed" });
  expect(fail({ ...record, maxTries: 2 }, facts)?.set).toMatchObject({
    state: "up_for_retry",
    nextRetryAt: new Date(5_000).toISOString(),
  });
  const outcome = { kind: "failed", retry: false, error: { name: "E", message: "" } } as const;
  expect(callbackKindOf({ tryNumber: 1, maxTries: 3 }, outcome)).toBe("failure");
});

test("rules that can't hold are refused where they are written", () => {
  const refused = (rule: object, message: string) =>
    expect(() => exceptionRetryPolicy({ rules: [{ exception: "Error", ...rule }] })).toThrow(
      message,
    );
  refused({ exception: 5 }, "takes classes of errors, got number");
  refused({ action: "again" }, 'is "retry", "fail" or "default", got "again"');
  refused({ retryDelay: "5 fortnights" }, 'takes seconds or a text such as "5 minutes"');
});
