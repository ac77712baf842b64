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
