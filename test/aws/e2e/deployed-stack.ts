// Deploys the CDK app to the emulator as `npm run localstack:deploy` does, as a stack of any name,
// and destroys it.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { GetFunctionUrlConfigCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { OidcProps } from "../../../infra/oidc.ts";
import { findDeployment } from "../../../src/aws/deployment/deployment.ts";
import { isMiniStack } from "../ministack.ts";

export interface DeployedStack {
  /** The variables STEPWIND_… of the deployed functions. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of the API. */
  readonly apiUrl: string;
}

export interface StackOptions {
  /** Folder of the checkout whose app it is; this one when absent. */
  readonly checkout?: string;
  /** Such as "removal=retain". */
  readonly context?: readonly string[];
  /** In Slack's place. */
  readonly webhook?: string;
  /** Where people log in as well; the secret of the client there. */
  readonly oidc?: { readonly props: OidcProps; readonly clientSecret: string };
}

/** Of the API; always the same, as functions that are warm keep it for a while. */
export const PASSWORD = "end-to-end-tests";

const CHECKOUT = join(import.meta.dirname, "../../..");
/** How long a deployment may take. */
const TIMEOUT_MS = 600_000;

/** Deploys it, also over itself, and sets the API's password. */
export async function deployStack(
  name: string,
  options: StackOptions = {},
): Promise<DeployedStack> {
  const { oidc } = options;
  const context = [
    ...(options.context ?? []),
    ...(oidc ? [`oidc=${JSON.stringify(oidc.props)}`] : []),
  ];
  await runDeploy(name, { ...options, context });
  const deployed = await findStack(name);
  const { STEPWIND_SECRETS_PREFIX: prefix } = deployed.environment;
  await putSecret(`${prefix}/api/password`, PASSWORD);
  if (oidc) await putSecret(`${prefix}/api/oidc-client-secret`, oidc.clientSecret);
  if (options.webhook !== undefined) {
    const slack = JSON.stringify({ conn_type: "slackwebhook", password: options.webhook });
    await putSecret(`${prefix}/connections/slack_default`, slack);
  }
  return deployed;
}

/** Makes the change set of a deployment and leaves it at that; answers its name. */
export async function prepareStack(name: string, options: StackOptions): Promise<string> {
  const changeSet = "prepared";
  await runDeploy(name, options, "--method", "prepare-change-set", "--change-set-name", changeSet);
  return changeSet;
}

async function runDeploy(
  name: string,
  { checkout = CHECKOUT, context = [] }: StackOptions,
  ...parameters: readonly string[]
): Promise<void> {
  const whole = (await isMiniStack()) ? ["schedules=scheduler", "monitoring=all"] : [];
  const all = { name, context: [...whole, ...context] };
  await runScript(checkout, "deploy", all, "--no-push", ...parameters);
}

/** One that is deployed. */
export async function findStack(name: string): Promise<DeployedStack> {
  const { environment, functions } = await findDeployment(name);
  const apiUrl = await findUrl(functions.map(({ FunctionName = "" }) => FunctionName));
  return { environment, apiUrl };
}

/** As `npm run destroy -- --yes` does; rejects with what it wrote when it is refused. */
export async function destroyStack(
  name: string,
  { checkout = CHECKOUT, stopsRuns = false }: StackOptions & { readonly stopsRuns?: boolean } = {},
): Promise<void> {
  const parameters = stopsRuns ? ["--yes", "--stop-runs"] : ["--yes"];
  await runScript(checkout, "destroy", { name, context: [] }, ...parameters);
}

async function putSecret(Name: string, Value: string): Promise<void> {
  const parameter = { Name, Value, Type: "SecureString", Overwrite: true } as const;
  await new SSMClient().send(new PutParameterCommand(parameter));
}

async function runScript(
  checkout: string,
  script: "deploy" | "destroy",
  { name, context }: { readonly name: string; readonly context: readonly string[] },
  ...parameters: readonly string[]
): Promise<void> {
  const output = await mkdtemp(join(tmpdir(), "stepwind-cdk-"));
  const options = [`stack=${name}`, ...context].flatMap((each) => ["--context", each]);
  const command = [
    `scripts/${script}.ts`,
    "--local",
    "--output",
    output,
    ...options,
    ...parameters,
  ];
  try {
    await promisify(execFile)(process.execPath, command, {
      cwd: checkout,
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
      env: { ...process.env, CI: "true" },
    });
  } finally {
    await rm(output, { recursive: true, force: true });
  }
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
