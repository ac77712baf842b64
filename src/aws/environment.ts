// What a function finds in its environment: the names of all that the deployment is made of. infra/
// sets them.

import { parseRetention, type Retention } from "../model/scheduling/history-retention.ts";
import type { RoleRights } from "../services/execution-api/role-rights.ts";
import type { TaskFunctions } from "./lambda/task-functions.ts";
import type { MachineNames } from "./machine-arns.ts";

export interface AwsEnvironment {
  readonly table: string;
  /** Where users upload their DAG files. */
  readonly dagsBucket: string;
  /** Bundles, logs and large XComs. */
  readonly dataBucket: string;
  /** Function names. */
  readonly worker: string;
  /** Longest run of the worker, in seconds. */
  readonly workerTimeout: number;
  /** Megabytes that it has; absent in a deployment of an older version. */
  readonly workerMemory?: number;
  /**
   * Runs user code without the product's rights, of DAGs without a role. Absent where the worker
   * runs user code itself.
   */
  readonly task?: string;
  /** The same functions by the role of the DAG. */
  readonly taskRoles: Readonly<Record<string, string>>;
  /** What DAGs with a role may read. Only the Execution API knows it. */
  readonly roleRights: Readonly<Record<string, RoleRights>>;
  readonly recorder: string;
  readonly loader: string;
  readonly schedulerArn: string;
  /** What names of state machines begin with. */
  readonly stateMachinePrefix: string;
  /** ARN of a state machine up to the end of that prefix. */
  readonly stateMachineArnPrefix: string;
  readonly stateMachineRoleArn: string;
  /** Which of EventBridge's two services fires. */
  readonly schedules: "scheduler" | "rules";
  /** Of EventBridge Scheduler's schedules. */
  readonly scheduleGroup: string;
  /** What names of EventBridge's rules begin with. */
  readonly rulePrefix: string;
  readonly scheduleRoleArn: string;
  /** Queue that takes fires which could not be delivered. */
  readonly scheduleDeadLetterArn: string;
  readonly topicArn: string;
  /** Queue of messages to the triggerer. */
  readonly triggerQueueUrl: string;
  readonly dagsArePausedAtCreation: boolean;
  /** Of the product. */
  readonly version: string;
  /** Path in Parameter Store, without "/" at the end. */
  readonly secretsPrefix: string;
  /** Key of KMS for parameters that the product makes; AWS's own for SSM when absent. */
  readonly parametersKey?: string;
  /** After how many days history is removed; absent: never. */
  readonly retention?: Retention;
  /** Used when the connection `slack_default` isn't set. */
  readonly slackWebhook?: string;
  /** For links in notifications. */
  readonly uiUrl?: string;
}

/** Throws when a variable is missing. */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): AwsEnvironment {
  const read = (name: string): string => {
    const value = variables[`STEPWIND_${name}`];
    if (!value) throw new Error(`The environment variable STEPWIND_${name} is not set`);
    return value;
  };
  const task = variables.STEPWIND_TASK;
  const parametersKey = variables.STEPWIND_PARAMETERS_KEY;
  const slackWebhook = variables.STEPWIND_SLACK_WEBHOOK;
  const retention = variables.STEPWIND_RETENTION;
  const uiUrl = variables.STEPWIND_UI_URL;
  const workerMemory = variables.STEPWIND_WORKER_MEMORY;
  return {
    table: read("TABLE"),
    dagsBucket: read("DAGS_BUCKET"),
    dataBucket: read("DATA_BUCKET"),
    worker: read("WORKER"),
    workerTimeout: Number(read("WORKER_TIMEOUT")),
    ...(task ? { task } : {}),
    taskRoles: toTaskRoles(task, variables.STEPWIND_TASK_ROLES),
    roleRights: JSON.parse(variables.STEPWIND_ROLE_RIGHTS ?? "{}"),
    recorder: read("RECORDER"),
    loader: read("LOADER"),
    schedulerArn: read("SCHEDULER_ARN"),
    stateMachinePrefix: read("STATE_MACHINE_PREFIX"),
    stateMachineArnPrefix: read("STATE_MACHINE_ARN_PREFIX"),
    stateMachineRoleArn: read("STATE_MACHINE_ROLE_ARN"),
    schedules: parseSchedules(read("SCHEDULES")),
    scheduleGroup: read("SCHEDULE_GROUP"),
    rulePrefix: read("RULE_PREFIX"),
    scheduleRoleArn: read("SCHEDULE_ROLE_ARN"),
    scheduleDeadLetterArn: read("SCHEDULE_DEAD_LETTER_ARN"),
    topicArn: read("TOPIC_ARN"),
    triggerQueueUrl: read("TRIGGER_QUEUE_URL"),
    version: read("VERSION"),
    dagsArePausedAtCreation: variables.STEPWIND_DAGS_ARE_PAUSED_AT_CREATION === "true",
    secretsPrefix: read("SECRETS_PREFIX"),
    ...(parametersKey ? { parametersKey } : {}),
    ...(retention ? { retention: parseRetention(retention) } : {}),
    ...(workerMemory ? { workerMemory: Number(workerMemory) } : {}),
    ...(slackWebhook ? { slackWebhook } : {}),
    ...(uiUrl ? { uiUrl } : {}),
  };
}

/** What names the state machines of the deployment. */
export function machineNamesOf(environment: AwsEnvironment): MachineNames {
  const { stateMachinePrefix: prefix, stateMachineArnPrefix: arnPrefix, task } = environment;
  return { prefix, arnPrefix, isIsolated: task !== undefined };
}

/** Undefined where the worker runs user code itself. */
export function taskFunctionsOf({ task, taskRoles }: AwsEnvironment): TaskFunctions | undefined {
  return task === undefined ? undefined : { task, taskRoles };
}

/** The functions of the roles are named after that of DAGs without one. */
function toTaskRoles(
  task: string | undefined,
  roles: string | undefined,
): Readonly<Record<string, string>> {
  if (!task || !roles) return {};
  return Object.fromEntries(roles.split(",").map((role) => [role, `${task}-${role}`]));
}

function parseSchedules(value: string): "scheduler" | "rules" {
  if (value === "scheduler" || value === "rules") return value;
  throw new Error(`STEPWIND_SCHEDULES is "scheduler" or "rules", not "${value}"`);
}
