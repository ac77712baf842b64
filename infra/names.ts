// Names and ARNs of the deployment's parts. They are known before anything is made, so parts may
// know each other in a circle, and they stay the same from one deployment to the next: runs that
// are going on keep calling them.
import { Arn, ArnFormat, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";

export type ServiceName =
  | "dag-processor"
  | "dag-loader"
  | "scheduler"
  | "worker"
  | "recorder"
  | "triggerer"
  | "notifier"
  | "api-server";

export interface Names {
  readonly table: string;
  /** Where users upload DAG files. */
  readonly dagsBucket: string;
  /** Bundles, logs and large XComs. */
  readonly dataBucket: string;
  /** Of messages to the triggerer. */
  readonly triggerQueue: string;
  functionName(service: ServiceName): string;
  functionArn(service: ServiceName): string;
  /** Of the function that serves the Execution API. */
  readonly executionApi: string;
  readonly executionApiArn: string;
  /** Of the function that runs the code of DAGs with the role, or of those without one. */
  taskFunction(role?: string): string;
  taskFunctionArn(role?: string): string;
  readonly stateMachinePrefix: string;
  /** ARN of a state machine, up to the end of the prefix. */
  readonly stateMachineArnPrefix: string;
  readonly executionArnPrefix: string;
  /** Machines and rules that Stepwind 0.1 has made, which an upgrade leaves where they are. */
  readonly old: OldNames;
  readonly scheduleGroup: string;
  readonly scheduleGroupArn: string;
  /** ARN of a schedule of the group, up to its name. */
  readonly scheduleArnPrefix: string;
  readonly rulePrefix: string;
  /** ARN of a rule, up to the end of the prefix. */
  readonly ruleArnPrefix: string;
  /** Path of the deployment's parameters in SSM, without "/" at the end. */
  readonly secretsPrefix: string;
  /** ARN of a parameter below that path. */
  parameterArn(path: string): string;
}

/**
 * Their names begin with the deployment's and "-", as do those of another deployment whose name
 * goes on with "-". The patterns fit no name of the present kind, of whatever deployment: these
 * have "_" where the patterns want the "-" in front of a name's hash.
 */
export interface OldNames {
  readonly stateMachineArnPrefix: string;
  /** ARN pattern. */
  readonly stateMachines: string;
  /** ARN pattern. */
  readonly executions: string;
  /** ARN patterns; a rule's name ends in a number of one or two digits. */
  readonly rules: readonly string[];
}

/** What separates the deployment's name from the rest; the name can't contain it. */
const SEPARATOR = "_";

/** Of a state machine's name, and of a rule's: see src/model/ids.ts and aws/resource-names.ts. */
const ANY_MACHINE_HASH = "?".repeat(20);
const ANY_RULE_HASH = "?".repeat(16);

/**
 * Names of buckets have at most 63 characters, those of rules 64: this leaves room for what comes
 * behind it.
 */
const VALID = /^[A-Za-z](?:[A-Za-z0-9-]{0,22}[A-Za-z0-9])?$/;

export function createNames(scope: Construct, name: string): Names {
  if (!VALID.test(name)) {
    throw new Error(
      `"${name}" can't be the name of a Stepwind deployment; set "name" to one of letters, digits and "-", at most 24 of them`,
    );
  }
  const stack = Stack.of(scope);
  const arn = (service: string, resource: string, resourceName: string, separator = ":") =>
    Arn.format(
      {
        service,
        resource,
        resourceName,
        arnFormat:
          separator === ":" ? ArnFormat.COLON_RESOURCE_NAME : ArnFormat.SLASH_RESOURCE_NAME,
      },
      stack,
    );
  const functionName = (service: ServiceName) => `${name}-${service}`;
  const executionApi = `${name}-execution-api`;
  const taskFunction = (role?: string) => `${name}-task${role === undefined ? "" : `-${role}`}`;
  const prefix = `${name}${SEPARATOR}`;
  const secretsPrefix = `/${name}`;
  // Every account shares the names of buckets.
  const bucket = (holds: string) =>
    `${name.toLowerCase()}-${holds}-${stack.account}-${stack.region}`;
  return {
    table: `${name}-metadata`,
    dagsBucket: bucket("dags"),
    dataBucket: bucket("data"),
    triggerQueue: `${name}${SEPARATOR}triggers`,
    functionName,
    functionArn: (service) => arn("lambda", "function", functionName(service)),
    executionApi,
    executionApiArn: arn("lambda", "function", executionApi),
    taskFunction,
    taskFunctionArn: (role) => arn("lambda", "function", taskFunction(role)),
    stateMachinePrefix: prefix,
    stateMachineArnPrefix: arn("states", "stateMachine", prefix),
    executionArnPrefix: arn("states", "execution", prefix),
    old: {
      stateMachineArnPrefix: arn("states", "stateMachine", `${name}-`),
      stateMachines: arn("states", "stateMachine", `${name}-*-${ANY_MACHINE_HASH}`),
      executions: arn("states", "execution", `${name}-*-${ANY_MACHINE_HASH}:*`),
      rules: ["?", "??"].map((digits) =>
        arn("events", "rule", `${name}-*-${ANY_RULE_HASH}-${digits}`, "/"),
      ),
    },
    scheduleGroup: name,
    scheduleGroupArn: arn("scheduler", "schedule-group", name, "/"),
    scheduleArnPrefix: arn("scheduler", "schedule", `${name}/`, "/"),
    rulePrefix: prefix,
    ruleArnPrefix: arn("events", "rule", prefix, "/"),
    secretsPrefix,
    parameterArn: (path) => arn("ssm", "parameter", `${name}/${path}`, "/"),
  };
}
