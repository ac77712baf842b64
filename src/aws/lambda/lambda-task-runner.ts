// The task runner of the functions that run no tasks: they hand callbacks to the worker function
// and don't wait.
import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { CallbackCall } from "../../model/task-call.ts";
import type { TaskRunner } from "../../ports/task-runner.ts";

/** What the worker function gets for callbacks, beside what Task states send it. */
export interface CallbacksEvent {
  readonly action: "callbacks";
  readonly call: CallbackCall;
  readonly bundleHash: string;
}

/**
 * `runCallbacks` resolves when Lambda has taken the call over; `reserve` rejects: only the worker
 * runs tasks.
 */
export function createLambdaTaskRunner({
  client,
  functionName,
  limit,
  memoryMb,
}: {
  readonly client: LambdaClient;
  /** The worker function. */
  readonly functionName: string;
  /** Its timeout, in seconds. */
  readonly limit: number;
  /** What it has; undefined where that isn't known. */
  readonly memoryMb?: number | undefined;
}): TaskRunner {
  return {
    limit,
    silentDeath: `most often the worker function was out of memory${memoryMb === undefined ? "" : ` (${memoryMb} MB)`} or of time (${limit} s), which its own log tells`,
    async reserve() {
      throw new Error(`A task can't be run here: only ${functionName} runs tasks`);
    },
    async runCallbacks(call, { bundleHash }) {
      const event: CallbacksEvent = { action: "callbacks", call, bundleHash };
      await client.send(
        new InvokeCommand({
          FunctionName: functionName,
          InvocationType: "Event",
          Payload: Buffer.from(JSON.stringify(event)),
        }),
      );
    },
  };
}
