// Deploys a stack over what an earlier one of its name has left, and tells what CloudFormation
// takes up of that.
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  paginateDescribeChangeSet,
  waitUntilChangeSetCreateComplete,
  waitUntilStackCreateComplete,
} from "@aws-sdk/client-cloudformation";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { S3_CLIENT_OPTIONS } from "../../../src/aws/client-options.ts";
import { isMiniStack } from "../ministack.ts";
import {
  type DeployedStack,
  deployStack,
  findStack,
  prepareStack,
  type StackOptions,
} from "./deployed-stack.ts";

const PATIENCE = { maxWaitTime: 120, minDelay: 1, maxDelay: 2 };
/** Made by `cdk bootstrap`. */
const ASSETS = "cdk-hnb659fds-assets-000000000000-us-east-1";

/** `imported` are names of what is taken up. */
export async function deployOverLeft(
  name: string,
  options: StackOptions,
): Promise<{ readonly deployed: DeployedStack; readonly imported: readonly string[] }> {
  const client = new CloudFormationClient();
  const changeSet = { StackName: name, ChangeSetName: await prepareStack(name, options) };
  const imported: string[] = [];
  for await (const { Changes = [] } of paginateDescribeChangeSet({ client }, changeSet)) {
    for (const { ResourceChange: change } of Changes) {
      if (change?.Action === "Import") imported.push(change.PhysicalResourceId ?? "");
    }
  }
  if (await isMiniStack()) {
    const { TemplateBody = "" } = await client.send(new GetTemplateCommand(changeSet));
    await client.send(new DeleteChangeSetCommand(changeSet));
    await createWithoutValidation(client, name, TemplateBody);
    return { deployed: await findStack(name), imported };
  }
  return { deployed: await deployStack(name, options), imported };
}

/**
 * MiniStack's validation calls the name of a bucket taken that it has just said it would take up.
 * The CDK can't forgo it.
 */
async function createWithoutValidation(
  client: CloudFormationClient,
  name: string,
  template: string,
): Promise<void> {
  const Key = `${name}.template.json`;
  const s3 = new S3Client(S3_CLIENT_OPTIONS);
  await s3.send(new PutObjectCommand({ Bucket: ASSETS, Key, Body: template }));
  const changeSet = { StackName: name, ChangeSetName: "without-validation" };
  await client.send(
    new CreateChangeSetCommand({
      ...changeSet,
      ChangeSetType: "CREATE",
      TemplateURL: `${process.env.AWS_ENDPOINT_URL}/${ASSETS}/${Key}`,
      Capabilities: ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
      ImportExistingResources: true,
      DisableValidation: true,
    }),
  );
  await waitUntilChangeSetCreateComplete({ client, ...PATIENCE }, changeSet);
  await client.send(new ExecuteChangeSetCommand(changeSet));
  await waitUntilStackCreateComplete({ client, ...PATIENCE }, { StackName: name });
}
