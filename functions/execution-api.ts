// The Execution API: what task functions may ask of the product. It takes no other event, so the
// code of tasks, which may call this function only, can't pass for Step Functions.
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { bundleFileName } from "../src/aws/bundle-copies.ts";
import { CLIENT_OPTIONS, SIGNING_S3_OPTIONS } from "../src/aws/client-options.ts";
import { readEnvironment, taskFunctionsOf } from "../src/aws/environment.ts";
import { createLambdaCall } from "../src/aws/lambda/lambda-call.ts";
import { serveExecutionApi } from "../src/aws/lambda/serve-execution-api.ts";
import { taskFunctionOf } from "../src/aws/lambda/task-functions.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { createPassingObjects, signedAddress } from "../src/aws/s3/passing-objects.ts";
import { createExecutionApi } from "../src/services/execution-api/execution-api.ts";
import { createServices } from "../src/services/services.ts";
import type { CallbacksRequest } from "../src/workers/apart/run-task.ts";

const environment = readEnvironment(process.env);
const platform = createAwsPlatform(environment);
const { capabilities, report } = platform;
const { worker, recorder, callbacks } = createServices(platform);
const bucket = { client: new S3Client(SIGNING_S3_OPTIONS), bucket: environment.dataBucket };
const api = createExecutionApi(platform, {
  capabilities,
  worker,
  bundleUrl: (hash) => signedAddress(bucket, `bundles/${bundleFileName(hash)}`),
  rights: environment.roleRights,
});
const objects = createPassingObjects({ ...bucket, prefix: "messages/" });

const client = new LambdaClient(CLIENT_OPTIONS);
const host = taskFunctionsOf(environment);

async function callForCallbacks(request: CallbacksRequest, role?: string): Promise<void> {
  if (!host) throw new Error("The deployment has no function that runs callbacks apart");
  await createLambdaCall({ client, functionName: taskFunctionOf(host, role) })(request);
}

export async function handler(event: unknown) {
  const parts = { api, capabilities, recorder, objects, report, callForCallbacks };
  return serveExecutionApi(parts, event).finally(callbacks.settled);
}
