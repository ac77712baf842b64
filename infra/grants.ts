// What each service may do, and nothing else.
import type * as iam from "aws-cdk-lib/aws-iam";
import type * as sns from "aws-cdk-lib/aws-sns";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import type { Service } from "./functions.ts";
import type { Names, ServiceName } from "./names.ts";
import { CLIENT_SECRET } from "./oidc.ts";
import {
  ENCRYPTION_KEYS,
  makeEncryptionKeys,
  type ParameterParts,
  readParameters,
} from "./parameter-grants.ts";
import { allow } from "./permissions.ts";
import type { Storage } from "./storage.ts";
import type { TaskFunctions } from "./task-functions.ts";

export interface Parts extends ParameterParts {
  readonly storage: Storage;
  readonly services: Readonly<Record<ServiceName, Service>>;
  /** Absent where the worker runs the code of DAGs itself. */
  readonly tasks: TaskFunctions | undefined;
  readonly stateMachineRole: iam.Role;
  readonly scheduleRole: iam.Role;
  readonly topic: sns.Topic;
  /** Which of EventBridge's two services fires. */
  readonly schedules: "scheduler" | "rules";
  /** Takes fires of schedules that could not be delivered. */
  readonly fires: sqs.Queue;
  /** Messages to the triggerer. */
  readonly triggers: sqs.Queue;
  /** Whether people may log in at an OpenID provider. */
  readonly hasOidc: boolean;
}

const TABLE_ACTIONS = [
  "dynamodb:GetItem",
  "dynamodb:BatchGetItem",
  "dynamodb:Query",
  "dynamodb:PutItem",
  "dynamodb:UpdateItem",
  "dynamodb:DeleteItem",
  "dynamodb:BatchWriteItem",
];

/** The loader is not here: its role may do nothing. */
export function grantAll(parts: Parts): void {
  const { services } = parts;
  const { worker, recorder, scheduler, notifier } = services;
  const processor = services["dag-processor"];
  const api = services["api-server"];

  for (const { role } of [worker, recorder, scheduler, processor, api]) useTable(role, parts);
  for (const { role } of [recorder, scheduler, processor, api]) {
    planRuns(role, parts);
    handOverCallbacks(role, parts);
    // What callbacks of DAGs have written there also goes into the function's own log. The recorder
    // writes how a task ended whose worker died without a report.
    // A run that begins at tasks of another one gets copies of that one's values.
    useObjects(role, parts, {
      read: ["logs", "xcoms"],
      write: role === recorder.role ? ["logs", "xcoms"] : ["xcoms"],
    });
  }

  runTasks(worker.role, parts, []);
  if (!parts.tasks) {
    // Lambda reports there which calls of the worker have failed.
    allow(worker.role, {
      actions: ["lambda:InvokeFunction"],
      resources: [parts.names.functionArn("recorder")],
    });
  } else {
    const { role } = parts.tasks.executionApi;
    useTable(role, parts);
    runTasks(role, parts, ["messages"]);
  }
  runByMessages(parts);
  processFiles(processor.role, parts);
  serveApi(api.role, parts);
  // A DAG that is deleted leaves logs and XComs; who comes across them removes them.
  for (const { role } of [scheduler, processor, api]) {
    useObjects(role, parts, { read: [], write: [], remove: ["logs", "xcoms"] });
  }
  useObjects(scheduler.role, parts, { read: [], write: [], remove: ["bundles"] });
  // It claims each event before it sends it.
  allow(notifier.role, {
    actions: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"],
    resources: [parts.storage.table.attrArn],
  });
  readParameters(notifier.role, parts, ["connections/slack_default", ENCRYPTION_KEYS]);
  callFunctions(parts);
}

/** What recording tasks needs, and what tasks may ask for. */
function runTasks(role: iam.Role, parts: Parts, passing: readonly string[]): void {
  handOverCallbacks(role, parts);
  tellFailures(role, parts);
  releaseGates(role, parts);
  const read = ["bundles", "xcoms", ...passing];
  useObjects(role, parts, { read, write: ["logs", "xcoms", ...passing] });
  readParameters(role, parts, ["connections/*", "variables/*", ENCRYPTION_KEYS]);
  makeEncryptionKeys(role, parts);
  allow(role, { actions: ["sqs:SendMessage"], resources: [parts.triggers.queueArn] });
}

