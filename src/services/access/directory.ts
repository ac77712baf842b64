// Who may do what, for whoever answers requests: users with what their roles add up to. Answers are
// kept for some seconds, as every request asks; a change made here is seen at once.

import { type Access, createAccess } from "../../model/access/principal-access.ts";
import type { UserRecord } from "../../model/access/records.ts";
import type { Metadata } from "../../ports/metadata.ts";
import { allOf } from "../../ports/pages.ts";
import type { Clock } from "../../ports/platform.ts";

/** How long an answer is kept. Those of another process's change are known after it. */
export const KEPT_MS = 10_000;
/** Users that are kept. */
const MOST_USERS = 1_000;

export interface KnownUser {
  readonly user: UserRecord;
  readonly access: Access;
}

export interface Directory {
  /** Undefined for a user that isn't there or isn't active. */
  find(username: string): Promise<KnownUser | undefined>;
  /** The access of roles by name. */
  accessOf(roles: readonly string[]): Promise<Access>;
  /** To be called after a change of users or roles. */
  forget(): void;
}

interface Kept<T> {
  readonly until: number;
  readonly value: Promise<T>;
}

export function createDirectory({
  metadata,
  clock,
}: {
  readonly metadata: Pick<Metadata, "users" | "roles" | "dagAccess">;
  readonly clock: Pick<Clock, "now">;
}): Directory {
  const users = new Map<string, Kept<UserRecord | undefined>>();
  let grants: Kept<Parameters<typeof createAccess>[1]> | undefined;

  function keep<T>(value: Promise<T>, forgetIt: () => void): Kept<T> {
    value.catch(forgetIt);
    return { until: clock.now() + KEPT_MS, value };
  }

  function userOf(username: string): Promise<UserRecord | undefined> {
    const known = users.get(username);
    if (known && clock.now() < known.until) return known.value;
    if (users.size >= MOST_USERS) users.clear();
    const kept = keep(metadata.users.get(username), () => users.delete(username));
    users.set(username, kept);
    return kept.value;
  }

  async function readGrants() {
    const [custom, ofDags] = await Promise.all([
      allOf(metadata.roles.list),
      allOf(metadata.dagAccess.list),
    ]);
    return { custom, ofDags };
  }

  async function accessOf(roles: readonly string[]): Promise<Access> {
    // Admin needs nothing of what is stored.
    if (roles.includes("Admin")) return createAccess(roles, { custom: [], ofDags: [] });
    if (!grants || clock.now() >= grants.until) {
      grants = keep(readGrants(), () => {
        grants = undefined;
      });
    }
    return createAccess(roles, await grants.value);
  }

  return {
    async find(username) {
      const user = await userOf(username);
      if (!user?.active) return undefined;
      return { user, access: await accessOf(user.roles) };
    },
    accessOf,
    forget() {
      users.clear();
      grants = undefined;
    },
  };
}
