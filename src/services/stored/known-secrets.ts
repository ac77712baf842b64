// The secrets that the deployment knows, for what it shows of the values of tasks: those of stored
// connections and variables, and of the environment.
import { toConnection } from "../../model/connections/connection-fields.ts";
import { secretsOfEnvironment } from "../../model/connections/environment-secrets.ts";
import { createSecretMasker, type SecretMasker } from "../../model/connections/secret-masker.ts";
import type { Platform } from "../../ports/platform.ts";
import { listConnections, showConnection } from "./connections.ts";
import { createStoredContext } from "./stored-context.ts";
import { listVariables, showVariable } from "./variables.ts";

/** How long a masker is used; what is stored meanwhile is not known to it. */
const KEPT_MS = 10_000;

/** Answers a masker that knows them. What can't be decrypted can't be masked either. */
export function createKnownSecrets(
  platform: Pick<Platform, "metadata" | "encryptionKeys" | "clock">,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): () => Promise<SecretMasker> {
  const context = createStoredContext(platform);
  let kept: { readonly until: number; readonly masker: Promise<SecretMasker> } | undefined;

  async function gather(): Promise<SecretMasker> {
    const masker = createSecretMasker(secretsOfEnvironment(environment));
    for (const record of await listConnections(context)) {
      masker.addConnection(toConnection((await showConnection(context, record)).connection));
    }
    for (const record of await listVariables(context)) {
      const { key, value } = await showVariable(context, record);
      if (value !== undefined) masker.addVariable(key, value);
    }
    return masker;
  }

  return () => {
    const now = platform.clock.now();
    if (!kept || kept.until <= now) {
      const masker = gather();
      kept = { until: now + KEPT_MS, masker };
      masker.catch(() => {
        kept = undefined;
      });
    }
    return kept.masker;
  };
}
