// Two deployments in one account whose names begin alike, with the same DAG and a run of the same
// id in both: what happens in the one is nothing to the other.
import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import { beforeAll, expect, test } from "vitest";
import { stepwind } from "../../cli/captured-terminal.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { type Cloud, openCloud, until } from "./cloud.ts";
import { deployStack } from "./deployed-stack.ts";

const FIRST = "Twin";
const SECOND = "Twin-two";
const RUN_ID = "the-same";
const FILE = `import { Dag } from "stepwind";
export const dag = new Dag("twins", { schedule: null });
dag.task("slow", () => new Promise((resolve) => setTimeout(resolve, 20_000)))();
`;

let first: Cloud;
let second: Cloud;

beforeAll(async () => {
  first = openCloud(await deployStack(FIRST));
  second = openCloud(await deployStack(SECOND));
}, 900_000);

/** Starts the run, unless an earlier pass on the same emulator has, and waits for its task. */
async function start(cloud: Cloud): Promise<void> {
  await cloud.upload("twins.ts", FILE);
  await cloud.dagWhen("twins");
  await cloud.ask("/dags/twins/dagRuns", {
    method: "POST",
    body: { logical_date: null, dag_run_id: RUN_ID },
  });
  const key = { dagId: "twins", runId: RUN_ID, taskId: "slow", mapIndex: -1 };
  await until("slow's start", () => cloud.metadata.taskInstances.get(key));
}

/** What the doctor says of the events that functions of the deployment failed at. */
async function deadLetters(stack: string): Promise<string> {
  const { out } = await stepwind(temporaryFolder(), "doctor", "--stack", stack);
  return /^.*dead letters .*$/m.exec(out)?.[0] ?? out;
}

test("an execution that is stopped in one of them is no failure of the other's run", async () => {
  await Promise.all([start(first), start(second)]);
  const [executionArn] = await second.executionsOf("twins");
  await second.sfn.send(new StopExecutionCommand({ executionArn }));
  expect((await second.endOf("twins", RUN_ID)).state).toBe("failed");
  expect((await first.endOf("twins", RUN_ID)).state).toBe("success");
  for (const stack of [FIRST, SECOND]) {
    expect(await deadLetters(stack)).toMatch(/✓ dead letters +\d+ dead-letter queues are empty/);
  }
  // So that the test can pass again on the same emulator.
  for (const cloud of [first, second]) {
    await cloud.ask("/dags/twins", { method: "DELETE" });
    await cloud.remove("twins.ts");
  }
});
