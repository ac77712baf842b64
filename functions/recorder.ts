// The recorder: what the compiled machines report, and executions that ended without the run's end.
import type { EventBridgeEvent } from "aws-lambda";
import { type ExecutionDetail, ownExecution } from "../src/aws/ended-executions.ts";
import { machineNamesOf, readEnvironment } from "../src/aws/environment.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { toRecorderEvent } from "../src/services/engine-events.ts";
import { createServices } from "../src/services/services.ts";

type Reported = { readonly action: string };
type Ended = EventBridgeEvent<"Step Functions Execution Status Change", ExecutionDetail>;

const environment = readEnvironment(process.env);
const platform = createAwsPlatform(environment);
const { recorder, callbacks } = createServices(platform);
const own = { runs: platform.metadata.runs, machines: machineNamesOf(environment) };

export async function handler(event: Reported | Ended): Promise<void> {
  const work = "detail" in event ? takeEnd(event.detail) : recorder.handle(toRecorderEvent(event));
  await work.finally(callbacks.settled);
}

async function takeEnd(detail: ExecutionDetail): Promise<void> {
  const input = await ownExecution(detail, own);
  if (input) await recorder.executionEnded(input);
}
