// What makes the tokens of this deployment its own: a salt for the key that signs them, chosen by
// chance once, and an epoch. Tokens name their epoch; the next one makes all of them void.
import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Metadata } from "../../ports/metadata.ts";
import type { Clock } from "../../ports/platform.ts";

export interface TokenSecrets {
  /** Base64. */
  readonly salt: string;
  readonly epoch: number;
}

export interface TokenSecretsStore {
  /** Made at the first call. Those of another process's change are known after some seconds. */
  get(): Promise<TokenSecrets>;
  /** Makes all tokens void that there are. */
  nextEpoch(): Promise<void>;
}

const KEY = "token secrets";
const SALT_BYTES = 16;
/** How long an answer is kept: every request asks. */
const KEPT_MS = 10_000;

const SECRETS = z.object({ salt: z.string(), epoch: z.number() });

export function createTokenSecrets({
  metadata: { access },
  clock,
}: {
  readonly metadata: Pick<Metadata, "access">;
  readonly clock: Pick<Clock, "now">;
}): TokenSecretsStore {
  let kept: { readonly until: number; readonly secrets: Promise<TokenSecrets> } | undefined;

  async function read(): Promise<TokenSecrets & { readonly revision: string }> {
    const stored = await access.get(KEY);
    if (stored) return { ...SECRETS.parse(JSON.parse(stored.value)), revision: stored.revision };
    const made = { salt: randomBytes(SALT_BYTES).toString("base64"), epoch: 1 };
    await access.put({ key: KEY, value: JSON.stringify(made) }, { revision: "" });
    // What was made here, or by whoever was faster.
    return read();
  }

  return {
    get() {
      if (!kept || clock.now() >= kept.until) {
        const secrets = read();
        secrets.catch(() => {
          kept = undefined;
        });
        kept = { until: clock.now() + KEPT_MS, secrets };
      }
      return kept.secrets;
    },
    async nextEpoch() {
      for (;;) {
        const { salt, epoch, revision } = await read();
        const value = JSON.stringify({ salt, epoch: epoch + 1 });
        if (await access.put({ key: KEY, value }, { revision })) break;
      }
      kept = undefined;
    },
  };
}
