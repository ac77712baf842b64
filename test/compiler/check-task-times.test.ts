// Tasks that may take longer than a worker function lives are warned of.
import { expect, test } from "vitest";
import { checkTaskTimes } from "../../src/compiler/check-task-times.ts";
import { dag, task } from "../reference/documents.ts";

const document = dag("orders", [
  task("short", [], { executionTimeout: 900 }),
  task("long", [], { executionTimeout: 3_600 }),
  task("open"),
]);

test("a task whose executionTimeout is longer than its worker may run is warned of, with what to use instead", () => {
  const [warning, ...others] = checkTaskTimes(document, 900);
  expect(others).toEqual([]);
  expect(warning).toMatchObject({
    code: "timeout-too-long",
    severity: "warning",
    dagId: "orders",
    taskId: "long",
    message: expect.stringMatching(/"long" of DAG "orders".* 3600 seconds.* after 900/),
    hint: expect.stringContaining("ECS, Batch, Glue"),
  });
});

test("where the worker's own timeout is shorter than Lambda's, the hint is to raise it", () => {
  const warnings = checkTaskTimes(document, 60);
  expect(warnings.map(({ taskId }) => taskId)).toEqual(["short", "long"]);
  expect(warnings[0]?.hint).toContain('"worker.timeout"');
});

test("where tasks may run as long as they like, nothing is warned of", () => {
  expect(checkTaskTimes(document, undefined)).toEqual([]);
});
