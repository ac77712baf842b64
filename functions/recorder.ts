// The recorder: what the compiled machines report, executions that ended without the run's end, and
// calls of the worker that Lambda reports as failed.
import { LambdaClient } from "@aws-sdk/client-lambda";
import type { EventBridgeEvent } from "aws-lambda";
import { CLIENT_OPTIONS } from "../src/aws/client-options.ts";
import { type ExecutionDetail, ownExecution } from "../src/aws/ended-executions.ts";
import { machineNamesOf, readEnvironment } from "../src/aws/environment.ts";
import { type FailedCallReport, nextCallOf, toCallFailed } from "../src/aws/lambda/failed-calls.ts";
import { createLambdaCall } from "../src/aws/lambda/lambda-call.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { toRecorderEvent } from "../src/services/engine-events.ts";
import { createServices } from "../src/services/services.ts";

type Reported = { readonly action: string };
type Event = Reported | Ended | FailedCallReport;
type Ended = EventBridgeEvent<"Step Functions Execution Status Change", ExecutionDetail>;

const environment = readEnvironment(process.env);
const platform = createAwsPlatform(environment);
const { recorder, callbacks } = createServices(platform);
const own = { runs: platform.metadata.runs, machines: machineNamesOf(environment) };

const callWorker = createLambdaCall({
  client: new LambdaClient(CLIENT_OPTIONS),
  functionName: environment.worker,
});

export async function handler(event: Event): Promise<void> {
  await answer(event).finally(callbacks.settled);
}

async function answer(event: Event): Promise<void> {
  if ("detail" in event) return takeEnd(event.detail);
  if (!("requestPayload" in event)) return recorder.handle(toRecorderEvent(event));
  const { requestPayload: request } = event;
  if (request.action === "callbacks") return callWorker(nextCallOf(request));
  await recorder.handle(toCallFailed(event));
}

async function takeEnd(detail: ExecutionDetail): Promise<void> {
  const input = await ownExecution(detail, own);
  if (input) await recorder.executionEnded(input);
}
