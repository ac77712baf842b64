// Calls a task function without waiting for it, with the signature by which the Execution API knows
// the execution.
import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { Capabilities } from "../../services/execution-api/capabilities.ts";
import type { WorkerEvent } from "../../services/tasks/worker-events.ts";
import { type TaskFunctions, taskFunctionOf } from "./task-functions.ts";

/** The call resolves when Lambda has taken it over. */
export function createTaskCall({
  client,
  host,
  capabilities,
  roleOf,
}: {
  readonly client: LambdaClient;
  readonly host: TaskFunctions;
  readonly capabilities: Pick<Capabilities, "signExecution">;
  /** The role of the run's DAG. */
  readonly roleOf: (event: WorkerEvent) => Promise<string | undefined>;
}): (event: WorkerEvent) => Promise<void> {
  return async (event) => {
    const { dagId, runId, clearNumber } = event;
    const signature = await capabilities.signExecution({ dagId, runId, clearNumber });
    await client.send(
      new InvokeCommand({
        FunctionName: taskFunctionOf(host, await roleOf(event)),
        InvocationType: "Event",
        Payload: Buffer.from(JSON.stringify({ ...event, signature })),
      }),
    );
  };
}
