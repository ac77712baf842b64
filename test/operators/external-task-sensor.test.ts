import { expect, test } from "vitest";
import { externalTaskSensor } from "../../src/operators/index.ts";
import { Dag } from "../../src/sdk/index.ts";
import { runTask } from "../runtime/running.ts";

type Options = Parameters<typeof externalTaskSensor>[0];

async function outcomeOf(options: Partial<Options>) {
  const dag = new Dag("d");
  dag.task("own", externalTaskSensor({ externalDagId: "{{ dag_id }}_orders", ...options }))();
  return (await runTask(dag, "own")).outcome;
}

test("dates come from a function, one or several", async () => {
  const executionDateFn = async (date: string) => [date.slice(0, 10), "2026-02-01T01:00+01:00"];
  expect(await outcomeOf({ executionDateFn })).toMatchObject({
    kind: "deferred",
    wait: {
      dagId: "d_orders",
      logicalDates: ["2026-01-31T00:00:00.000Z", "2026-02-01T00:00:00.000Z"],
    },
  });
  expect(await outcomeOf({ executionDateFn: () => "yesterday" })).toMatchObject({
    kind: "failed",
    error: {
      message:
        'executionDateFn gives ISO 8601 dates, such as 2026-01-31T06:00:00Z, got "yesterday"',
    },
  });
});

test("several tasks are named once each", async () => {
  expect(await outcomeOf({ externalTaskIds: ["a", "b"] })).toMatchObject({
    wait: { taskIds: ["a", "b"] },
  });
  expect(await outcomeOf({ externalTaskIds: ["a", "{{ 'a' }}"] })).toMatchObject({
    kind: "failed",
    error: { message: "Duplicate task_ids passed in externalTaskIds" },
  });
});

test.each<[Partial<Options>, string]>([
  [
    { externalTaskId: "a", externalTaskIds: ["b"] },
    "only one of externalTaskId, externalTaskIds and",
  ],
  [
    { externalTaskIds: ["a"], externalTaskGroupId: "g" },
    "only one of externalTaskId, externalTaskIds",
  ],
  [{ allowedStates: ["success"], failedStates: ["success"] }, "takes each state once"],
  [
    { allowedStates: ["skipped"] },
    'states of DAG runs: queued, running, success, failed; got "skipped"',
  ],
  [{ externalTaskId: "a", allowedStates: ["done"] }, 'got "done"'],
  [
    { executionDelta: 1, executionDateFn: () => "" },
    "only one of executionDelta and executionDateFn",
  ],
])("what Airflow's constructor refuses is refused: %o", (options, message) => {
  expect(() => externalTaskSensor({ externalDagId: "orders", ...options })).toThrow(message);
});
