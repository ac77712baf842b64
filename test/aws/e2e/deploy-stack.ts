// Deploys the real CDK app to the emulator as a stack of the given name, as `npm run localstack:deploy` does.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { GetFunctionUrlConfigCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { findDeployment } from "../../../src/aws/deployment.ts";
import { isMiniStack } from "../ministack.ts";

/** Of the API; always the same, as functions that are warm keep it for a while. */
const PASSWORD = "end-to-end";
/** How long the deployment may take. */
const TIMEOUT_MS = 300_000;

export interface DeployedStack {
  /** The variables STEPWIND_… of the deployed functions. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of the API. */
  readonly apiUrl: string;
  readonly password: string;
}

/** AWS_ENDPOINT_URL must lead to an emulator. Messages to Slack go to the webhook. */
export async function deployStack(
  stack: string,
  { webhook }: { readonly webhook: string },
): Promise<DeployedStack> {
  await deploy(stack);
  const { environment, functions } = await findDeployment(stack);
  const slack = JSON.stringify({ conn_type: "slackwebhook", password: webhook });
  await putSecret(`${environment.STEPWIND_SECRETS_PREFIX}/connections/slack_default`, slack);
  await putSecret(`${environment.STEPWIND_SECRETS_PREFIX}/api/password`, PASSWORD);
  const apiUrl = await findUrl(functions.map(({ FunctionName = "" }) => FunctionName));
  return { environment, apiUrl, password: PASSWORD };
}

async function putSecret(Name: string, Value: string): Promise<void> {
  const parameter = { Name, Value, Type: "SecureString", Overwrite: true } as const;
  await new SSMClient().send(new PutParameterCommand(parameter));
}

/** The URL of the one function that has one. */
async function findUrl(functions: readonly string[]): Promise<string> {
  const lambda = new LambdaClient();
  for (const FunctionName of functions) {
    const config = await lambda
      .send(new GetFunctionUrlConfigCommand({ FunctionName }))
      .catch(() => undefined);
    if (config?.FunctionUrl) return config.FunctionUrl;
  }
  throw new Error("No function of the stack has a URL");
}

async function deploy(stack: string): Promise<void> {
  const endpoint = process.env.AWS_ENDPOINT_URL;
  if (endpoint === undefined) throw new Error("AWS_ENDPOINT_URL names no emulator");
  const output = await mkdtemp(join(tmpdir(), "stepwind-cdk-"));
  const whole = ["--context", "schedules=scheduler", "--context", "monitoring=all"];
  const options = ["--output", output, ...((await isMiniStack(endpoint)) ? whole : [])];
  const command = ["scripts/deploy.ts", "--local", "--no-push", "--context", `stack=${stack}`];
  try {
    await promisify(execFile)(process.execPath, [...command, ...options], {
      cwd: join(import.meta.dirname, "../../.."),
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
      env: { ...process.env, CI: "true" },
    });
  } finally {
    await rm(output, { recursive: true, force: true });
  }
}
