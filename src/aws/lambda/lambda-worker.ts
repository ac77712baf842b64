// Calls the worker function without waiting for it: user code runs with the worker's role and
// nowhere else.
import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { WorkerEvent } from "../../services/tasks/worker-events.ts";

/** The call resolves when Lambda has taken it over. */
export function createLambdaWorker({
  client,
  functionName,
}: {
  readonly client: LambdaClient;
  /** The worker function. */
  readonly functionName: string;
}): (event: WorkerEvent) => Promise<void> {
  return async (event) => {
    await client.send(
      new InvokeCommand({
        FunctionName: functionName,
        InvocationType: "Event",
        Payload: Buffer.from(JSON.stringify(event)),
      }),
    );
  };
}
