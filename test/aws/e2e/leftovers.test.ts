// What is left behind, as the deployment finds it: runs that a function left half way because it
// was ended, and state machines of versions that nobody needs any more.
import {
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
} from "@aws-sdk/client-eventbridge";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { dagRun } from "../../contract/records.ts";
import { openCloud, until } from "./cloud.ts";

const AGE_MS = 3_600_000;
/** An emulator that was used before has the DAGs of that time. */
const MARK = Date.now().toString(36);

const oneTask = (dagId: string, result: number) => `import { Dag } from "stepwind";
export const dag = new Dag("${dagId}", { schedule: null });
dag.task("only", async () => ${result})();
`;

test("a run that is recorded as running and whose execution never started is taken up", async () => {
  const cloud = openCloud();
  const dagId = `left_${MARK}`;
  await cloud.upload(`${dagId}.ts`, oneTask(dagId, 1));
  const { versionHash } = await cloud.dagWhen(dagId);
  const at = new Date(Date.now() - AGE_MS).toISOString();
  const run = dagRun({ dagId, state: "running", versionHash, logicalDate: null });
  await cloud.metadata.runs.create({ ...run, queuedAt: at, startDate: at });

  // What the rule sends, without the wait for it.
  const FunctionName = cloud.environment.schedulerArn;
  const Payload = Buffer.from(await findInput(FunctionName));
  const { FunctionError } = await cloud.lambda.send(new InvokeCommand({ FunctionName, Payload }));
  expect(FunctionError).toBeUndefined();
  const { state, states } = await cloud.endOf(dagId, run.runId);
  expect({ state, states }).toEqual({ state: "success", states: { only: "success" } });
});

test("the state machine of a version goes when nobody needs it, and comes back with the version", async () => {
  const cloud = openCloud();
  const dagId = `renewed_${MARK}`;
  await cloud.upload(`${dagId}.ts`, oneTask(dagId, 1));
  const first = await cloud.dagWhen(dagId);
  await cloud.upload(`${dagId}.ts`, oneTask(dagId, 2));
  const second = await cloud.dagWhen(dagId, ({ versionHash }) => versionHash !== first.versionHash);
  expect(await cloud.machinesOf(dagId)).toHaveLength(2);
  expect(second.superseded?.map(({ hash }) => hash)).toEqual([first.versionHash]);
  // As if it had been a while ago.
  const superseded = [
    { hash: first.versionHash, idleSince: new Date(Date.now() - AGE_MS).toISOString() },
  ];
  const write = async () => {
    const dag = await cloud.dagWhen(dagId);
    return cloud.metadata.dags.put({ ...dag, superseded, revision: dag.revision + 1 });
  };
  // The scheduler may write at the same time, as the new version makes it plan the DAG.
  await until("the end of other writes", write, (isWritten) => isWritten);
  expect((await cloud.run(dagId)).state).toBe("success");
  const machines = () => cloud.machinesOf(dagId);
  await until("the end of the first machine", machines, ({ length }) => length === 1);

  await cloud.upload(`${dagId}.ts`, oneTask(dagId, 1));
  await cloud.dagWhen(dagId, ({ versionHash }) => versionHash === first.versionHash);
  await until("the first machine", machines, ({ length }) => length === 2);
  expect((await cloud.run(dagId)).state).toBe("success");
});

/**
 * What the scheduler is called with at a fixed rate. Other stacks have such a rule of their own, and
 * an emulator that was used before has many rules.
 */
async function findInput(schedulerArn: string): Promise<string> {
  const events = new EventBridgeClient();
  for (let NextToken: string | undefined; ; ) {
    const page = await events.send(new ListRulesCommand(NextToken ? { NextToken } : {}));
    for (const { Name: Rule, ScheduleExpression } of page.Rules ?? []) {
      if (ScheduleExpression !== "rate(5 minutes)") continue;
      const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule }));
      const mine = Targets.find(({ Arn }) => Arn === schedulerArn);
      if (mine?.Input !== undefined) return mine.Input;
    }
    NextToken = page.NextToken;
    if (!NextToken) throw new Error("No rule looks for runs that were left");
  }
}
