// Failure injection on the deployment: calls of its functions to AWS are throttled, or made and
// their answers lost, at random, on a stack of its own. Every run ends as the reference scheduler
// says, and nothing is stuck.
import {
  DeleteFunctionConcurrencyCommand,
  InvokeCommand,
  PutFunctionConcurrencyCommand,
} from "@aws-sdk/client-lambda";
import { type ExecutionListItem, ListExecutionsCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { findDeployment } from "../../../src/aws/deployment/deployment.ts";
import { decideRunState } from "../../../src/model/scheduling/run-state.ts";
import type { TaskInstanceState } from "../../../src/model/states.ts";
import { createRandom } from "../../reference/random-dags.ts";
import { type SteadyDag, steadyDags } from "../../reference/steady-dags.ts";
import { isMiniStack } from "../ministack.ts";
import { patient } from "../patience.ts";
import { type Cloud, openCloud, until } from "./cloud.ts";
import { deployStack } from "./deployed-stack.ts";
import {
  FAULTY_SERVICES,
  type FaultyEndpoint,
  startFaultyEndpoint,
} from "./endpoints/faulty-endpoint.ts";
import { expectPoolKept, pooledDagFile } from "./runs/pooled-dag.ts";
import { scriptedDagFile, toScripted } from "./runs/scripted-dag-file.ts";

const STACK = "Faulty";
const DAGS = 20;
const RUNS_PER_DAG = 10;
const MAX_TASKS = 9;
/** Runs at the same time. */
const CONCURRENCY = 8;
/**
 * Calls of the worker at the same time, where the emulator tells a refused one from a failed one.
 */
const WORKERS = 8;
const RATES = { throttled: 0.1, lost: 0.05 } as const;
/**
 * Calls of the Execution API at the same time, of which each run that goes on may make several.
 * MiniStack's Step Functions don't tell by which error a task function asks to be called again.
 */
const API_CALLS = 4;

let cloud: Cloud;
let endpoint: FaultyEndpoint;
/** MiniStack's Step Functions report neither a throttled function nor an error by its name. */
let namesThrottling = false;
/** Whether the worker's calls are limited. */
let isLimited = false;

beforeAll(async () => {
  const stack = await deployStack(STACK, { webhook: inject("catcher") });
  cloud = openCloud(stack);
  namesThrottling = !(await isMiniStack());
  endpoint = await startFaultyEndpoint({
    random: createRandom(Date.now()),
    rates: RATES,
    concurrency: namesThrottling ? API_CALLS : Number.POSITIVE_INFINITY,
  });
  const { functions } = await findDeployment(STACK);
  await Promise.all(functions.map(({ FunctionName = "" }) => endpoint.leadThrough(FunctionName)));
  // LocalStack may lose an event that comes while a function takes up its new variables.
  const FunctionName = cloud.environment.worker.replace(/worker$/, "dag-processor");
  const Payload = Buffer.from(JSON.stringify({ Records: [] }));
  await cloud.lambda.send(new InvokeCommand({ FunctionName, Payload }));
  if (namesThrottling) await limitWorkers();
}, 600_000);

afterAll(async () => {
  const FunctionName = taskFunction();
  if (isLimited) await cloud.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
  await endpoint?.close();
});

/** What Step Functions calls for each task. */
function taskFunction(): string {
  return cloud.environment.task ?? cloud.environment.worker;
}

/** Step Functions' calls of the task function are throttled by Lambda itself, too. */
async function limitWorkers(): Promise<void> {
  const FunctionName = taskFunction();
  const ReservedConcurrentExecutions = WORKERS;
  const limit = { FunctionName, ReservedConcurrentExecutions };
  await cloud.lambda.send(new PutFunctionConcurrencyCommand(limit));
  isLimited = true;
}

test(`${DAGS * RUNS_PER_DAG} runs end right within AWS's limits while calls of DynamoDB, Step Functions and Lambda fail`, {
  timeout: patient(600_000),
}, async () => {
  const since = Date.now();
  const dags = steadyDags(DAGS, { maxTasks: MAX_TASKS });
  for (const dag of dags) {
    await cloud.upload(`${dag.document.dagId}.ts`, scriptedDagFile([toScripted(dag)]));
  }
  for (const { document } of dags) await cloud.dagWhen(document.dagId);
  const queue = Array.from({ length: RUNS_PER_DAG }, () => dags)
    .flat()
    .values();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (const dag of queue) await expectRightEnd(dag);
    }),
  );

  let refused = 0;
  let mostEvents = 0;
  for (const { document } of dags) {
    const { dagId } = document;
    expect(await cloud.metadata.runs.listActive(dagId), dagId).toEqual([]);
    const executions = await until(
      `executions of ${dagId} that all have ended`,
      async () => (await listExecutions(dagId)).filter(({ startDate = 0 }) => +startDate >= since),
      (found) => found.every(({ status }) => status !== "RUNNING"),
    );
    const statuses = executions.map(({ status }) => status);
    expect(statuses, dagId).toEqual(Array.from({ length: RUNS_PER_DAG }, () => "SUCCEEDED"));
    for (const { executionArn = "" } of executions) {
      const events = await cloud.history(executionArn);
      mostEvents = Math.max(mostEvents, events.length);
      const errors = events.map(({ taskFailedEventDetails }) => taskFailedEventDetails?.error);
      refused += errors.filter((error) => error === "Lambda.TooManyRequestsException").length;
    }
  }
  if (namesThrottling) expect(refused, "calls of the worker throttled").toBeGreaterThan(0);
  for (const service of FAULTY_SERVICES) {
    expect(endpoint.injected(service, "throttled"), `${service} throttled`).toBeGreaterThan(0);
    expect(endpoint.injected(service, "lost"), `${service} lost`).toBeGreaterThan(0);
  }
  const told = FAULTY_SERVICES.map(
    (service) =>
      `${service} ${endpoint.injected(service, "throttled")}/${endpoint.injected(service, "lost")}`,
  );
  console.info(`${endpoint.calls} calls; throttled/lost: ${told.join(", ")}; refused ${refused}`);
  const { broken, largest, throttled } = endpoint.limits;
  console.info(
    `largest: ${JSON.stringify([...largest])}; too often: ${throttled}; no concurrency: ${endpoint.limits.refused}; most events: ${mostEvents}`,
  );
  if (namesThrottling) {
    expect(endpoint.limits.refused, "calls of a function without concurrency").toBeGreaterThan(0);
  }
  // ARCHITECTURE.md, "Events of an execution": 24 at most for a task, 4 for a Parallel that has two
  // tasks at least, 7 for the rest.
  expect(mostEvents, "events of an execution").toBeLessThanOrEqual(MAX_TASKS * 26 + 7);
  expect(broken, "AWS's limits").toEqual([]);
  // Tasks that wait do so by the engine's own messages, which don't pass here.
  for (const kind of ["definition", "input or output", "message to SNS"]) {
    expect(largest.get(kind), kind).toBeGreaterThan(0);
  }
  // Far below what the rates give on average.
  const sumOf = (service: (typeof FAULTY_SERVICES)[number]) =>
    endpoint.injected(service, "throttled") + endpoint.injected(service, "lost");
  expect(sumOf("dynamodb")).toBeGreaterThan(500);
  expect(sumOf("sfn")).toBeGreaterThan(10);
});

