// Which task function is called for a task, and with what: the signature by which the Execution API
// knows the execution goes along.
import type { Capabilities } from "../../services/execution-api/capabilities.ts";
import type { WorkerEvent } from "../../services/tasks/worker-events.ts";
import type { Invocation } from "./lambda-call.ts";
import { type TaskFunctions, taskFunctionOf } from "./task-functions.ts";

export function createTaskInvocations({
  host,
  capabilities,
  roleOf,
}: {
  readonly host: TaskFunctions;
  readonly capabilities: Pick<Capabilities, "signExecution">;
  /** The role of the run's DAG. */
  readonly roleOf: (event: WorkerEvent) => Promise<string | undefined>;
}): (event: WorkerEvent) => Promise<Invocation> {
  return async (event) => {
    const { dagId, runId, clearNumber } = event;
    const signature = await capabilities.signExecution({ dagId, runId, clearNumber });
    const functionName = taskFunctionOf(host, await roleOf(event));
    return { functionName, payload: { ...event, signature } };
  };
}
