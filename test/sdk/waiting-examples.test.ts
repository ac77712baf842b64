// Examples in the docstrings of operators whose tasks wait, as written there.
import { expect, test } from "vitest";
import { checkDag } from "../../src/describe/check-dag.ts";
import { dateTimeSensor, empty, timeDeltaSensor, timeSensor } from "../../src/operators/index.ts";
import { Dag } from "../../src/sdk/index.ts";
import { runTask } from "../runtime/running.ts";

test("sensors of moments", async () => {
  const dag = new Dag("d");
  const report = dag.task("report", empty())();
  dag
    .task("wait_for_evening", timeSensor({ targetTime: "17:30" }))()
    .before(report);
  dag
    .task("wait", dateTimeSensor({ targetTime: "{{ ds }}T17:30:00+01:00" }))()
    .before(report);
  dag
    .task("wait_2_hours", timeDeltaSensor({ delta: "2 hours" }))()
    .before(report);
  const { document, diagnostics } = await checkDag(dag);
  expect(diagnostics).toEqual([]);
  expect(document.tasks.filter(({ sensor }) => sensor)).toHaveLength(3);
  // The run of 2026-01-31, 06:00 UTC, is long over.
  for (const taskId of ["wait", "wait_2_hours"]) {
    expect((await runTask(dag, taskId)).outcome.kind).toBe("success");
  }
});
