// The deployment as its users have it: a bucket to put DAG files into, runs to start, and what the
// table, the state machines and the webhook tell. Everything goes through AWS's public APIs.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, ListRulesCommand } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { DeleteObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ListSchedulesCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import {
  type HistoryEvent,
  ListExecutionsCommand,
  paginateGetExecutionHistory,
  paginateListStateMachines,
  SFNClient,
  type StateMachineListItem,
} from "@aws-sdk/client-sfn";
import { expect, inject } from "vitest";
import { S3_CLIENT_OPTIONS } from "../../../src/aws/client-options.ts";
import { createDynamoDbMetadata } from "../../../src/aws/dynamodb/metadata.ts";
import { type AwsEnvironment, readEnvironment } from "../../../src/aws/environment.ts";
import { toSchedulePrefix } from "../../../src/aws/resource-names.ts";
import type { DagFileRecord, DagRecord, DagRunRecord } from "../../../src/model/records.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { type DeployedStack, PASSWORD } from "./deployed-stack.ts";
import { type Answer, type Asked, callFunction } from "./endpoints/function-url.ts";
import { type EndedRun, toStates } from "./runs/embedded-runs.ts";

export interface Cloud {
  readonly environment: AwsEnvironment;
  readonly metadata: Metadata;
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  readonly sfn: SFNClient;
  upload(file: string, text: string): Promise<void>;
  remove(file: string): Promise<void>;
  /** Waits until the file's record is as wanted. */
  fileWhen(file: string, isWanted: (record: DagFileRecord) => boolean): Promise<DagFileRecord>;
  /** Waits until the DAG is live, and as wanted. */
  dagWhen(dagId: string, isWanted?: (dag: DagRecord) => boolean): Promise<DagRecord>;
  /** Calls the API below /api/v2, logged in; throws what it refuses. */
  ask(path: string, asked: Omit<Asked, "token">): Promise<Answer>;
  /** Starts a run; answers its id. */
  trigger(dagId: string, conf?: object): Promise<string>;
  /** Waits until the run has ended, for two and a half minutes where nothing else is said. */
  endOf(
    dagId: string,
    runId: string,
    patienceMs?: number,
  ): Promise<EndedRun & { readonly run: DagRunRecord }>;
  /** Triggers a run and waits for its end. */
  run(dagId: string, conf?: object): Promise<EndedRun & { readonly run: DagRunRecord }>;
  /** Names of the DAG's state machines. */
  machinesOf(dagId: string): Promise<readonly string[]>;
  /** ARNs of the executions of the DAG's state machines. */
  executionsOf(dagId: string): Promise<readonly string[]>;
  /** Names of schedules, or of rules, that wake the scheduler for the DAG. */
  schedulesOf(dagId: string): Promise<readonly string[]>;
  history(executionArn: string): Promise<readonly HistoryEvent[]>;
  /** Texts that Slack got and that hold this one. */
  messages(part: string): Promise<readonly string[]>;
}

/** Lambdas start as processes on this machine, so each wait is long; it ends as soon as it may. */
const PATIENCE_MS = 150_000;
const INTERVAL_MS = 200;

