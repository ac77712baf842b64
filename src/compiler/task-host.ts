// Which function runs a DAG's tasks: the worker, or where user code has none of its rights the one
// of the DAG's role.
import type { Diagnostic } from "../model/diagnostics.ts";
import type { DagDocument } from "../model/document.ts";
import type { CompileOptions } from "./draft.ts";

export interface TaskHost {
  readonly functionName: string;
  /** What its payload has besides ids: the signature by which the worker knows the execution. */
  readonly proof: { readonly "signature.$"?: string };
}

const SIGNED = { "signature.$": "$.signature" };

/** For a role that the deployment doesn't have, the host of DAGs without one. */
export function taskHostOf({ role }: DagDocument, { functions }: CompileOptions): TaskHost {
  const { worker, task, taskRoles = {} } = functions;
  if (task === undefined) return { functionName: worker, proof: {} };
  const ownOfRole = role === undefined ? undefined : taskRoles[role];
  return { functionName: ownOfRole ?? task, proof: SIGNED };
}

/** Tasks on AWS run in functions, where no files land. */
export function checkFiles(
  { dagId, tasks }: DagDocument,
  { functions: { taskRoles } }: CompileOptions,
): Diagnostic[] {
  if (!taskRoles) return [];
  return tasks
    .filter(({ operator }) => operator === "fileSensor")
    .map(({ taskId }) => ({
      code: "no-files",
      severity: "error",
      dagId,
      taskId,
      message: `Task "${taskId}" of DAG "${dagId}" waits for a file on the machine that runs it, but on AWS tasks run in functions, which have none`,
      hint: "Wait for an object in a bucket instead, with dag.sensor and the client of S3",
    }));
}

/** A role that is not there would leave the DAG with other rights than its author asked for. */
export function checkRole(
  { dagId, role }: DagDocument,
  { functions: { taskRoles } }: CompileOptions,
): Diagnostic[] {
  if (role === undefined || taskRoles?.[role] !== undefined) return [];
  if (!taskRoles) {
    return [
      {
        code: "unknown-role",
        severity: "warning",
        dagId,
        message: `DAG "${dagId}" has the role "${role}", which changes nothing on one machine`,
        hint: "its tasks run with the rights of this process; on AWS, taskRoles of the deployment gives them others",
      },
    ];
  }
  const known = Object.keys(taskRoles).map((each) => `"${each}"`);
  const which = known.length === 0 ? "" : `, or use one of ${known.join(", ")}`;
  return [
    {
      code: "unknown-role",
      severity: "error",
      dagId,
      message: `DAG "${dagId}" has the role "${role}", which this deployment does not have`,
      hint: `add it to taskRoles of the construct Stepwind${which}`,
    },
  ];
}
