import { expect, test } from "vitest";
import { type TriggerDagRunOptions, triggerDagRun } from "../../src/operators/index.ts";
import { Dag } from "../../src/sdk/index.ts";
import { runTask } from "../runtime/running.ts";

async function outcomeOf(options: Partial<TriggerDagRunOptions>) {
  const dag = new Dag("d");
  dag.task("own", triggerDagRun({ triggerDagId: "child", ...options }))();
  return (await runTask(dag, "own")).outcome;
}

test("what is asked for goes to the product with its templates rendered", async () => {
  const outcome = await outcomeOf({
    triggerDagId: "{{ dag_id }}_child",
    triggerRunId: "for_{{ ds }}",
    logicalDate: "{{ ts }}",
    conf: { day: "{{ ds }}", deep: [{ n: 1 }] },
    waitForCompletion: true,
    allowedStates: ["success", "failed"],
    failedStates: [],
    pokeInterval: "2 minutes",
  });
  expect(outcome).toMatchObject({
    kind: "deferred",
    wait: {
      kind: "trigger",
      dagId: "d_child",
      runId: "for_2026-01-31",
      logicalDate: "2026-01-31T06:00:00.000Z",
      conf: { day: "2026-01-31", deep: [{ n: 1 }] },
      waitForCompletion: true,
      allowedStates: ["success", "failed"],
      failedStates: [],
      pokeInterval: 120,
      isRetried: false,
    },
  });
});

test("a logical date is free, none or given", async () => {
  expect(await outcomeOf({})).not.toHaveProperty("wait.logicalDate");
  expect(await outcomeOf({ logicalDate: null })).toHaveProperty("wait.logicalDate", null);
  expect(await outcomeOf({ logicalDate: "soon" })).toMatchObject({
    kind: "failed",
    error: {
      message:
        'logicalDate of triggerDagRun takes an ISO 8601 date, such as 2026-01-31T06:00:00Z, got "soon"',
    },
  });
});

test("a run that exists is reset only where that is asked for", async () => {
  expect(await outcomeOf({ resetDagRun: true })).toHaveProperty("wait.resetDagRun", true);
  expect(await outcomeOf({ resetDagRun: false })).not.toHaveProperty("wait.resetDagRun");
});

test("options that it can't have are refused where they are written", () => {
  const make = (options: object) => () => triggerDagRun({ triggerDagId: "child", ...options });
  expect(make({ allowedStates: ["done"] })).toThrow('got "done"');
  expect(make({ pokeInterval: "soon" })).toThrow('takes a pokeInterval such as "5 minutes"');
});
