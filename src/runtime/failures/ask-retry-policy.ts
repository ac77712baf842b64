// Asks a task's retry policy what a failed try means (Airflow: task_runner.py,
// _evaluate_retry_policy).
import type { RetryAdvice } from "../../model/task-call.ts";
import { parseDuration } from "../../model/values/durations.ts";
import type { TaskContext } from "../../sdk/context.ts";
import type { RetryDecision, RetryPolicy } from "../../sdk/retry-policy.ts";
import { toTaskError } from "./task-error.ts";

/** Characters of a reason that are kept, as in Airflow. */
const MAX_REASON = 500;

/** What the outcome says of the next try. A policy that throws says nothing. */
export async function askRetryPolicy(
  policy: RetryPolicy | undefined,
  exception: unknown,
  context: TaskContext,
): Promise<{ readonly retry: boolean; readonly advice?: RetryAdvice }> {
  if (!policy) return { retry: true };
  const { tryNumber, maxTries, log } = context;
  try {
    const decision = await policy.evaluate({ exception, tryNumber, maxTries, context });
    return toAnswer(decision, context);
  } catch (thrown) {
    const { name, message, stack } = toTaskError(thrown);
    log.error(
      `Retry policy evaluation failed, falling back to default behaviour: ${stack ?? `${name}: ${message}`}`,
    );
    return { retry: true };
  }
}

function toAnswer({ action, reason, retryDelay }: RetryDecision, { log }: TaskContext) {
  if (reason !== undefined) log.info(`Retry policy decision: ${action}: ${reason}`);
  const because = reason === undefined ? {} : { reason: reason.slice(0, MAX_REASON) };
  if (action === "fail") return { retry: false, advice: because };
  if (action === "default") return { retry: true };
  const delay = retryDelay === undefined ? undefined : parseDuration(retryDelay);
  if (retryDelay !== undefined && delay === undefined) {
    throw new TypeError(`retryDelay ${JSON.stringify(retryDelay)} is no duration`);
  }
  return { retry: true, advice: { ...because, ...(delay === undefined ? {} : { delay }) } };
}
