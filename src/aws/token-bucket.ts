// Paces calls that AWS allows only so many of: a bucket of tokens that fills again with time.
import type { Clock } from "../ports/platform.ts";

export interface TokenBucket {
  /** Resolves when a token is there, in the order of asking. */
  take(): Promise<void>;
  /** Takes a token if one is there. */
  tryTake(): boolean;
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
  function refill(): void {
    const now = clock.now();
    tokens = Math.min(capacity, tokens + ((now - countedAt) / 1_000) * perSecond);
    countedAt = now;
  }

  return {
    tryTake() {
      refill();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    async take() {
      refill();
      tokens -= 1;
      // A debt is the place in the queue.
      if (tokens < 0) await clock.sleep((-tokens / perSecond) * 1_000);
    },
  };
}
