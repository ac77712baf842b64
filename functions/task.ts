// A task function: runs the code of tasks and callbacks. Its role may do nothing but write its own
// log and call the Execution API, besides what the deployment's owner grants.
import { LambdaClient } from "@aws-sdk/client-lambda";
import type { Context } from "aws-lambda";
import { createBundleCopies } from "../src/aws/bundle-copies.ts";
import { CLIENT_OPTIONS } from "../src/aws/client-options.ts";
import { createJsonReporter } from "../src/aws/json-reporter.ts";
import { createLambdaExecutionApi, fetchText } from "../src/aws/lambda/lambda-execution-api.ts";
import { createProcessTaskRunner } from "../src/aws/lambda/process-task-runner.ts";
import { userProcesses } from "../src/aws/lambda/started-processes.ts";
import type { TaskRequest } from "../src/ports/execution-api.ts";
import { systemClock } from "../src/services/system-clock.ts";
import {
  type CallbacksRequest,
  runCallbacksApart,
  runTaskApart,
} from "../src/workers/apart/run-task.ts";
import { createSentLogs } from "../src/workers/apart/sent-logs.ts";

const { STEPWIND_EXECUTION_API: functionName } = process.env;
if (!functionName) throw new Error("The environment variable STEPWIND_EXECUTION_API is not set");
const report = createJsonReporter();
let deadline = 0;
/** Of the call that is going on: the function serves one at a time. */
let capability = "";
const api = createLambdaExecutionApi({
  client: new LambdaClient(CLIENT_OPTIONS),
  functionName,
});
const logs = createSentLogs({
  api,
  onLost: (problem) => report.error(`Log lines were lost: ${String(problem)}`),
});
const bundles = createBundleCopies({
  place: "the bucket of the deployment",
  async fetch() {
    const url = await api.ask(capability, { method: "getBundleUrl", args: {} });
    return typeof url === "string" ? fetchText(url) : undefined;
  },
});
const runner = createProcessTaskRunner({
  pool: userProcesses,
  bundles,
  logs,
  deadline: () => deadline,
});
const parts = {
  api,
  runner,
  logs,
  report,
  clock: systemClock,
  deadline: () => deadline,
  onCapability(given: string) {
    capability = given;
  },
};

// Lambda gives more processor time before the first call than during it.
await userProcesses.warmUp();

export async function handler(event: TaskRequest | CallbacksRequest, context: Context) {
  deadline = Date.now() + context.getRemainingTimeInMillis();
  try {
    await answer(event);
  } finally {
    await runner.settled();
    await logs.settled();
  }
}

async function answer(event: TaskRequest | CallbacksRequest): Promise<void> {
  if ("action" in event) return runCallbacksApart(parts, event);
  const answered = await runTaskApart(parts, event, new AbortController().signal);
  if (answered.kind === "done") return;
  // By its name it is known to be no death; emulators leave only the message.
  const again = new Error(`${answered.name}: ${answered.message}`);
  again.name = answered.name;
  throw again;
}
