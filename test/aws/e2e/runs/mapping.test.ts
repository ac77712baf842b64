// Mapped tasks, setups and teardowns on the deployment: how instances end, when they start, and what
// a run costs in transitions.
import { beforeAll, expect, test } from "vitest";
import { type Cloud, openCloud } from "../cloud.ts";

const FILE = `import { Dag, FailTask, getClient, getContext } from "stepwind";
/** Waits until the others of its group are past it. */
const untilParsed = async (keys) => {
  const isParsed = (key) => getClient().getVariable("parsed_" + key);
  while ((await Promise.all(keys.map(isParsed))).includes(null)) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
};

export const mapped = new Dag("mapped", { schedule: null });
{
  const keys = mapped.task("keys", async () => ["a", "b", "c"])();
  const each = mapped.task("each", async ({ key }) => {
    const { mapIndex, tryNumber } = getContext();
    if (mapIndex === 1 && tryNumber === 1) throw new Error("not yet");
    if (mapIndex === 2) throw new FailTask("never");
    return key + tryNumber;
  }, { retries: 1, retryDelay: 1 }).expand({ key: keys });
  const per = mapped.taskGroup("per").expand({ key: keys });
  const read = per.task("read", async ({ key }) => {
    if (key === "b") await untilParsed(["a", "c"]);
    return key + getContext().mapIndex;
  }, { executionTimeout: 90 })({ key: per.input("key") });
  const parse = per.task("parse", async ({ key, text }) => {
    await getClient().setVariable("parsed_" + key, text);
    return [key, text];
  })({ key: per.input("key"), text: read });
  const none = mapped.task("none", async () => [])();
  mapped.task("nothing", async ({ n }) => n).expand({ n: none });
  const all = mapped.task("all", async (all) => all, { triggerRule: "all_done" });
  all({ each, parse });
}

export const torn = new Dag("torn", { schedule: null });
{
  const made = torn.task("made", async () => "it")().asSetup();
  const work = torn.task("work", async () => { throw new FailTask("broken"); })();
  const removed = torn.task("removed", async () => 1)().asTeardown({ setups: made });
  work.after(made).before(removed);
}
`;

let cloud: Cloud;
beforeAll(() => {
  cloud = openCloud();
});

/** "task index": state; of a task that isn't mapped or expanded, "task". */
async function statesOf(dagId: string, runId: string): Promise<Readonly<Record<string, string>>> {
  const path = `/dags/${dagId}/dagRuns/${encodeURIComponent(runId)}/taskInstances`;
  const { body } = await cloud.ask(path, { method: "GET" });
  return Object.fromEntries(
    body.task_instances.map(
      ({ task_id, map_index, state }: Readonly<Record<string, string | number>>) => [
        map_index === -1 ? task_id : `${task_id} ${map_index}`,
        state,
      ],
    ),
  );
}

/** Names of the Task states that the run's execution entered: what is billed for them. */
async function transitionsOf(dagId: string): Promise<readonly string[]> {
  const executions = await cloud.executionsOf(dagId);
  expect(executions).toHaveLength(1);
  const events = await cloud.history(executions[0] ?? "");
  return events
    .filter(({ type }) => type === "TaskStateEntered")
    .map(({ stateEnteredEventDetails: { name = "" } = {} }) => name)
    .toSorted();
}

test("instances go by their own index, and a mapped task is one transition whatever its length", async () => {
  await cloud.upload("mapped.ts", FILE);
  await cloud.dagWhen("mapped");
  await cloud.dagWhen("torn");
  const [mapped, torn] = await Promise.all([cloud.run("mapped"), cloud.run("torn")]);

  const { runId } = mapped.run;
  expect(await statesOf("mapped", runId)).toEqual({
    keys: "success",
    "each 0": "success",
    "each 1": "success",
    "each 2": "failed",
    "per.read 0": "success",
    "per.read 1": "success",
    "per.read 2": "success",
    "per.parse 0": "success",
    "per.parse 1": "success",
    "per.parse 2": "success",
    none: "success",
    nothing: "skipped",
    all: "success",
  });
  expect(mapped.state).toBe("success");
  const place = `/dags/mapped/dagRuns/${encodeURIComponent(runId)}/taskInstances/all`;
  const xcom = `${place}/xcomEntries/return_value?deserialize=true`;
  const { each, parse } = (await cloud.ask(xcom, { method: "GET" })).body.value;
  expect(each).toEqual(["a1", "b2"]);
  expect(parse).toEqual([
    ["a", "a0"],
    ["b", "b1"],
    ["c", "c2"],
  ]);
  const tasks = ["keys", "each", "per.read", "per.parse", "none", "nothing", "all"];
  expect(await transitionsOf("mapped")).toEqual([...tasks, "finish"].toSorted());

  expect([torn.state, torn.states]).toEqual([
    "failed",
    { made: "success", work: "failed", removed: "success" },
  ]);
  expect(await transitionsOf("torn")).toEqual(["finish", "made", "removed", "work"]);
});
