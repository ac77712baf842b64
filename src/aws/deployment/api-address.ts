// Finds the address of a deployment's API, for commands that are given the deployment's name.
import { GetFunctionUrlConfigCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CLIENT_OPTIONS } from "../client-options.ts";
import { orUndefined } from "../errors.ts";
import { DeploymentNotFound, findDeployment } from "./deployment.ts";

/** Throws DeploymentNotFound where there is no deployment of the name, or none with an address. */
export async function findApiAddress(stack: string): Promise<string> {
  const client = new LambdaClient(CLIENT_OPTIONS);
  const command = new GetFunctionUrlConfigCommand({ FunctionName: `${stack}-api-server` });
  const found = await orUndefined(client.send(command), "ResourceNotFoundException");
  if (found?.FunctionUrl) return found.FunctionUrl;
  await findDeployment(stack, client);
  throw new DeploymentNotFound(
    `The API of deployment "${stack}" has no address`,
    "Deploy again: npm run deploy",
  );
}
