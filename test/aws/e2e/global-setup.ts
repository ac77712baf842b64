// Deploys the real CDK app to the emulator, once for all end-to-end tests, with a local webhook in Slack's place.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { GetFunctionUrlConfigCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { TestProject } from "vitest/node";
import { findDeployment } from "../../../src/aws/deployment.ts";
import { startEmulator } from "../ministack.ts";
import { startCatcher } from "./catcher.ts";

const STACK = "Stepwind";
/** Of the API; always the same, as functions that are warm keep it for a while. */
const PASSWORD = "end-to-end";
/** How long the deployment may take. */
const TIMEOUT_MS = 300_000;

declare module "vitest" {
  interface ProvidedContext {
    /** The variables STEPWIND_… of the deployed functions. */
    readonly deployed: Readonly<Record<string, string>>;
    /** Of the API. */
    readonly apiUrl: string;
    readonly password: string;
    /** Where messages to Slack arrive. */
    readonly catcher: string;
  }
}

/** Answers what ends it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const emulator = await startEmulator();
  Object.assign(process.env, emulator.environment);
  const output = await mkdtemp(join(tmpdir(), "stepwind-cdk-"));
  const catcher = await startCatcher();
  const stop = async () => {
    catcher.close();
    await emulator.stop();
    await rm(output, { recursive: true, force: true });
  };
  try {
    // MiniStack has all that is deployed on AWS.
    const { ok: isMiniStack } = await fetch(`${emulator.endpoint}/_ministack/health`);
    const whole = ["--context", "schedules=scheduler", "--context", "monitoring=all"];
    await deploy("--output", output, ...(isMiniStack ? whole : []));
    const { environment, functions } = await findDeployment(STACK);
    const slack = JSON.stringify({ conn_type: "slackwebhook", password: catcher.url });
    await putSecret(`${environment.STEPWIND_SECRETS_PREFIX}/connections/slack_default`, slack);
    await putSecret(`${environment.STEPWIND_SECRETS_PREFIX}/api/password`, PASSWORD);
    project.provide("deployed", environment);
    project.provide(
      "apiUrl",
      await findUrl(functions.map(({ FunctionName = "" }) => FunctionName)),
    );
    project.provide("password", PASSWORD);
    project.provide("catcher", catcher.url);
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
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

/** As `npm run localstack:deploy` does. */
async function deploy(...options: readonly string[]): Promise<void> {
  const command = ["scripts/deploy.ts", "--local", "--no-push", ...options];
  await promisify(execFile)(process.execPath, command, {
    cwd: join(import.meta.dirname, "../../.."),
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
    env: { ...process.env, CI: "true" },
  });
}
