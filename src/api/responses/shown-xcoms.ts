// Values of XComs as people are shown them: without the secrets that the deployment knows, and those
// of the run's own conf. What is stored stays as it is, since tasks work with it.
import { createSecretMasker, sensitiveTexts } from "../../model/connections/secret-masker.ts";
import type { DagRunRecord } from "../../model/records.ts";
import type { Json } from "../../model/values/json.ts";
import type { Platform } from "../../ports/platform.ts";
import { createKnownSecrets } from "../../services/stored/known-secrets.ts";

/** Answers the value of a JSON text; `key` is that of the XCom. */
export type ShowXCom = (
  run: Pick<DagRunRecord, "conf">,
  xcom: { readonly key: string; readonly text: string },
) => Promise<Json>;

export function createShowXCom(
  platform: Pick<Platform, "metadata" | "encryptionKeys" | "clock">,
): ShowXCom {
  const knownSecrets = createKnownSecrets(platform);
  return async ({ conf }, { key, text }) => {
    const known = (await knownSecrets()).redact(JSON.parse(text), key);
    return createSecretMasker(sensitiveTexts(conf)).redact(known, key);
  };
}
