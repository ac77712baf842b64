// The triggerer: takes delayed messages about tasks that wait, and has the worker run those that
// still do.
import { randomUUID } from "node:crypto";
import { LambdaClient } from "@aws-sdk/client-lambda";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { BRIEF, CLIENT_OPTIONS } from "../src/aws/client-options.ts";
import { readEnvironment, taskFunctionsOf } from "../src/aws/environment.ts";
import { createLambdaCall } from "../src/aws/lambda/lambda-call.ts";
import { createTaskCall } from "../src/aws/lambda/task-call.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { receiveTriggers } from "../src/aws/sqs-triggers.ts";
import { createVersions } from "../src/services/dag-processing/versions.ts";
import { createTriggerer } from "../src/services/tasks/triggerer.ts";
import type { WorkerEvent } from "../src/services/tasks/worker-events.ts";

const environment = readEnvironment(process.env);
const platform = createAwsPlatform(environment, { storage: BRIEF });
const client = new LambdaClient(CLIENT_OPTIONS);
const versions = createVersions(platform.metadata.versions);
const host = taskFunctionsOf(environment);
const { capabilities } = platform;
const callWorker = host
  ? createTaskCall({ client, host, capabilities, roleOf })
  : createLambdaCall<WorkerEvent>({ client, functionName: environment.worker });
const triggerer = createTriggerer(
  { ...platform, versions },
  {
    // By the id, Lambda's report of a call that has failed is told from those of others.
    worker: (event) => callWorker({ ...event, callId: randomUUID() }),
    recorder: createLambdaCall({ client, functionName: environment.recorder }),
  },
);
const never = new AbortController().signal;

async function roleOf({ dagId, runId }: WorkerEvent): Promise<string | undefined> {
  const run = await platform.metadata.runs.get(dagId, runId);
  return run && (await versions.get(dagId, run.versionHash)).document.role;
}

export function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return receiveTriggers(event, {
    ...platform,
    handle: (message) => triggerer.handle(message, never),
  });
}
