// Retry and Catch, as the States Language has them: the first entry that names the error decides.
import type { Catcher, Retrier } from "../model/asl.ts";

// The States Language's defaults for a retrier.
const INTERVAL_SECONDS = 1;
const MAX_ATTEMPTS = 3;
const BACKOFF_RATE = 2;

/**
 * The first entry for the error. Nothing handles States.Runtime; States.TaskFailed stands for all
 * but States.Timeout.
 */
export function findHandler<Handler extends Retrier | Catcher>(
  handlers: readonly Handler[] | undefined,
  error: string,
): Handler | undefined {
  if (handlers === undefined || error === "States.Runtime") return undefined;
  return handlers.find(({ ErrorEquals }) =>
    ErrorEquals.some(
      (name) =>
        name === error ||
        name === "States.ALL" ||
        (name === "States.TaskFailed" && error !== "States.Timeout"),
    ),
  );
}

/** How often each retrier was used, from a state's entry to its exit. */
export class Retries {
  readonly #used = new Map<Retrier, number>();

  /**
   * Seconds until the next try, `undefined` when there is none. A used-up retrier ends it: the ones
   * after it aren't asked.
   */
  next(retriers: readonly Retrier[] | undefined, error: string): number | undefined {
    const retrier = findHandler(retriers, error);
    if (retrier === undefined) return undefined;
    const used = this.#used.get(retrier) ?? 0;
    if (used >= (retrier.MaxAttempts ?? MAX_ATTEMPTS)) return undefined;
    this.#used.set(retrier, used + 1);
    const interval = retrier.IntervalSeconds ?? INTERVAL_SECONDS;
    const seconds = interval * (retrier.BackoffRate ?? BACKOFF_RATE) ** used;
    return Math.min(seconds, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  }
}