/**
 * The triggerer looks at a task and its version, keeps the engine's token, sends messages on, and
 * has the worker or the recorder do the rest.
 */
function runByMessages(parts: Parts): void {
  const { names } = parts;
  const { role } = parts.services.triggerer;
  allow(role, {
    actions: ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    resources: [parts.storage.table.attrArn],
  });
  allow(role, {
    actions: ["lambda:InvokeFunction"],
    resources: [...taskHosts(parts), names.functionArn("recorder")],
  });
  releaseGates(role, parts);
}

function processFiles(role: iam.Role, parts: Parts): void {
  const { names } = parts;
  allow(role, {
    actions: ["s3:GetObject"],
    resources: [`${parts.storage.dagsBucketArn}/*`],
    reason: "Users name their DAG files",
  });
  allow(role, {
    actions: ["s3:ListBucket"],
    resources: [parts.storage.dagsBucketArn],
  });
  useObjects(role, parts, { read: ["bundles"], write: ["bundles"] });
  allow(role, {
    actions: ["lambda:InvokeFunction"],
    resources: [names.functionArn("dag-loader")],
  });
}

function serveApi(role: iam.Role, parts: Parts): void {
  useObjects(role, parts, { read: ["xcoms"], write: [] });
  const ofOidc = parts.hasOidc ? [CLIENT_SECRET] : [];
  readParameters(role, parts, ["api/password", ENCRYPTION_KEYS, ...ofOidc]);
  makeEncryptionKeys(role, parts);
}

/** What calls functions: state machines, and schedules of EventBridge Scheduler. */
function callFunctions(parts: Parts): void {
  const { names } = parts;
  for (const service of ["worker", "recorder"] as const) {
    allow(parts.stateMachineRole, {
      actions: ["lambda:InvokeFunction"],
      resources: [names.functionArn(service)],
    });
  }
  if (parts.tasks) {
    allow(parts.stateMachineRole, {
      actions: ["lambda:InvokeFunction"],
      resources: taskHosts(parts),
    });
  }
  allow(parts.stateMachineRole, {
    actions: ["sqs:SendMessage"],
    resources: [parts.triggers.queueArn],
  });
  allow(parts.stateMachineRole, {
    actions: [
      "xray:PutTraceSegments",
      "xray:PutTelemetryRecords",
      "xray:GetSamplingRules",
      "xray:GetSamplingTargets",
    ],
    resources: ["*"],
    reason: "X-Ray takes traces for no particular resource",
  });
  allow(parts.scheduleRole, {
    actions: ["lambda:InvokeFunction"],
    resources: [names.functionArn("scheduler")],
  });
  allow(parts.scheduleRole, { actions: ["sqs:SendMessage"], resources: [parts.fires.queueArn] });
}

const PER_VERSION =
  "Each version of a DAG has a state machine of its own, made when the DAG is uploaded";

function machinesOf(names: Names): readonly string[] {
  return [`${names.stateMachineArnPrefix}*`, names.old.stateMachines];
}

function executionsOf(names: Names): readonly string[] {
  return [`${names.executionArnPrefix}*`, names.old.executions];
}

function useTable(role: iam.Role, { storage: { table } }: Parts): void {
  const resources = [table.attrArn, `${table.attrArn}/index/runs`];
  allow(role, { actions: TABLE_ACTIONS, resources });
}

/** Without the right to list, S3 says "forbidden" of an object that isn't there. */
function useObjects(
  role: iam.Role,
  { storage: { dataBucket } }: Parts,
  prefixes: {
    readonly read: readonly string[];
    readonly write: readonly string[];
    readonly remove?: readonly string[];
  },
): void {
  const toArns = (names: readonly string[]) =>
    names.map((name) => `${dataBucket.bucketArn}/${name}/*`);
  const reason = "Objects are named after DAGs, runs and versions";
  allow(role, { actions: ["s3:ListBucket"], resources: [dataBucket.bucketArn] });
  if (prefixes.read.length > 0) {
    allow(role, { actions: ["s3:GetObject"], resources: toArns(prefixes.read), reason });
  }
  if (prefixes.write.length > 0) {
    allow(role, { actions: ["s3:PutObject"], resources: toArns(prefixes.write), reason });
  }
  if (prefixes.remove) {
    allow(role, { actions: ["s3:DeleteObject"], resources: toArns(prefixes.remove), reason });
  }
}

