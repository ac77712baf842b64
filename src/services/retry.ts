// Calls that are made again while they fail: for those whose failure would cost a try, or a result
// that user code has worked for. Adapters have a patience of their own, which is spent within each
// attempt; ARCHITECTURE.md has the table.
import type { Clock } from "../ports/platform.ts";

/**
 * Pauses between attempts, in ms: if calls fail at once, the last attempt is made after about a
 * minute.
 */
const PAUSES_MS = [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600];

/** No attempt begins later after the first, however long each takes. */
const PATIENCE_MS = 60_000;

export interface RetryOptions {
  /** Ten when absent, which is the most. */
  readonly attempts?: number;
  /** A minute when absent; 0 makes it one attempt. */
  readonly patienceMs?: number;
  /** Ends the pauses: no further attempt is made. */
  readonly signal?: AbortSignal;
}

/**
 * The first answer that isn't an error; the last error when there is none. `hasFailed` tells the
 * call that an earlier attempt failed, so that it may have been done all the same. An error with
 * `isPermanent: true` is thrown at once.
 */
export async function retry<T>(
  clock: Pick<Clock, "now" | "sleep">,
  call: (hasFailed: boolean) => Promise<T>,
  { attempts = PAUSES_MS.length + 1, patienceMs = PATIENCE_MS, signal }: RetryOptions = {},
): Promise<T> {
  const until = clock.now() + patienceMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call(attempt > 1);
    } catch (problem) {
      const pauseMs = PAUSES_MS[attempt - 1];
      if (isPermanent(problem) || attempt >= attempts || pauseMs === undefined) throw problem;
      if (clock.now() + pauseMs > until) throw problem;
      await clock.sleep(pauseMs, signal);
      if (signal?.aborted) throw problem;
    }
  }
}

/** Adapters mark what no other attempt would mend. */
function isPermanent(problem: unknown): boolean {
  return problem instanceof Error && "isPermanent" in problem && problem.isPermanent === true;
}
