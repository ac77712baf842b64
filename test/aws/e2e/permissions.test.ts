// What functions ask of AWS is what their roles allow. Emulators let everything pass, so the calls
// of a stack of its own are watched and held against its policies.
import { GetFunctionConfigurationCommand, InvokeCommand } from "@aws-sdk/client-lambda";
import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { findDeployment } from "../../../src/aws/deployment/deployment.ts";
import { dagRun } from "../../contract/records.ts";
import { patient } from "../patience.ts";
import { type Cloud, openCloud, until } from "./cloud.ts";
import { deployStack } from "./deployed-stack.ts";
import {
  type EndpointBetween,
  SERVICES,
  startEndpointBetween,
} from "./endpoints/endpoint-between.ts";
import { type Need, needsOf } from "./iam/iam-needs.ts";
import { isAllowed, readStatements } from "./iam/iam-policies.ts";

const STACK = "Watched";
const AN_HOUR_MS = 3_600_000;

let cloud: Cloud;
let between: EndpointBetween;
/** By the calling function and what it needs. */
const seen = new Map<string, { readonly caller: string; readonly need: Need }>();
/** Calls that the test doesn't understand. */
const unknown: string[] = [];
const place = { region: process.env.AWS_REGION ?? "us-east-1", account: "000000000000" };

beforeAll(async () => {
  cloud = openCloud(await deployStack(STACK, { webhook: inject("catcher") }));
  between = await startEndpointBetween(async (call, forward) => {
    try {
      for (const need of needsOf(call, place)) {
        seen.set(JSON.stringify([call.caller, need]), { caller: call.caller, need });
      }
    } catch (problem) {
      unknown.push(String(problem));
    }
    return forward();
  });
  const { functions } = await findDeployment(STACK);
  await Promise.all(
    functions.map(({ FunctionName = "" }) => between.leadThrough(FunctionName, SERVICES)),
  );
}, 600_000);

afterAll(() => between?.close());

const FILES = {
  "watched/words.ts": 'export const word = "hello";\n',
  "watched/busy.ts": `import { Dag, getClient } from "stepwind";
import { word } from "./words.ts";
export const dag = new Dag("busy", { schedule: "0 6 * * *", startDate: "2026-01-01", timezone: "Europe/London" });
const at = (id: string, run: () => Promise<unknown> = async () => 1) => dag.task(id, run)();
const [a, b, c, d, e, f] = [
  at("a", async () => "x".repeat(100_000)),
  at("b", async () => {
    const client = getClient();
    console.log(word, await client.getVariable("region"), await client.getConnection("warehouse"));
    await client.setVariable("seen", "yes");
    await client.taskStateStore.set("n", 1);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }),
  at("c"), at("d"), at("e"), at("f"),
];
a.before(c, d);
b.before(d, e);
c.before(f);
e.before(f);
const read = dag.task("read", async ({ text }: { text: unknown }) => String(text).length);
read({ text: a });
const big = dag.task("big", async () => "x".repeat(4_500_000));
dag.task("size", async ({ text }: { text: unknown }) => String(text).length)({ text: big() });
dag.sensor("waits", async () => {
  const { taskStateStore } = getClient();
  const pokes = Number((await taskStateStore.get("pokes")) ?? 0) + 1;
  await taskStateStore.set("pokes", pokes);
  return pokes > 2;
}, { pokeInterval: 1 })();
`,
  "watched/failing.ts": `import { Dag } from "stepwind";
export const dag = new Dag("failing", { schedule: null, onFailureCallback: () => console.log("told") });
dag.task("bad", async () => { throw new Error("no"); }, { retries: 1, retryDelay: 1, onRetryCallback: () => 0 })();
`,
  "watched/late.ts": `import { Dag } from "stepwind";
export const dag = new Dag("late", { schedule: "* * * * *", dagrunTimeout: 2, isPausedUponCreation: true });
const slow = dag.task("slow", () => new Promise((resolve) => setTimeout(resolve, 6_000)))();
dag.task("next", async () => 1, { dependsOnPast: true })().after(slow);
`,
};

