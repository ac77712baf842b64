// The Execution API: what task functions may ask of the product. It takes no other event, so the
// code of tasks, which may call this function only, can't pass for Step Functions.
import { S3Client } from "@aws-sdk/client-s3";
import { bundleFileName } from "../src/aws/bundle-copies.ts";
import { SIGNING_S3_OPTIONS } from "../src/aws/client-options.ts";
import { readEnvironment } from "../src/aws/environment.ts";
import { serveExecutionApi } from "../src/aws/lambda/serve-execution-api.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { createPassingObjects, signedAddress } from "../src/aws/s3/passing-objects.ts";
import { createExecutionApi } from "../src/services/execution-api/execution-api.ts";
import { createServices } from "../src/services/services.ts";

const environment = readEnvironment(process.env);
const platform = createAwsPlatform(environment);
const { capabilities, report } = platform;
const { worker, callbacks } = createServices(platform);
const bucket = { client: new S3Client(SIGNING_S3_OPTIONS), bucket: environment.dataBucket };
const api = createExecutionApi(platform, {
  capabilities,
  worker,
  bundleUrl: (hash) => signedAddress(bucket, `bundles/${bundleFileName(hash)}`),
  rights: environment.roleRights,
});
const objects = createPassingObjects({ ...bucket, prefix: "messages/" });

export async function handler(event: unknown) {
  const parts = { api, capabilities, objects, report };
  return serveExecutionApi(parts, event).finally(callbacks.settled);
}
