// Keeps the failed log-ins in the metadata, where every process that serves the API finds them. An
// attempt counts as failed before its password is looked at, so that many at the same time are
// many.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Metadata } from "../../ports/metadata.ts";
import type { Clock } from "../../ports/platform.ts";
import { Problem } from "../problems.ts";
import {
  type Attempts,
  addFailure,
  forgive,
  NO_ATTEMPTS,
  type Visitor,
  waitFor,
} from "./log-in-limits.ts";

export interface LogInGuard {
  /** Counts an attempt. Throws a Problem with Retry-After when the user has to wait. */
  begin(username: string, address: string | undefined): Promise<void>;
  /** Takes back the count of an attempt that was right. */
  succeed(username: string, address: string | undefined): Promise<void>;
}

const KEY = "failed log-ins";
/** Others that write at the same time make a write begin anew; so many are an attack. */
const MOST_WRITES = 10;
const BUSY_SECONDS = 5;

const ATTEMPTS = z.object({
  windowStart: z.number(),
  windowFailures: z.number(),
  users: z.record(z.string(), z.object({ failures: z.number(), failedAt: z.number() })),
  known: z.record(z.string(), z.number()).default({}),
});

export function createLogInGuard({
  metadata,
  clock,
}: {
  readonly metadata: Pick<Metadata, "access">;
  readonly clock: Pick<Clock, "now">;
}): LogInGuard {
  async function change(make: (attempts: Attempts) => Attempts): Promise<void> {
    for (let write = 0; write < MOST_WRITES; write += 1) {
      const stored = await metadata.access.get(KEY);
      const attempts = stored ? ATTEMPTS.parse(JSON.parse(stored.value)) : NO_ATTEMPTS;
      const record = { key: KEY, value: JSON.stringify(make(attempts)) };
      if (await metadata.access.put(record, { revision: stored?.revision ?? "" })) return;
    }
    throw tooMany(BUSY_SECONDS);
  }

  return {
    begin(username, address) {
      const user = toVisitor(username, address);
      return change((attempts) => {
        const now = clock.now();
        const wait = waitFor(attempts, user, now);
        if (wait > 0) throw tooMany(Math.ceil(wait / 1_000));
        return addFailure(attempts, user, now);
      });
    },
    succeed: (username, address) =>
      change((attempts) => forgive(attempts, toVisitor(username, address), clock.now())),
  };
}

function tooMany(seconds: number): Problem {
  const message = `Too many log-ins have failed; try again in ${seconds} s`;
  return new Problem(429, message, { "Retry-After": String(seconds) });
}

/** `address` is where the request comes from, if that is known. */
function toVisitor(username: string, address: string | undefined): Visitor {
  const user = shortName(username);
  return address === undefined ? { user } : { user, place: shortName(`${address} ${username}`) };
}

/** As long for every name, and nothing that a stranger writes. */
function shortName(username: string): string {
  return createHash("sha256").update(username).digest("hex").slice(0, 16);
}