test("every call that a function makes is allowed by its role", {
  timeout: patient(240_000),
}, async () => {
  for (const [id, value] of [
    ["variables/region", "eu"],
    ["connections/warehouse", "postgres://h"],
  ]) {
    const Name = `${cloud.environment.secretsPrefix}/${id}`;
    await new SSMClient().send(
      new PutParameterCommand({ Name, Value: value, Type: "SecureString", Overwrite: true }),
    );
  }
  for (const [file, text] of Object.entries(FILES)) await cloud.upload(file, text);
  for (const dagId of ["busy", "failing", "late"]) await cloud.dagWhen(dagId);
  await runBusy();
  await runFailing();
  await runLate();
  await takeUpLeft();
  await removeAll();

  const { functions } = await findDeployment(STACK);
  const refused: string[] = [];
  const idle: string[] = [];
  for (const { FunctionName = "" } of functions) {
    const { Role = "" } = await cloud.lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName }),
    );
    const statements = await readStatements(Role);
    for (const { caller, need } of seen.values()) {
      if (caller !== FunctionName || isAllowed(statements, need)) continue;
      refused.push(`${caller} may not ${need.action} on ${need.resource}`);
    }
    const service = FunctionName.slice(STACK.length + 1);
    const used = actionsOf(service);
    const allowed = statements.filter(({ Effect }) => Effect === "Allow");
    for (const action of new Set(allowed.flatMap(({ Action }) => Action))) {
      if (!used.includes(action) && !UNSEEN.some((each) => each.test(`${service} ${action}`))) {
        idle.push(`${service} ${action}`);
      }
    }
  }
  expect(refused).toEqual([]);
  expect(idle).toEqual([]);
  expect([...new Set(unknown)]).toEqual([]);
  for (const [service, actions] of Object.entries(WATCHED)) {
    expect(actionsOf(service), service).toEqual(expect.arrayContaining(actions));
  }
});

