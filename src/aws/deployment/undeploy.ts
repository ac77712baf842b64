// stepwind undeploy, on the side of AWS: removes what the product has made at run time and no stack
// knows of, state machines and schedules. The metadata says which these are.
import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import type { Reporter } from "../../ports/platform.ts";
import { type Undeployed, undeploy } from "../../services/runs/undeploy.ts";
import { createServices } from "../../services/services.ts";
import { CLIENT_OPTIONS, S3_CLIENT_OPTIONS } from "../client-options.ts";
import { readEnvironment } from "../environment.ts";
import { orUndefined } from "../errors.ts";
import { createAwsPlatform } from "../platform.ts";
import { findDeployment } from "./deployment.ts";
import { findStrays, removeMachines, type Stray } from "./strays.ts";

const SILENT: Reporter = { info() {}, warn() {}, error() {} };

/**
 * Throws DeploymentNotFound, RequestRefused while runs are going on that are not to be stopped, and
 * whatever `agree` throws, which is called before anything changes. Undefined when the table is
 * gone, with which a removal that was cut off has got so far that nothing can be known.
 */
export async function undeployFromAws(
  stack: string,
  { stopsRuns, agree }: { readonly stopsRuns: boolean; readonly agree: () => Promise<void> },
): Promise<Undeployed | undefined> {
  const environment = readEnvironment((await findDeployment(stack)).environment);
  await agree();
  const describe = new DescribeTableCommand({ TableName: environment.table });
  const client = new DynamoDBClient(CLIENT_OPTIONS);
  if (!(await orUndefined(client.send(describe), "ResourceNotFoundException"))) return undefined;
  const platform = { ...createAwsPlatform(environment), report: SILENT };
  const { recorder, callbacks } = createServices(platform);
  return undeploy(platform, recorder, { stopsRuns }).finally(callbacks.settled);
}

/**
 * What is left of a deployment whose functions are gone; its state machines are removed. Undefined
 * when there is nothing.
 */
export async function removeStray(
  stack: string,
  { agree }: { readonly agree: () => Promise<void> },
): Promise<Stray | undefined> {
  const sfn = new SFNClient(CLIENT_OPTIONS);
  const strays = await findStrays({
    sfn,
    dynamodb: new DynamoDBClient(CLIENT_OPTIONS),
    lambda: new LambdaClient(CLIENT_OPTIONS),
    s3: new S3Client(S3_CLIENT_OPTIONS),
  });
  const mine = strays.find(({ deployment }) => deployment === stack);
  if (!mine) return undefined;
  if (mine.stateMachines.length > 0) {
    await agree();
    await removeMachines(sfn, mine);
  }
  return mine;
}
