// Tokens that were given back by a log-out before they were over: the metadata has them until then.
import type { Metadata } from "../../ports/metadata.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Clock } from "../../ports/platform.ts";
import { KEPT_MS } from "../../services/access/directory.ts";

export interface RevokedTokens {
  /** Those of another process's log-out are known after some seconds. */
  has(id: string): Promise<boolean>;
  /** `expiresAt`: epoch s. */
  add(token: { readonly id: string; readonly expiresAt: number }): Promise<void>;
}

const PREFIX = "revoked token ";

export function createRevokedTokens({
  metadata: { access },
  clock,
}: {
  readonly metadata: Pick<Metadata, "access">;
  readonly clock: Pick<Clock, "now">;
}): RevokedTokens {
  let kept: { readonly until: number; readonly ids: Promise<Set<string>> } | undefined;

  /** Removes what is over on its way. */
  async function read(): Promise<Set<string>> {
    const ids = new Set<string>();
    for await (const { key, value } of itemsOf((page) =>
      access.list({ ...page, prefix: PREFIX }),
    )) {
      if (Number(value) * 1_000 > clock.now()) ids.add(key.slice(PREFIX.length));
      else await access.delete(key);
    }
    return ids;
  }

  function current(): Promise<Set<string>> {
    if (!kept || clock.now() >= kept.until) {
      const ids = read();
      ids.catch(() => {
        kept = undefined;
      });
      kept = { until: clock.now() + KEPT_MS, ids };
    }
    return kept.ids;
  }

  return {
    has: async (id) => id !== "" && (await current()).has(id),
    async add({ id, expiresAt }) {
      if (id === "") return;
      await access.put({ key: `${PREFIX}${id}`, value: String(expiresAt) });
      (await current()).add(id);
    },
  };
}