test("a pool of 3 slots is neither exceeded nor loses one while calls fail", {
  timeout: patient(300_000),
}, async () => {
  const dagId = "pooled_faulty";
  await cloud.metadata.pools.put({ pool: "faulty", slots: 3, includeDeferred: false });
  await cloud.upload(`${dagId}.ts`, pooledDagFile({ dagId, pool: "faulty", tasks: 8 }));
  await cloud.dagWhen(dagId);
  const ended = await Promise.all([1, 2, 3].map(() => cloud.run(dagId)));
  expect(ended.map(({ state }) => state)).toEqual(["success", "success", "success"]);
  const runIds = ended.map(({ run }) => run.runId);
  await expectPoolKept(cloud, { dagId, pool: "faulty", slots: 3, runIds });
});

/** Of the DAG's one version. */
async function listExecutions(dagId: string): Promise<readonly ExecutionListItem[]> {
  const [name = ""] = await cloud.machinesOf(dagId);
  const { stateMachineArnPrefix, stateMachinePrefix } = cloud.environment;
  const stateMachineArn = stateMachineArnPrefix + name.slice(stateMachinePrefix.length);
  return (await cloud.sfn.send(new ListExecutionsCommand({ stateMachineArn }))).executions ?? [];
}

/** One run: final states as in the reference, each task that ran ran once. */
async function expectRightEnd({ document, states }: SteadyDag): Promise<void> {
  const { dagId } = document;
  const ended = await cloud.run(dagId);
  const records = await cloud.metadata.taskInstances.list({ dagId, runId: ended.run.runId });
  const messages = records.map(({ taskId, message }) => (message ? `${taskId}: ${message}` : ""));
  expect(ended.states, `${dagId} ${ended.run.runId} ${messages.join(" ")}`).toEqual(states);
  const statesOf = (taskId: string) => [(states[taskId] ?? null) as TaskInstanceState | null];
  expect(ended.state, `${dagId} ${ended.run.runId}`).toBe(decideRunState(document, statesOf).state);
  for (const { taskId, tryNumber } of records) {
    expect(tryNumber, `${dagId} ${ended.run.runId} ${taskId}`).toBeLessThanOrEqual(1);
  }
}
