// Mapped tasks, setups and teardowns on the deployment: how instances end, when they start, and
// what a run costs in transitions.
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
  mapped.task("all", async ({ each }) => each, { triggerRule: "all_done" })({ each });
}

export const grouped = new Dag("grouped", { schedule: null });
{
  const keys = grouped.task("keys", async () => ["a", "b", "c"])();
  const per = grouped.taskGroup("per").expand({ key: keys });
  const read = per.task("read", async ({ key }) => {
    if (key === "b") await untilParsed(["a", "c"]);
    return key + getContext().mapIndex;
  }, { executionTimeout: 90 })({ key: per.input("key") });
  const parse = per.task("parse", async ({ key, text }) => {
    await getClient().setVariable("parsed_" + key, text);
    return [key, text];
  })({ key: per.input("key"), text: read });
  grouped.task("all", async ({ parse }) => parse)({ parse });
}

export const empty = new Dag("empty", { schedule: null });
empty.task("nothing", async ({ n }) => n).expand({ n: empty.task("none", async () => [])() });

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

/** What the run's task "all" returned. */
async function resultOf(dagId: string, runId: string): Promise<unknown> {
  const place = `/dags/${dagId}/dagRuns/${encodeURIComponent(runId)}/taskInstances/all`;
  const path = `${place}/xcomEntries/return_value?deserialize=true`;
  return (await cloud.ask(path, { method: "GET" })).body.value;
}

test("instances go by their own index, and a mapped task is one transition whatever its length", async () => {
  await cloud.upload("mapped.ts", FILE);
  const run = async (dagId: string) => {
    await cloud.dagWhen(dagId);
    const { state, run } = await cloud.run(dagId);
    return { state, runId: run.runId, states: await statesOf(dagId, run.runId) };
  };
  const runs = await Promise.all([run("mapped"), run("grouped"), run("empty"), run("torn")]);
  const [mapped, grouped, empty, torn] = runs;

  const each = { "each 0": "success", "each 1": "success", "each 2": "failed" };
  expect(mapped.states).toEqual({ keys: "success", ...each, all: "success" });
  expect(mapped.state).toBe("success");
  expect(await resultOf("mapped", mapped.runId)).toEqual(["a1", "b2"]);
  expect(await transitionsOf("mapped")).toEqual(["all", "each", "finish", "keys"]);

  const ids = ["keys", "per.read 0", "per.read 1", "per.read 2"];
  ids.push("per.parse 0", "per.parse 1", "per.parse 2", "all");
  expect(grouped.states).toEqual(Object.fromEntries(ids.map((id) => [id, "success"])));
  expect(await resultOf("grouped", grouped.runId)).toEqual([
    ["a", "a0"],
    ["b", "b1"],
    ["c", "c2"],
  ]);
  // MiniStack leaves the states of branches out of the history; a group has one for each task.
  const entered = await transitionsOf("grouped");
  const states = ["all", "finish", "keys", "per.parse", "per.read"];
  expect(states.filter((name) => entered.includes(name))).toEqual(entered);

  expect([empty.state, empty.states]).toEqual(["success", { none: "success", nothing: "skipped" }]);
  expect(await transitionsOf("empty")).toEqual(["finish", "none", "nothing"]);

  const ends = { made: "success", work: "failed", removed: "success" };
  expect([torn.state, torn.states]).toEqual(["failed", ends]);
  expect(await transitionsOf("torn")).toEqual(["finish", "made", "removed", "work"]);
});
