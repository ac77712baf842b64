// Calls that are made again while they fail: adapters have their own patience, and this is what comes after it. For
// calls whose failure would cost a try, or a result that user code has worked for.
import type { Clock } from "../ports/platform.ts";

/** Pauses between attempts, in ms: the last attempt is made after about a minute. */
const PAUSES_MS = [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600];

export interface RetryOptions {
  /** Ten when absent, which is the most. */
  readonly attempts?: number;
  /** Ends the pauses: no further attempt is made. */
  readonly signal?: AbortSignal;
}

/**
 * The first answer that is no error; the last error when there is none. `hasFailed` tells the call that an earlier
 * attempt failed, so that it may have been done all the same. An error with `isPermanent: true` is thrown at once.
 */
export async function retry<T>(
  clock: Pick<Clock, "sleep">,
  call: (hasFailed: boolean) => Promise<T>,
  { attempts = PAUSES_MS.length + 1, signal }: RetryOptions = {},
): Promise<T> {
  for (const pauseMs of PAUSES_MS.slice(0, attempts - 1)) {
    try {
      return await call(pauseMs !== PAUSES_MS[0]);
    } catch (problem) {
      if (isPermanent(problem)) throw problem;
      await clock.sleep(pauseMs, signal);
      if (signal?.aborted) throw problem;
    }
  }
  return call(attempts > 1);
}

/** Adapters mark what no other attempt would mend. */
function isPermanent(problem: unknown): boolean {
  return problem instanceof Error && "isPermanent" in problem && problem.isPermanent === true;
}
