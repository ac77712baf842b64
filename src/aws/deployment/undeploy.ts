// stepwind undeploy, on the side of AWS: removes what the product has made at run time and no stack
// knows of, state machines and schedules. The metadata says which these are.
import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Reporter } from "../../ports/platform.ts";
import { type Undeployed, undeploy } from "../../services/runs/undeploy.ts";
import { createServices } from "../../services/services.ts";
import { CLIENT_OPTIONS } from "../client-options.ts";
import { readEnvironment } from "../environment.ts";
import { orUndefined } from "../errors.ts";
import { createAwsPlatform } from "../platform.ts";
import { findDeployment } from "./deployment.ts";

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
