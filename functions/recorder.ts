// The recorder: what the compiled machines report, and executions that ended without the run's end.
import type { EventBridgeEvent } from "aws-lambda";
import { readEnvironment } from "../src/aws/environment.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { parseExecutionInput, toRecorderEvent } from "../src/services/engine-events.ts";
import { createServices } from "../src/services/services.ts";

type Reported = { readonly action: string };
type Ended = EventBridgeEvent<"Step Functions Execution Status Change", { readonly input: string }>;

const { recorder, callbacks } = createServices(createAwsPlatform(readEnvironment(process.env)));

export async function handler(event: Reported | Ended): Promise<void> {
  const work =
    "detail" in event
      ? recorder.executionEnded(parseExecutionInput(event.detail.input))
      : recorder.handle(toRecorderEvent(event));
  await work.finally(callbacks.settled);
}
