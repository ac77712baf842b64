// Sensors on the deployment: poked by the triggerer through its queue, within one state of one
// execution.
import { setTimeout as sleep } from "node:timers/promises";
import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import { beforeAll, expect, test } from "vitest";
import type { TaskInstanceRecord } from "../../../src/model/records.ts";
import { isMiniStack } from "../ministack.ts";
import { type Cloud, openCloud, until } from "./cloud.ts";

let cloud: Cloud;
beforeAll(() => {
  cloud = openCloud();
});

const POKE_INTERVAL_MS = 2_000;

/** "counting" is done at its third poke; each poke counts in the state that the task keeps. */
const text = (
  dagId: string,
  done: string,
) => `import { Dag, getClient, PokeReturnValue } from "stepwind";
export const dag = new Dag("${dagId}", { schedule: null });
const counting = dag.sensor("counting", async () => {
  const store = getClient().taskStateStore;
  const count = ((await store.get<number>("count")) ?? 0) + 1;
  await store.set("count", count);
  console.log("poke " + count);
  return new PokeReturnValue(${done}, count);
}, { pokeInterval: ${POKE_INTERVAL_MS / 1_000} });
const double = dag.task("double", async ({ count }: { count: number }) => count * 2);
double({ count: counting() });
`;

async function instanceOf(dagId: string, runId: string, taskId: string) {
  return cloud.metadata.taskInstances.get({ dagId, runId, taskId, mapIndex: -1 });
}

test("a sensor that is done at its third poke enters its state once, in one try", async () => {
  await cloud.upload("sensing.ts", text("sensing", "count === 3"));
  await cloud.dagWhen("sensing");
  const { run, state, states } = await cloud.run("sensing");
  expect({ state, states }).toEqual({
    state: "success",
    states: { counting: "success", double: "success" },
  });
  const sensor = await instanceOf("sensing", run.runId, "counting");
  expect(sensor).toMatchObject({ tryNumber: 1, pokes: 3, tries: [] });
  const took = Date.parse(sensor?.endDate ?? "") - Date.parse(sensor?.startDate ?? "");
  expect(took).toBeGreaterThanOrEqual(2 * POKE_INTERVAL_MS);
  const key = { dagId: "sensing", runId: run.runId, taskId: "double", mapIndex: -1 };
  expect((await cloud.metadata.xcoms.get(key, "return_value"))?.value).toBe("6");

  const [executionArn = ""] = await cloud.executionsOf("sensing");
  const entered = (await cloud.history(executionArn)).flatMap((event) =>
    event.type === "TaskStateEntered" ? [event.stateEnteredEventDetails?.name] : [],
  );
  expect(entered.filter((name) => name === "counting")).toHaveLength(1);
});

test("a sensor whose time is over is skipped with softFail, and failed without a retry without", async () => {
  await cloud.upload(
    "sensing_late.ts",
    `import { Dag } from "stepwind";
export const dag = new Dag("sensing_late", { schedule: null });
const options = { pokeInterval: 1, timeout: 1.5 };
const soft = dag.sensor("soft", async () => false, { ...options, softFail: true })();
const hard = dag.sensor("hard", async () => false, { ...options, retries: 2 })();
dag.task("below_soft", async () => 1)().after(soft);
dag.task("below_hard", async () => 1)().after(hard);
`,
  );
  await cloud.dagWhen("sensing_late");
  const { run, state, states } = await cloud.run("sensing_late");
  expect({ state, states }).toEqual({
    state: "failed",
    states: {
      soft: "skipped",
      hard: "failed",
      below_soft: "skipped",
      below_hard: "upstream_failed",
    },
  });
  const hard = await instanceOf("sensing_late", run.runId, "hard");
  expect(hard).toMatchObject({ tryNumber: 1, maxTries: 2 });
  expect(hard?.message).toMatch(/^AirflowSensorTimeout: Sensor has timed out; run duration of /);
});

test("nothing pokes on when the execution is stopped while a sensor waits", async ({ skip }) => {
  skip(!(await isMiniStack()), "LocalStack stops no execution that waits for a token");
  await cloud.upload("sensing_stopped.ts", text("sensing_stopped", "false"));
  await cloud.dagWhen("sensing_stopped");
  const runId = await cloud.trigger("sensing_stopped");
  const wasPoked = (record: TaskInstanceRecord) => (record.pokes ?? 0) >= 2;
  const look = () => instanceOf("sensing_stopped", runId, "counting");
  await until("the second poke", look, wasPoked);
  const [executionArn = ""] = await cloud.executionsOf("sensing_stopped");
  await cloud.sfn.send(new StopExecutionCommand({ executionArn }));
  const { state, states } = await cloud.endOf("sensing_stopped", runId);
  expect({ state, states }).toEqual({
    state: "failed",
    states: { counting: "failed", double: "failed" },
  });
  const ended = await look();
  await sleep(3 * POKE_INTERVAL_MS);
  expect(await look()).toEqual(ended);
});
