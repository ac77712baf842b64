// The triggerer: takes delayed messages about sensors that wait, and has the worker poke those that
// still do.
import { LambdaClient } from "@aws-sdk/client-lambda";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { BRIEF, CLIENT_OPTIONS } from "../src/aws/client-options.ts";
import { readEnvironment } from "../src/aws/environment.ts";
import { createLambdaWorker } from "../src/aws/lambda/lambda-worker.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { receiveTriggers } from "../src/aws/sqs-triggers.ts";
import { createTriggerer } from "../src/services/tasks/triggerer.ts";

const environment = readEnvironment(process.env);
const platform = createAwsPlatform(environment, { storage: BRIEF });
const client = new LambdaClient(CLIENT_OPTIONS);
const callWorker = createLambdaWorker({ client, functionName: environment.worker });
const triggerer = createTriggerer(platform, callWorker);
const never = new AbortController().signal;

export function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return receiveTriggers(event, {
    ...platform,
    handle: (trigger) => triggerer.handle(trigger, never),
  });
}
