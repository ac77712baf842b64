// Values of state stores as the event log has them, before and after what people change of them.
import type { JsonObject } from "../../model/values/json.ts";
import type { Platform } from "../../ports/platform.ts";
import { createKnownSecrets } from "../../services/stored/known-secrets.ts";
import { toWireDateOrNull } from "../responses/wire.ts";

interface KeptValue {
  readonly name: string;
  /** JSON text. */
  readonly value: string;
  readonly expiresAt?: string;
}

/** Undefined for none. Secrets that the deployment knows are masked. */
export function createAuditedState(
  platform: Pick<Platform, "metadata" | "encryptionKeys" | "clock">,
): (entry: KeptValue | undefined) => Promise<JsonObject | undefined> {
  const knownSecrets = createKnownSecrets(platform);
  return async (entry) => {
    if (!entry) return undefined;
    const { name, value, expiresAt } = entry;
    const shown = (await knownSecrets()).redact(JSON.parse(value), name);
    return { key: name, value: shown, expires_at: toWireDateOrNull(expiresAt) };
  };
}