/**
 * What the scheduler service does, wherever it runs: starts and ends executions, collects machines,
 * sets its own schedules. A run that it ends may let tasks of other runs go on, which wait at
 * gates.
 */
function planRuns(role: iam.Role, parts: Parts): void {
  const { names, stateMachineRole, scheduleRole, storage } = parts;
  // A run takes the events of assets that it consumes, on condition that it is the one to be made.
  allow(role, {
    actions: ["dynamodb:ConditionCheckItem"],
    resources: [storage.table.attrArn],
  });
  allow(role, {
    actions: ["states:StartExecution", "states:CreateStateMachine", "states:TagResource"],
    resources: [`${names.stateMachineArnPrefix}*`],
    reason: PER_VERSION,
  });
  allow(role, {
    actions: ["states:DeleteStateMachine"],
    resources: machinesOf(names),
    reason: PER_VERSION,
  });
  allow(role, {
    // Describing tells whether a machine of Stepwind 0.1 has started the run before.
    actions: ["states:StopExecution", "states:DescribeExecution"],
    resources: executionsOf(names),
    reason: PER_VERSION,
  });
  passRole(role, stateMachineRole, "states.amazonaws.com");
  if (parts.schedules === "scheduler") {
    passRole(role, scheduleRole, "scheduler.amazonaws.com");
    setSchedules(role, parts);
  } else {
    setRules(role, parts);
  }
  tellFailures(role, parts);
  releaseGates(role, parts);
}

/** To nobody but the service that takes it on. */
function passRole(role: iam.Role, passed: iam.Role, service: string): void {
  allow(role, {
    actions: ["iam:PassRole"],
    resources: [passed.roleArn],
    conditions: { StringEquals: { "iam:PassedToService": service } },
  });
}

const LISTED = "Listing schedules is allowed for all of the account or not at all";

function setSchedules(role: iam.Role, { names }: Parts): void {
  allow(role, {
    actions: [
      "scheduler:GetSchedule",
      "scheduler:CreateSchedule",
      "scheduler:UpdateSchedule",
      "scheduler:DeleteSchedule",
    ],
    resources: [`${names.scheduleArnPrefix}*`],
    reason: "Each DAG has schedules of its own",
  });
  allow(role, { actions: ["scheduler:ListSchedules"], resources: ["*"], reason: LISTED });
}

function setRules(role: iam.Role, { names }: Parts): void {
  allow(role, { actions: ["events:ListRules"], resources: ["*"], reason: LISTED });
  allow(role, {
    actions: [
      "events:DescribeRule",
      "events:PutRule",
      "events:EnableRule",
      "events:DeleteRule",
      "events:PutTargets",
      "events:RemoveTargets",
    ],
    resources: [`${names.ruleArnPrefix}*`, ...names.old.rules],
    reason: "Each DAG has rules of its own",
  });
}

/** A task that waits gets its token back or a message, by whatever way it waits. */
function releaseGates(role: iam.Role, { names, triggers }: Parts): void {
  allow(role, {
    actions: ["states:SendTaskSuccess"],
    resources: machinesOf(names),
    reason: PER_VERSION,
  });
  allow(role, { actions: ["sqs:SendMessage"], resources: [triggers.queueArn] });
}

function handOverCallbacks(role: iam.Role, parts: Parts): void {
  allow(role, { actions: ["lambda:InvokeFunction"], resources: taskHosts(parts) });
}

/** ARNs of the functions that run the code of DAGs. */
function taskHosts({ names, tasks }: Parts): readonly string[] {
  if (!tasks) return [names.functionArn("worker")];
  return [undefined, ...Object.keys(tasks.byRole)].map((role) => names.taskFunctionArn(role));
}

function tellFailures(role: iam.Role, { topic: { topicArn } }: Parts): void {
  allow(role, { actions: ["sns:Publish"], resources: [topicArn] });
}
