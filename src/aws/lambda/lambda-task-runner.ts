// The task runner of the functions that run no tasks: they hand callbacks to the worker function, or
// to the one that runs user code without the product's rights, and don't wait.
import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { CallbackCall } from "../../model/task-call.ts";
import type { Clock } from "../../ports/platform.ts";
import type { TaskRunner } from "../../ports/task-runner.ts";
import type { Capabilities } from "../../services/execution-api/capabilities.ts";
import type { CallbacksRequest } from "../../workers/apart/run-task.ts";
import { type TaskFunctions, taskFunctionOf } from "./task-functions.ts";

/** What the worker function gets for callbacks, beside what Task states send it. */
export interface CallbacksEvent {
  readonly action: "callbacks";
  readonly call: CallbackCall;
  readonly bundleHash: string;
}

/** Where callbacks run without the product's rights. */
export interface CallbackHost extends TaskFunctions {
  readonly capabilities: Pick<Capabilities, "grant">;
  readonly clock: Pick<Clock, "now">;
}

export interface LambdaTaskRunnerOptions {
  readonly client: LambdaClient;
  /** The worker function. */
  readonly functionName: string;
  /** Its timeout, in seconds. */
  readonly limit: number;
  /** What it has; undefined where that isn't known. */
  readonly memoryMb?: number | undefined;
  /** Absent where the worker runs callbacks itself. */
  readonly host?: CallbackHost;
}

/** How long callbacks may wait for their function, and the last of their lines for it, in ms. */
const CALLBACK_GRACE_MS = 6 * 3_600_000;

/**
 * `runCallbacks` resolves when Lambda has taken the call over; `reserve` rejects: only the worker
 * runs tasks.
 */
export function createLambdaTaskRunner(options: LambdaTaskRunnerOptions): TaskRunner {
  const { client, functionName, limit, memoryMb, host } = options;
  return {
    limit,
    silentDeath: `most often the worker function was out of memory${memoryMb === undefined ? "" : ` (${memoryMb} MB)`} or of time (${limit} s), which its own log tells`,
    async reserve() {
      throw new Error(`A task can't be run here: only ${functionName} runs tasks`);
    },
    async runCallbacks(call, { bundleHash, role }) {
      const event: CallbacksEvent = { action: "callbacks", call, bundleHash };
      const sent = host ? await toHosted(host, event, { role, limit }) : event;
      await client.send(
        new InvokeCommand({
          FunctionName: host ? taskFunctionOf(host, role) : functionName,
          InvocationType: "Event",
          Payload: Buffer.from(JSON.stringify(sent)),
        }),
      );
    },
  };
}

async function toHosted(
  { capabilities, clock }: CallbackHost,
  event: CallbacksEvent,
  { role, limit }: { readonly role: string | undefined; readonly limit: number },
): Promise<CallbacksRequest> {
  const { bundleHash, call } = event;
  const { dagId, runId, taskId = "", mapIndex, tryNumber } = call.call;
  const capability = await capabilities.grant({
    kind: "callbacks",
    dagId,
    runId,
    taskId,
    mapIndex,
    tryNumber,
    bundleHash,
    ...(role === undefined ? {} : { role }),
    expiresAt: clock.now() + limit * 1_000 + CALLBACK_GRACE_MS,
  });
  return { ...event, capability };
}
