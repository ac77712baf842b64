// How often a task may be tried again, and how long to wait before (semantics: Airflow's retries
// without its jitter).
import type { TaskDocument } from "../document.ts";

/** Airflow's cap of a growing delay, in seconds, where the task sets none. */
const LONGEST_GROWN_DELAY = 86_400;

export type RetryPolicy = Pick<TaskDocument, "retryDelay" | "retryBackoff" | "maxRetryDelay">;

/**
 * Seconds to wait before the nth retry, from 1. A constant delay is taken as it is; only a growing
 * one is capped.
 */
export function retryDelay(policy: RetryPolicy, retryNumber: number): number {
  const { retryDelay: first, retryBackoff, maxRetryDelay = LONGEST_GROWN_DELAY } = policy;
  if (retryBackoff === 1 || first === 0) return first;
  return Math.min(first * retryBackoff ** (retryNumber - 1), maxRetryDelay);
}

/** Whether the try that failed may be followed by another (Airflow: try_number <= max_tries). */
export function isRetryAllowed(tryNumber: number, maxTries: number): boolean {
  return tryNumber <= maxTries;
}
