// Where connections and variables are looked for when a task asks, in Airflow's order: the
// environment, the secrets store, the database.
import { toConnection } from "../../model/connections/connection-fields.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Secrets } from "../../ports/secrets.ts";
import { readConnection } from "./connections.ts";
import { createStoredContext } from "./stored-context.ts";
import { readVariable } from "./variables.ts";

/** What `platform.secrets` has wins over what is stored. */
export function createLookUp(
  platform: Pick<Platform, "metadata" | "secrets" | "encryptionKeys">,
): Secrets {
  const { secrets } = platform;
  const context = createStoredContext(platform);
  return {
    async getConnection(connId) {
      const found = await secrets.getConnection(connId);
      if (found) return found;
      const stored = await readConnection(context, connId);
      return stored && toConnection(stored);
    },
    getVariable: async (key) =>
      (await secrets.getVariable(key)) ?? (await readVariable(context, key)),
  };
}

/** The first of the backends that has it answers. */
export function createSecretsChain(backends: readonly Secrets[]): Secrets {
  async function first<T>(ask: (backend: Secrets) => Promise<T | undefined>) {
    for (const backend of backends) {
      const found = await ask(backend);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return {
    getConnection: (connId) => first((backend) => backend.getConnection(connId)),
    getVariable: (key) => first((backend) => backend.getVariable(key)),
  };
}
