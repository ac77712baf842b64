// Deploys the real CDK app to the emulator, once for all end-to-end tests, with a local webhook in
// Slack's place, and an OpenID provider.
import type { TestProject } from "vitest/node";
import { CLIENT, startOidcProvider } from "../../api/access/oidc-provider.ts";
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
  const provider = await startOidcProvider();
  const stop = async () => {
    catcher.close();
    provider.close();
    await emulator.stop();
  };
  try {
    const deployed = await deployStack("Stepwind", {
      webhook: catcher.url,
      oidc: {
        props: {
          issuer: provider.issuer,
          clientId: CLIENT.id,
          roles: { "data-team": ["User"] },
        },
        clientSecret: CLIENT.secret,
      },
    });
    provider.serve(`${deployed.apiUrl}auth/oidc/callback`);
    project.provide("deployed", deployed);
    project.provide("catcher", catcher.url);
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}
