// How the engine calls a Lambda function again: a few fixed entries, and one made of the task's retries.
// The fixed ones are in every state, so they leave out what the States Language has as default (an interval of one
// second, a backoff rate of two): a definition of a thousand tasks fits into a megabyte by that.
import type { Retrier } from "../model/asl.ts";
import type { TaskDocument } from "../model/document.ts";

/** Airflow: the delay between tries grows to a day at most unless max_retry_delay says otherwise. */
const DEFAULT_MAX_RETRY_DELAY = 86_400;

/** Lambda lost the call, as a rule before the function ran. */
export const SERVICE_ERRORS: Retrier = {
  ErrorEquals: [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
  ],
  MaxDelaySeconds: 60,
  MaxAttempts: 10,
};

/** There is nothing to be done yet, nothing could be looked up, or no worker is free: ask again for as long as it takes. */
export const NOT_YET: Retrier = {
  ErrorEquals: ["Stepwind.NotYet", "Lambda.TooManyRequestsException"],
  BackoffRate: 1.2,
  MaxDelaySeconds: 60,
  MaxAttempts: 99_999,
};

/**
 * Whatever keeps the recorder from its work, Lambda's errors and its own; what it does may be repeated. For an hour and a
 * half: while workers take up all the concurrency that there is, calls of the recorder are refused, too.
 */
export const ANY_ERROR: Retrier = {
  ...SERVICE_ERRORS,
  ErrorEquals: ["States.ALL"],
  MaxAttempts: 100,
};

/** The task's own retries; none if it has none. Step Functions takes whole seconds, at least one. */
export function toRetriers(task: TaskDocument): readonly Retrier[] {
  const { retries, retryDelay, retryBackoff, maxRetryDelay = DEFAULT_MAX_RETRY_DELAY } = task;
  if (retries <= 0) return [];
  const grows = retryBackoff > 1;
  const first = wholeSeconds(grows ? Math.min(retryDelay, maxRetryDelay) : retryDelay);
  const last = wholeSeconds(maxRetryDelay);
  const entry = { ErrorEquals: ["States.ALL"], IntervalSeconds: first, MaxAttempts: retries };
  // Step Functions wants MaxDelaySeconds above IntervalSeconds: a delay that starts at its cap is constant.
  if (!grows || first >= last) return [{ ...entry, BackoffRate: 1 }];
  return [{ ...entry, BackoffRate: retryBackoff, MaxDelaySeconds: last }];
}

function wholeSeconds(seconds: number): number {
  return Math.max(1, Math.ceil(seconds));
}
