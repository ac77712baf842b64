// The functions by which the code of DAGs runs without the product's rights: one for DAGs without a
// role, one for each role, and the Execution API, which is all that these may call.
import { Duration } from "aws-cdk-lib";
import type * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { isTaskRole } from "../src/model/ids.ts";
import { Service } from "./functions.ts";
import { allow } from "./permissions.ts";
import { isIsolated, type StepwindProps } from "./props.ts";
import { ownOfWorker, type ServicesOptions, sharedProps } from "./services.ts";

export interface TaskFunctions {
  readonly executionApi: Service;
  /** Of DAGs without a role. */
  readonly shared: Service;
  readonly byRole: Readonly<Record<string, Service>>;
}

/** What a deployment's own functions learn of the task functions. */
export function taskEnvironment(
  { names }: Pick<ServicesOptions, "names">,
  props: StepwindProps,
): Readonly<Record<string, string>> {
  if (!isIsolated(props)) return {};
  const roles = rolesOf(props);
  return {
    STEPWIND_TASK: names.taskFunction(),
    ...(roles.length > 0 ? { STEPWIND_TASK_ROLES: roles.join(",") } : {}),
  };
}

/**
 * One whole processor (AWS Lambda: "At 1,769 MB, a function has the equivalent of one vCPU"). The
 * task function is paid for while it waits, so less memory would cost more.
 */
const API_MEMORY_MB = 1_769;

/** Undefined where the worker runs the code of DAGs itself. */
export function createTaskFunctions(
  scope: Construct,
  options: ServicesOptions,
): TaskFunctions | undefined {
  const { names, environment, workerTimeout, props } = options;
  if (!isIsolated(props)) return undefined;
  const executionApi = new Service(scope, "execution-api", {
    ...sharedProps(options),
    functionName: names.executionApi,
    service: "execution-api",
    description: "Does for the code of tasks what that has no rights for",
    memorySize: API_MEMORY_MB,
    timeout: Duration.minutes(5),
    // Lambda reports here which calls of task functions have failed.
    isAsync: true,
    isInLoop: true,
    environment: { ...environment, STEPWIND_ROLE_RIGHTS: JSON.stringify(rightsOf(props)) },
  });
  const create = (parent: Construct, id: string, role?: string) => {
    const service = new Service(parent, id, {
      ...sharedProps(options),
      ...ownOfWorker(props.worker, workerTimeout),
      functionName: names.taskFunction(role),
      service: "task",
      description: `Runs tasks and callbacks of DAGs ${role === undefined ? "without a role" : `with role ${role}`}`,
      environment: { STEPWIND_EXECUTION_API: names.executionApi },
      // A dead-letter queue, and traces, would have to be allowed to the code of DAGs.
      isAsync: false,
      isTraced: false,
      failures: executionApi.function,
    });
    allow(service.role, {
      actions: ["lambda:InvokeFunction"],
      resources: [names.executionApiArn],
    });
    const policies =
      role === undefined ? props.worker?.policies : props.taskRoles?.[role]?.policies;
    for (const policy of policies ?? []) service.role.addToPolicy(policy);
    return service;
  };
  const roles = rolesOf(props);
  const parent = roles.length > 0 ? new Construct(scope, "TaskRoles") : scope;
  return {
    executionApi,
    shared: create(scope, "task"),
    byRole: Object.fromEntries(roles.map((role) => [role, create(parent, role, role)])),
  };
}

/** The roles that code of DAGs has, by the role of the DAG. */
export function rolesOfTasks(
  functions: TaskFunctions | undefined,
): Readonly<Record<string, iam.Role>> {
  const entries = Object.entries(functions?.byRole ?? {});
  return Object.fromEntries(entries.map(([name, { role }]) => [name, role]));
}

function rolesOf(props: StepwindProps): readonly string[] {
  return Object.keys(props.taskRoles ?? {});
}

/** Throws for a choice that can't be. */
export function checkTaskRoles(props: StepwindProps): void {
  const [first] = rolesOf(props);
  if (first !== undefined && !isIsolated(props)) {
    throw new Error(
      `taskRoles has "${first}", but with isolation "shared" all DAGs have the worker's role; leave one of them out`,
    );
  }
  for (const role of rolesOf(props)) {
    if (isTaskRole(role)) continue;
    throw new Error(
      `"${role}" can't be a task role; use a name of letters, digits and "-", at most 30, that begins with a letter`,
    );
  }
}

function rightsOf({ taskRoles = {} }: StepwindProps) {
  return Object.fromEntries(
    Object.entries(taskRoles).map(([role, { connections, variables }]) => [
      role,
      { ...(connections ? { connections } : {}), ...(variables ? { variables } : {}) },
    ]),
  );
}