/** That of all tests when absent. */
export function openCloud(deployed: DeployedStack = inject("deployed")): Cloud {
  const environment = readEnvironment(deployed.environment);
  const metadata = createDynamoDbMetadata({
    client: new DynamoDBClient(),
    tableName: environment.table,
  });
  const lambda = new LambdaClient();
  const s3 = new S3Client(S3_CLIENT_OPTIONS);
  const sfn = new SFNClient();
  const Bucket = environment.dagsBucket;
  const { apiUrl } = deployed;
  let token: Promise<string> | undefined;

  async function logIn(): Promise<string> {
    const body = { username: "admin", password: PASSWORD };
    const answer = await callFunction(apiUrl, "/auth/token", { body });
    if (answer.status !== 201) throw new Error(`log-in: ${JSON.stringify(answer)}`);
    return answer.body.access_token;
  }

  const cloud: Cloud = {
    environment,
    metadata,
    lambda,
    s3,
    sfn,

    async upload(Key, Body) {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    },

    async remove(Key) {
      await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    },

    fileWhen: (file, isWanted) =>
      until(`the import of ${file}`, () => metadata.files.get(file), isWanted),

    dagWhen: (dagId, isWanted = () => true) =>
      until(
        `DAG ${dagId}`,
        () => metadata.dags.get(dagId),
        (dag) => !dag.isStale && isWanted(dag),
      ),

    async ask(path, asked) {
      token ??= logIn();
      const answer = await callFunction(apiUrl, `/api/v2${path}`, { ...asked, token: await token });
      if (answer.status >= 400) throw new Error(`${path}: ${JSON.stringify(answer)}`);
      return answer;
    },

    async trigger(dagId, conf = {}) {
      const body = { logical_date: null, conf };
      const answer = await cloud.ask(`/dags/${dagId}/dagRuns`, { method: "POST", body });
      return answer.body.dag_run_id;
    },

    async endOf(dagId, runId, patienceMs) {
      const instances = () => metadata.taskInstances.list({ dagId, runId });
      const run = await until(
        `the end of run ${runId} of DAG ${dagId}`,
        () => metadata.runs.get(dagId, runId),
        ({ state }) => state === "success" || state === "failed",
        patienceMs,
      ).catch(async (problem: Error) => {
        throw new Error(`${problem.message}; its tasks: ${JSON.stringify(await instances())}`);
      });
      const states = toStates(await instances());
      return { run, state: run.state, states };
    },

    run: async (dagId, conf) => cloud.endOf(dagId, await cloud.trigger(dagId, conf)),

    async machinesOf(dagId) {
      return (await listMachines(sfn, environment, dagId)).map(({ name = "" }) => name);
    },

    async executionsOf(dagId) {
      const arns: string[] = [];
      for (const { stateMachineArn } of await listMachines(sfn, environment, dagId)) {
        const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
        arns.push(...executions.map(({ executionArn = "" }) => executionArn));
      }
      return arns;
    },

    async schedulesOf(dagId) {
      const NamePrefix = toSchedulePrefix(
        dagId,
        environment.schedules === "rules" ? environment.rulePrefix : "",
      );
      const { Rules = [] } = await new EventBridgeClient().send(
        new ListRulesCommand({ NamePrefix }),
      );
      const GroupName = environment.scheduleGroup;
      const { Schedules = [] } =
        environment.schedules === "rules"
          ? {}
          : await new SchedulerClient().send(new ListSchedulesCommand({ GroupName, NamePrefix }));
      return [...Rules, ...Schedules].map(({ Name = "" }) => Name);
    },

    async history(executionArn) {
      const events: HistoryEvent[] = [];
      for await (const page of paginateGetExecutionHistory({ client: sfn }, { executionArn })) {
        events.push(...(page.events ?? []));
      }
      return events;
    },

    async messages(part) {
      const answer = await fetch(inject("catcher"));
      const texts: readonly string[] = JSON.parse(await answer.text());
      return texts.filter((text) => text.includes(part));
    },
  };
  return cloud;
}

/** The DAG's versions, told by what its first version is named. */
async function listMachines(
  client: SFNClient,
  { stateMachinePrefix }: AwsEnvironment,
  dagId: string,
): Promise<readonly StateMachineListItem[]> {
  const machines: StateMachineListItem[] = [];
  for await (const page of paginateListStateMachines({ client }, {})) {
    machines.push(...(page.stateMachines ?? []));
  }
  return machines.filter(({ name = "" }) => name.startsWith(`${stateMachinePrefix}${dagId}_`));
}

/** Waits until what is read is there and as wanted. */
export async function until<T>(
  what: string,
  read: () => Promise<T | undefined>,
  isWanted: (value: T) => boolean = () => true,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  let value: T | undefined;
  const look = async () => {
    value = await read();
    return value !== undefined && isWanted(value);
  };
  const options = { timeout: patienceMs, interval: INTERVAL_MS };
  await expect
    .poll(look, options)
    .toBe(true)
    .catch(() => {
      throw new Error(`Waited in vain for ${what}; it is ${JSON.stringify(value)}`);
    });
  if (value === undefined) throw new Error(`There is no ${what}`);
  return value;
}
