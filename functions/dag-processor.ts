// The DAG processor: takes DAG files from the bucket whenever one of them changes or goes. An event
// without files, which comes every few minutes, shows that it can. Each one also brings the files
// that people want parsed again.
import "../src/aws/lambda/esbuild-binary.ts";
import type { S3Event } from "aws-lambda";
import { readEnvironment } from "../src/aws/environment.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { createDagProcessor } from "../src/services/dag-processing/dag-processor.ts";
import {
  listParseRequests,
  settleParseRequests,
} from "../src/services/dag-processing/notes/parse-requests.ts";
import { repeatUntilUnchanged } from "../src/services/dag-processing/repeat-until-unchanged.ts";
import { createServices } from "../src/services/services.ts";
import { createHeartbeat } from "../src/services/upkeep/heartbeats.ts";

const environment = readEnvironment(process.env);
const platform = createAwsPlatform(environment);
const { scheduler, callbacks, completeDeletion } = createServices(platform);
const beat = createHeartbeat(platform, "dag_processor");
const options = {
  functions: environment,
  longestTask: environment.workerTimeout,
  dagsArePausedAtCreation: environment.dagsArePausedAtCreation,
  completeDeletion,
  onDagChanged: scheduler.schedule,
};

export async function handler({ Records }: S3Event): Promise<void> {
  const { metadata } = platform;
  const requests = await listParseRequests(metadata);
  const changed = Records.map(({ s3 }) => decodeURIComponent(s3.object.key.replaceAll("+", " ")));
  const files = [...new Set([...changed, ...requests.map(({ file }) => file)])];
  await repeatUntilUnchanged(platform.source, (source) =>
    createDagProcessor({ ...platform, source }, options).processChanged(files),
  ).finally(callbacks.settled);
  await settleParseRequests(metadata, requests);
  await beat();
}
