// Calls that Lambda made by itself and that failed: it reports them at once to a function that
// records what has become of the task, or has callbacks run again. (AWS Lambda: "Adding a
// destination", on failure)
import { ownErrorIn } from "../../model/scheduling/deferrals.ts";
import { toRecorderEvent } from "../../services/engine-events.ts";
import type { RecorderEvent } from "../../services/runs/recorder.ts";
import type { CallbacksRequest } from "../../workers/apart/run-task.ts";

/** Of a function that runs tasks, whatever its own event was. */
export interface FailedCallReport {
  readonly requestContext: { readonly condition: string };
  /** The event of the call. */
  readonly requestPayload: { readonly [name: string]: unknown };
  /** Absent where the call was never made. */
  readonly responsePayload?: { readonly errorType?: string; readonly errorMessage?: string };
}

/** Of callbacks, how often they are called in all; as Lambda does where it repeats by itself. */
const MOST_CALLS = 3;

/** Longest error message that is kept, in characters. */
const MAX_REASON = 500;

/** What the recorder is told of the call of a task. */
export function toCallFailed({ requestPayload, responsePayload }: FailedCallReport): RecorderEvent {
  const { errorType, errorMessage } = responsePayload ?? {};
  const error = ownErrorIn(errorMessage ?? "") ?? errorType;
  const reason = errorMessage?.slice(0, MAX_REASON);
  return toRecorderEvent({ ...requestPayload, action: "callFailed", error, reason });
}

/**
 * Whether the call was for callbacks. What the code of a task makes up in place of them runs
 * without rights, as it does itself.
 */
export function isCallbacksRequest(
  request: FailedCallReport["requestPayload"],
): request is FailedCallReport["requestPayload"] & CallbacksRequest {
  return request.action === "callbacks" && typeof request.capability === "string";
}

/** The request to run callbacks once more; throws when they have failed too often. */
export function nextCallOf<T extends { readonly attempt?: number }>(
  request: T,
): T & { readonly attempt: number } {
  const { attempt = 1 } = request;
  if (attempt < MOST_CALLS) return { ...request, attempt: attempt + 1 };
  throw new Error(
    `Callbacks were called ${attempt} times, and the function failed each time; its log says why`,
  );
}
