// Deploys the real CDK app to the emulator, once for all end-to-end tests, with a local webhook in Slack's place.
import type { TestProject } from "vitest/node";
import { startEmulator } from "../ministack.ts";
import { startCatcher } from "./catcher.ts";
import { type DeployedStack, deployStack, PASSWORD, putSecret } from "./deployed-stack.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly deployed: DeployedStack;
    /** Of the API. */
    readonly password: string;
    /** Where messages to Slack arrive. */
    readonly catcher: string;
  }
}

/** Answers what ends it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const emulator = await startEmulator();
  Object.assign(process.env, emulator.environment);
  const catcher = await startCatcher();
  const stop = async () => {
    catcher.close();
    await emulator.stop();
  };
  try {
    const deployed = await deployStack("Stepwind");
    const slack = JSON.stringify({ conn_type: "slackwebhook", password: catcher.url });
    const { STEPWIND_SECRETS_PREFIX: prefix } = deployed.environment;
    await putSecret(`${prefix}/connections/slack_default`, slack);
    project.provide("deployed", deployed);
    project.provide("password", PASSWORD);
    project.provide("catcher", catcher.url);
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}
