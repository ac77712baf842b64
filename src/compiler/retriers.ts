// How the engine calls a Lambda function again: a few fixed entries, and one made of the task's
// retries. The fixed ones are in every state, so they leave out what the States Language has as
// default (an interval of one second, a backoff rate of two): a definition of a thousand tasks fits
// into a megabyte by that.
import type { Retrier } from "../model/asl.ts";
import type { TaskDocument } from "../model/document.ts";
import { LONGEST_GROWN_DELAY, retryDelay } from "../model/scheduling/retries.ts";

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

/**
 * There is nothing to be done yet, nothing could be looked up, or no worker is free: ask again for
 * as long as it takes.
 */
export const NOT_YET: Retrier = {
  ErrorEquals: ["Stepwind.NotYet", "Lambda.TooManyRequestsException"],
  BackoffRate: 1.2,
  MaxDelaySeconds: 60,
  MaxAttempts: 99_999,
};

/**
 * Whatever keeps the recorder from its work, Lambda's errors and its own; what it does may be
 * repeated. For an hour and a half: while workers take up all the concurrency that there is, calls
 * of the recorder are refused as well.
 */
export const ANY_ERROR: Retrier = {
  ...SERVICE_ERRORS,
  ErrorEquals: ["States.ALL"],
  MaxAttempts: 100,
};

/**
 * The task's own retries; none if it has none. Step Functions takes whole seconds, at least one, so
 * fractions are cut off: a call that comes early waits in the worker for the recorded moment.
 */
export function toRetriers(task: TaskDocument): readonly Retrier[] {
  const { retries, retryBackoff, maxRetryDelay = LONGEST_GROWN_DELAY } = task;
  if (retries <= 0) return [];
  const first = wholeSeconds(retryDelay(task, firstWaitOfEngine(task)));
  const last = wholeSeconds(maxRetryDelay);
  const entry = { ErrorEquals: ["States.ALL"], IntervalSeconds: first, MaxAttempts: retries };
  // Step Functions wants MaxDelaySeconds above IntervalSeconds: a delay that starts at its cap is
  // constant.
  if (retryBackoff <= 1 || first >= last) return [{ ...entry, BackoffRate: 1 }];
  return [{ ...entry, BackoffRate: retryBackoff, MaxDelaySeconds: last }];
}

/**
 * The number of the first retry whose delay the engine waits for; the worker waits for shorter
 * ones.
 */
function firstWaitOfEngine(task: TaskDocument): number {
  let retry = 1;
  while (retry < task.retries && retryDelay(task, retry) < 1) retry += 1;
  return retry;
}

function wholeSeconds(seconds: number): number {
  return Math.max(1, Math.floor(seconds));
}
