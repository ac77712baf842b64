// Tasks on the deployment that wait without their code: for a moment, another DAG, a run that they
// have triggered, and a person. Each does so within one try.
import { beforeAll, expect, test } from "vitest";
import { type Cloud, openCloud, until } from "../cloud.ts";

let cloud: Cloud;
beforeAll(() => {
  cloud = openCloud();
});

const FILE = `import { Dag } from "stepwind";
import { approval, externalTaskSensor, timeDeltaSensor, triggerDagRun } from "stepwind/operators";

export const child = new Dag("waits_child", { schedule: null });
const asked = child.task("asked", approval({ subject: "Go on with {{ dag_run.conf.name }}?" }))();
child.task("answered", async () => 1)().after(asked);

export const parent = new Dag("waits_parent", { schedule: null });
const day = "2026-01-31T00:00:00Z";
parent.task("moment", timeDeltaSensor({ delta: 4 }))();
const options = { externalDagId: "waits_child", executionDateFn: () => day, pokeInterval: "1 hour" };
const triggered = parent.task("triggered", triggerDagRun({
  triggerDagId: "waits_child", logicalDate: day, conf: { name: "it" }, waitForCompletion: true,
}))();
const before = parent.task("before", externalTaskSensor({ ...options, allowedStates: ["running", "success"], pokeInterval: 2 }))();
const run = parent.task("run", externalTaskSensor(options))();
run.after(before);
parent.task("after", async () => 1)().after(triggered, run);
`;

test("tasks wait for moments, runs and people, each within one try", async () => {
  await cloud.upload("waits.ts", FILE);
  await cloud.dagWhen("waits_child");
  await cloud.dagWhen("waits_parent");
  const runId = await cloud.trigger("waits_parent");
  const stateOf = async (dagId: string, run: string, taskId: string) =>
    cloud.metadata.taskInstances.get({ dagId, runId: run, taskId, mapIndex: -1 });
  const listed = () =>
    cloud.ask("/dags/~/dagRuns/~/hitlDetails?response_received=false", { method: "GET" });
  const asked = await until(
    "the question",
    async () => (await listed()).body.hitl_details[0],
    (detail) => detail !== undefined,
  );
  expect(asked).toMatchObject({
    subject: "Go on with it?",
    task_instance: { dag_id: "waits_child", task_id: "asked", state: "awaiting_input" },
  });
  const { dag_run_id: childRun } = asked.task_instance;
  expect(childRun).toBe("manual__2026-01-31T00:00:00+00:00");
  await until(
    "the sensor of the run",
    () => stateOf("waits_parent", runId, "run"),
    ({ state, wakeAt }) => state === "deferred" && Date.parse(wakeAt ?? "") > Date.now() + 60_000,
  );
  const run = encodeURIComponent(childRun);
  const place = `/dags/waits_child/dagRuns/${run}/taskInstances/asked/-1/hitlDetails`;
  const body = { chosen_options: ["Approve"] };
  const answer = await cloud.ask(place, { method: "PATCH", body });
  expect(answer.body).toMatchObject({ responded_by: { id: "admin", name: "admin" } });
  await expect(cloud.ask(place, { method: "PATCH", body })).rejects.toThrow("409");
  const ended = await cloud.endOf("waits_parent", runId);
  expect(ended.states).toEqual({
    moment: "success",
    triggered: "success",
    before: "success",
    run: "success",
    after: "success",
  });
  expect((await cloud.endOf("waits_child", childRun)).states).toEqual({
    asked: "success",
    answered: "success",
  });
  expect(await cloud.metadata.runs.get("waits_child", childRun)).toMatchObject({
    runType: "operator_triggered",
    triggeredFrom: { dagId: "waits_parent", runId, taskId: "triggered", tryNumber: 1 },
  });
  for (const taskId of ["moment", "triggered", "before", "run"]) {
    const known = await stateOf("waits_parent", runId, taskId);
    expect(known, taskId).toMatchObject({ tryNumber: 1, tries: [], pokedBy: "engine" });
  }
});

const AGAIN = `import { Dag, DeadlineReference, getClient, getContext } from "stepwind";
import { triggerDagRun } from "stepwind/operators";

export const overdue = new Dag("overdue", {
  schedule: null,
  deadline: {
    name: "long ago",
    reference: DeadlineReference.FIXED_DATETIME("2020-01-01"),
    interval: "1 day",
    callback: async ({ runId, deadline }) => {
      await getClient().setVariable("missed_" + runId, JSON.stringify(deadline));
    },
  },
});
const first = overdue.task("first", async () => "x".repeat(50_000));
const second = overdue.task("second", async ({ text }: { text: string }) => [text.length, getContext().runId]);
second({ text: first() });

export const again = new Dag("again", { schedule: null });
again.task("own", triggerDagRun({
  triggerDagId: "overdue", triggerRunId: "mine", resetDagRun: true, waitForCompletion: true,
}))();
`;

test("a deadline is missed, a run that exists goes again, and another one begins at its task", async () => {
  await cloud.upload("again.ts", AGAIN);
  await cloud.dagWhen("overdue");
  await cloud.dagWhen("again");
  const run = (runId: string) => cloud.metadata.runs.get("overdue", runId);
  const ended = async (runId: string, clearNumber: number) =>
    until(
      `the end of run "${runId}"`,
      () => run(runId),
      (found) => found?.clearNumber === clearNumber && found.state === "success",
    );
  await cloud.ask("/dags/overdue/dagRuns", {
    method: "POST",
    body: { dag_run_id: "mine", logical_date: null },
  });
  await ended("mine", 0);
  const stored = await until("the callback of the deadline", () =>
    cloud.metadata.variables.get("missed_mine"),
  );
  expect(stored.value).not.toContain("long ago");
  const told = await cloud.ask("/variables/missed_mine", { method: "GET" });
  expect(JSON.parse(told.body.value)).toEqual({
    id: "overdue/mine/0",
    name: "long ago",
    deadlineTime: "2020-01-02T00:00:00.000Z",
  });
  await cloud.trigger("again");
  expect((await ended("mine", 1))?.triggeredFrom).toMatchObject({ dagId: "again", taskId: "own" });
  expect((await run("mine"))?.deadlines).toMatchObject([{ isMissed: true }]);
  const from = { dag_run_id: "mine", task_ids: ["second"] };
  const body = { dag_run_id: "other", from_run: from };
  expect((await cloud.ask("/dags/overdue/dagRuns", { method: "POST", body })).status).toBe(200);
  await ended("other", 0);
  const instance = { dagId: "overdue", runId: "other", mapIndex: -1 };
  expect(await cloud.metadata.taskInstances.get({ ...instance, taskId: "first" })).toMatchObject({
    tryNumber: 0,
    note: 'Taken over from run "mine", try 2',
  });
  const result = await cloud.metadata.xcoms.get({ ...instance, taskId: "second" }, "return_value");
  expect(result?.value).toBe('[50000,"other"]');
});
