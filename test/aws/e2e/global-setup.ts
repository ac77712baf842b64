// Deploys the real CDK app to the emulator, once for all end-to-end tests, with a local webhook in
// Slack's place.
import type { TestProject } from "vitest/node";
import { startEmulator } from "../ministack.ts";
import { type DeployedStack, deployStack } from "./deployed-stack.ts";
import { startCatcher } from "./endpoints/catcher.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly deployed: DeployedStack;
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
    project.provide("deployed", await deployStack("Stepwind", { webhook: catcher.url }));
    project.provide("catcher", catcher.url);
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}
