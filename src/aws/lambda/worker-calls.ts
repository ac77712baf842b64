// The triggerer's calls of the worker, or of the task function in its place. None of them is waited
// for to its end; one that is watched shows whether the function dies at its start.
import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { TriggererCalls, WorkerError } from "../../services/tasks/triggerer.ts";
import type { WorkerEvent } from "../../services/tasks/worker-events.ts";
import { type Invocation, invokeLater } from "./lambda-call.ts";

/** How long a call is watched, in ms. The triggerer lives for 30 s. */
const WATCHED_MS = 10_000;

export interface WorkerCallsOptions {
  readonly client: LambdaClient;
  /** Makes each call once: what is throttled is left to Lambda. */
  readonly watchingClient: LambdaClient;
  readonly invocationOf: (event: WorkerEvent) => Promise<Invocation>;
  /** In ms; 10 s when absent. */
  readonly watchedMs?: number;
}

export function createWorkerCalls({
  client,
  watchingClient,
  invocationOf,
  watchedMs = WATCHED_MS,
}: WorkerCallsOptions): Pick<Required<TriggererCalls>, "worker" | "watchedWorker"> {
  return {
    worker: async (event) => invokeLater(client, await invocationOf(event)),

    async watchedWorker(event) {
      const invocation = await invocationOf(event);
      const { functionName: FunctionName, payload } = invocation;
      const command = new InvokeCommand({
        FunctionName,
        Payload: Buffer.from(JSON.stringify(payload)),
      });
      // Lambda goes on with a call whose caller has left.
      const abortSignal = AbortSignal.timeout(watchedMs);
      try {
        const { FunctionError, Payload } = await watchingClient.send(command, { abortSignal });
        return FunctionError === undefined ? undefined : toError(Payload);
      } catch {
        // A call that was refused, most likely for want of concurrency, is kept by Lambda.
        if (!abortSignal.aborted) await invokeLater(client, invocation);
        return undefined;
      }
    },
  };
}

/** AWS Lambda: "Node.js function errors". */
function toError(payload: Uint8Array | undefined): WorkerError {
  const answer: unknown = JSON.parse(Buffer.from(payload ?? []).toString() || "{}");
  const { errorType = "Lambda.Unknown", errorMessage = "no reason given" } = {
    ...(answer as { readonly errorType?: string; readonly errorMessage?: string }),
  };
  return { name: errorType, message: errorMessage };
}
