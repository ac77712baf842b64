// The wait between two tries, as the worker sees it: the next try starts at the recorded moment,
// whenever the engine calls.
import type { TaskInstanceRecord } from "../../model/records.ts";
import type { Clock } from "../../ports/platform.ts";
import { RetryLater } from "./worker-events.ts";

/**
 * The worker spends shorter waits itself, in ms. Step Functions waits whole seconds, at least one,
 * so its call may come up to a second before the moment that is recorded.
 */
const SHORTEST_INTERVAL_MS = 1_000;

/**
 * Waits until the next try is due or the signal aborts. A long wait is left to the engine: throws
 * RetryLater.
 */
export async function untilRetryIsDue(
  clock: Clock,
  { tryNumber, nextRetryAt }: Pick<TaskInstanceRecord, "tryNumber" | "nextRetryAt">,
  { ask, signal }: { readonly ask: RetryLater["name"]; readonly signal: AbortSignal },
): Promise<void> {
  const dueAt = nextRetryAt === undefined ? clock.now() : Date.parse(nextRetryAt);
  while (dueAt > clock.now() && !signal.aborted) {
    const waitMs = dueAt - clock.now();
    if (waitMs >= SHORTEST_INTERVAL_MS) {
      throw new RetryLater(ask, `try ${tryNumber} failed; again at ${nextRetryAt}`, dueAt);
    }
    await clock.sleep(waitMs, signal);
  }
}
