// Delays before retries, and how many there are.
import { expect, test } from "vitest";
import { isRetryAllowed, retryDelay } from "../../../src/model/scheduling/retries.ts";

test("a constant delay is the same before every retry, however long", () => {
  const task = { retryDelay: 200_000, retryBackoff: 1 };
  expect([1, 2, 9].map((retry) => retryDelay(task, retry))).toEqual([200_000, 200_000, 200_000]);
});

test("a growing delay is multiplied each time, up to Airflow's cap of a day or the task's own", () => {
  const task = { retryDelay: 300, retryBackoff: 2 };
  expect([1, 2, 3, 9, 10, 5_000].map((retry) => retryDelay(task, retry))).toEqual([
    300, 600, 1_200, 76_800, 86_400, 86_400,
  ]);
  const capped = { ...task, maxRetryDelay: 1_000 };
  expect([1, 2, 3].map((retry) => retryDelay(capped, retry))).toEqual([300, 600, 1_000]);
  expect(retryDelay({ retryDelay: 0, retryBackoff: 3 }, 5_000)).toBe(0);
});

test("a task with two retries is tried three times", () => {
  expect([1, 2, 3].map((tryNumber) => isRetryAllowed(tryNumber, 2))).toEqual([true, true, false]);
  expect(isRetryAllowed(1, 0)).toBe(false);
});
