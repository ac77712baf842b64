// Paces calls that AWS allows only so many of: a bucket of tokens that fills again with time.
import type { Clock } from "../ports/platform.ts";

export interface TokenBucket {
  /** Resolves when a token is there, in the order of asking. */
  take(): Promise<void>;
}

/** Starts full. */
export function createTokenBucket({
  capacity,
  perSecond,
  clock,
}: {
  readonly capacity: number;
  readonly perSecond: number;
  readonly clock: Clock;
}): TokenBucket {
  let tokens = capacity;
  let countedAt = clock.now();
  return {
    async take() {
      const now = clock.now();
      tokens = Math.min(capacity, tokens + ((now - countedAt) / 1_000) * perSecond);
      countedAt = now;
      tokens -= 1;
      // A debt is the place in the queue.
      if (tokens < 0) await clock.sleep((-tokens / perSecond) * 1_000);
    },
  };
}
