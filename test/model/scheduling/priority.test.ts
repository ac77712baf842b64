import { expect, test } from "vitest";
import { totalPriorityWeight } from "../../../src/model/scheduling/priority.ts";
import { dag, task } from "../../reference/documents.ts";

test("a task weighs as much as it and all tasks below it", () => {
  const document = dag("weights", [
    task("a"),
    task("b", ["a"], { priorityWeight: 10 }),
    task("c", ["a"]),
    task("d", ["b", "c"], { priorityWeight: 3 }),
  ]);
  const weights = ["a", "b", "c", "d"].map((taskId) => totalPriorityWeight(document, taskId));
  expect(weights).toEqual([15, 13, 4, 3]);
});

test("a weight rule may add the weights above instead, or none", () => {
  const weightsBy = (weightRule: "upstream" | "absolute") =>
    dag("weights", [
      task("a", [], { weightRule }),
      task("b", ["a"], { weightRule, priorityWeight: 10 }),
      task("c", ["a"], { weightRule }),
      task("d", ["b", "c"], { weightRule, priorityWeight: 3 }),
    ]);
  const totals = (document: ReturnType<typeof dag>) =>
    ["a", "b", "c", "d"].map((taskId) => totalPriorityWeight(document, taskId));
  expect(totals(weightsBy("upstream"))).toEqual([1, 11, 2, 15]);
  expect(totals(weightsBy("absolute"))).toEqual([1, 10, 1, 3]);
});

test("a sum of weights stays within 32 bits", () => {
  const document = dag("heavy", [
    task("a", [], { priorityWeight: 2_000_000_000 }),
    task("b", ["a"], { priorityWeight: 2_000_000_000 }),
    task("c", [], { priorityWeight: -2_000_000_000 }),
    task("d", ["c"], { priorityWeight: -2_000_000_000 }),
  ]);
  expect(totalPriorityWeight(document, "a")).toBe(2_147_483_647);
  expect(totalPriorityWeight(document, "c")).toBe(-2_147_483_648);
});