test("the code of tasks may call the Execution API and do nothing else", async () => {
  const FunctionName = `${STACK}-task`;
  const { Role = "", Environment } = await cloud.lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName }),
  );
  const statements = await readStatements(Role);
  const { table, dataBucket, secretsPrefix, stateMachineArnPrefix } = cloud.environment;
  const { region, account } = place;
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`;
  const forbidden: readonly Need[] = [
    ...["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchGetItem"].map((each) => ({
      action: `dynamodb:${each}`,
      resource: arn("dynamodb", `table/${table}`),
    })),
    ...["xcoms/busy/r", "logs/busy/r", "bundles/x.mjs", "messages/x"].flatMap((key) =>
      ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"].map((action) => ({
        action,
        resource: `arn:aws:s3:::${dataBucket}/${key}`,
      })),
    ),
    ...[
      "connections/warehouse",
      "variables/region",
      "api/password",
      "api/oidc-client-secret",
      "encryption/keys",
    ].map((path) => ({
      action: "ssm:GetParameter",
      resource: arn("ssm", `parameter${secretsPrefix}/${path}`),
    })),
    ...["StartExecution", "StopExecution", "SendTaskSuccess", "DeleteStateMachine"].map((each) => ({
      action: `states:${each}`,
      resource: `${stateMachineArnPrefix}busy-x`,
    })),
    ...["worker", "recorder", "scheduler", "api-server", "task", "dag-loader"].map((service) => ({
      action: "lambda:InvokeFunction",
      resource: arn("lambda", `function:${STACK}-${service}`),
    })),
  ];
  expect(forbidden.filter((need) => isAllowed(statements, need))).toEqual([]);
  const resource = arn("lambda", `function:${STACK}-execution-api`);
  expect(isAllowed(statements, { action: "lambda:InvokeFunction", resource })).toBe(true);
  const actions = statements.flatMap(({ Action }) => Action).sort();
  const own = ["lambda:InvokeFunction", "logs:CreateLogStream", "logs:PutLogEvents"];
  expect(actions).toEqual(own);
  // Nor does it learn names of anything else.
  const named = Object.keys(Environment?.Variables ?? {}).filter((each) => /STEPWIND/.test(each));
  expect(named).toEqual(["STEPWIND_EXECUTION_API"]);
});

test("a forged message to the Execution API is refused and changes nothing", async () => {
  await cloud.upload("watched/idle.ts", IDLE);
  await cloud.dagWhen("idle");
  const runId = await cloud.trigger("idle");
  const key = { dagId: "idle", runId, taskId: "t", mapIndex: -1 };
  const before = await until(
    "the task's start",
    () => cloud.metadata.taskInstances.get(key),
    ({ state }) => state === "running",
  );
  const ids = { dagId: "idle", runId, clearNumber: 0, taskId: "t" };
  const claims = { kind: "try", ...key, clearNumber: 0, tryNumber: 1, expiresAt: 1e15 };
  const forged = `${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${"A".repeat(43)}`;
  const report = { ending: { kind: "success", result: "1" }, entries: [] };
  for (const message of [
    // What Step Functions sends to the worker, with a signature that is none, and with none.
    ids,
    { action: "begin", ...ids, signature: "A".repeat(43) },
    { action: "end", capability: forged, report },
    { action: "append", capability: forged, entries: [] },
    { action: "upload", capability: forged },
    { action: "stored", key: "../xcoms/idle" },
    {
      action: "ask",
      capability: forged,
      question: { method: "getConnection", args: { connId: "warehouse" } },
    },
    { action: "settle", ...ids },
  ]) {
    const { FunctionError, Payload } = await cloud.lambda.send(
      new InvokeCommand({
        FunctionName: `${STACK}-execution-api`,
        Payload: Buffer.from(JSON.stringify(message)),
      }),
    );
    expect(FunctionError).toBeUndefined();
    const reply = JSON.parse(Buffer.from(Payload ?? []).toString());
    expect(reply, JSON.stringify(message)).toMatchObject({
      kind: "error",
      name: "Stepwind.Refused",
    });
  }
  expect(await cloud.metadata.taskInstances.get(key)).toEqual(before);
  expect((await cloud.endOf("idle", runId)).state).toBe("success");
});

/** Its task runs while messages about it are forged. */
const IDLE = `import { Dag } from "stepwind";
export const dag = new Dag("idle", { schedule: null });
dag.task("t", () => new Promise((resolve) => setTimeout(resolve, 5_000)))();
`;

/** What is allowed though no call of this test needs it. */
const UNSEEN: readonly RegExp[] = [
  // Calls of Lambda itself, which pass no endpoint of ours: logs, traces, dead letters, messages.
  / (logs|xray):/,
  /^(dag-processor|scheduler|recorder|notifier) sqs:SendMessage$/,
  // Only executions that began before the code of tasks was isolated call the worker.
  /^worker /,
  // Tasks that can't run at once go on by messages; here all of them run at once.
  /^triggerer (dynamodb:(Query|PutItem|UpdateItem)|states:SendTaskSuccess)$/,
  /^api-server sqs:SendMessage$/,
  /^triggerer sqs:(ReceiveMessage|DeleteMessage|ChangeMessageVisibility|GetQueue)/,
  // Whoever changes a DAG or ends a run plans, and with that may start and end any other run.
  /^(dag-processor|scheduler|recorder|api-server) (states|scheduler|events|iam|sns|lambda|s3|dynamodb):/,
  // Large values and large documents have several items; which of these there are isn't seen here.
  /^execution-api dynamodb:Batch/,
  // To tell an object that isn't there from one that it may not read.
  /^execution-api s3:ListBucket$/,
  // Only the first that stores a secret makes the key.
  /^(api-server|execution-api) ssm:PutParameter$/,
  // Gives a claim back when Slack doesn't answer.
  /^notifier dynamodb:DeleteItem$/,
];

/** What must have been seen, so that this test goes on seeing. */
const WATCHED = {
  task: ["lambda:InvokeFunction"],
  "execution-api": [
    "dynamodb:UpdateItem",
    "s3:GetObject",
    "s3:PutObject",
    "ssm:GetParameter",
    "states:SendTaskSuccess",
    "sns:Publish",
    "lambda:InvokeFunction",
    "sqs:SendMessage",
  ],
  triggerer: ["dynamodb:GetItem", "sqs:SendMessage", "lambda:InvokeFunction"],
  recorder: ["dynamodb:Query", "lambda:InvokeFunction", "states:StopExecution"],
  scheduler: [
    "states:DescribeExecution",
    "states:StartExecution",
    "states:StopExecution",
    "sns:Publish",
  ],
  "dag-processor": [
    "s3:GetObject",
    "lambda:InvokeFunction",
    "states:CreateStateMachine",
    "iam:PassRole",
  ],
  "api-server": ["states:StartExecution", "s3:DeleteObject", "states:DeleteStateMachine"],
  notifier: ["ssm:GetParameter"],
};

function actionsOf(service: string): readonly string[] {
  const mine = [...seen.values()].filter(({ caller }) => caller === `${STACK}-${service}`);
  return mine.map(({ need }) => need.action);
}

async function runBusy(): Promise<void> {
  const { run, state } = await cloud.run("busy");
  expect(state).toBe("success");
  const instance = `/dags/busy/dagRuns/${encodeURIComponent(run.runId)}/taskInstances/b`;
  await cloud.ask(`${instance}/logs/1`, { method: "GET" });
  const large = instance.replace(/b$/, "a");
  await cloud.ask(`${large}/xcomEntries/return_value`, { method: "GET" });
  for (const isPaused of [true, false]) {
    await cloud.ask("/dags/busy", { method: "PATCH", body: { is_paused: isPaused } });
  }
}

async function runFailing(): Promise<void> {
  const { run, state } = await cloud.run("failing");
  expect(state).toBe("failed");
  await until(
    "a message",
    () => cloud.messages(run.runId),
    ({ length }) => length > 0,
  );
}

/**
 * A run beyond its timeout is ended by the scheduler; another one, which waits for its past, by
 * hand.
 */
async function runLate(): Promise<void> {
  await cloud.ask("/dags/late", { method: "PATCH", body: { is_paused: false } });
  const first = await cloud.trigger("late");
  const slow = { dagId: "late", runId: first, taskId: "slow", mapIndex: -1 };
  await until("slow's start", () => cloud.metadata.taskInstances.get(slow));
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  await wakeScheduler({ dagId: "late" });
  expect((await cloud.endOf("late", first)).state).toBe("failed");

  const second = await cloud.trigger("late");
  await until("slow's start", () => cloud.metadata.taskInstances.get({ ...slow, runId: second }));
  const running = await cloud.executionsOf("late");
  for (const executionArn of running) {
    await cloud.sfn.send(new StopExecutionCommand({ executionArn })).catch(() => {});
  }
  expect((await cloud.endOf("late", second)).state).toBe("failed");
  await cloud.ask("/dags/late", { method: "PATCH", body: { is_paused: true } });
}

/** A run that never started, and a version that nobody needs. */
async function takeUpLeft(): Promise<void> {
  const { metadata } = cloud;
  const before = await cloud.dagWhen("failing");
  const changed = FILES["watched/failing.ts"].replace('"no"', '"never"');
  await cloud.upload("watched/failing.ts", changed);
  const dag = await cloud.dagWhen(
    "failing",
    ({ versionHash }) => versionHash !== before.versionHash,
  );
  const at = new Date(Date.now() - AN_HOUR_MS).toISOString();
  const superseded = dag.superseded?.map((each) => ({ ...each, idleSince: at })) ?? [];
  expect(await metadata.dags.put({ ...dag, superseded, revision: dag.revision + 1 })).toBe(true);
  await wakeScheduler({ dagId: "failing" });
  const { versionHash } = dag;
  const run = dagRun({ dagId: "failing", state: "running", versionHash, logicalDate: null });
  await metadata.runs.create({ ...run, queuedAt: at, startDate: at });
  await wakeScheduler({});
  expect((await cloud.endOf("failing", run.runId)).state).toBe("failed");
}

async function removeAll(): Promise<void> {
  await cloud.remove("watched/late.ts");
  await until(
    "retirement",
    () => cloud.metadata.dags.get("late"),
    ({ isStale }) => isStale,
  );
  await until(
    "an idle DAG",
    async () => (await cloud.metadata.runs.listActive("busy")).length === 0,
    Boolean,
  );
  await cloud.ask("/dags/busy", { method: "DELETE" });
  expect(await cloud.metadata.dags.get("busy")).toBeUndefined();
}

async function wakeScheduler(event: object): Promise<void> {
  const Payload = Buffer.from(JSON.stringify(event));
  const FunctionName = cloud.environment.schedulerArn;
  const { FunctionError } = await cloud.lambda.send(new InvokeCommand({ FunctionName, Payload }));
  expect(FunctionError).toBeUndefined();
}
