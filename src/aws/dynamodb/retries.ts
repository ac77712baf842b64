// When a call to DynamoDB is made again. The SDK retries too, but its retries are rationed for the whole process: a
// thousand tasks that end at once would run dry of them, and it never retries conflicts of transactions.
import { setTimeout as sleep } from "node:timers/promises";

/** No call is made again when so much time has passed since the first. */
const PATIENCE_MS = 30_000;
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

const TRANSIENT_ERRORS: ReadonlySet<string> = new Set([
  "InternalServerError",
  "LimitExceededException",
  "ProvisionedThroughputExceededException",
  "ReplicatedWriteConflictException",
  "RequestLimitExceeded",
  "ServiceUnavailable",
  "ServiceUnavailableException",
  "ThrottlingException",
  "TimeoutError",
  "TransactionConflictException",
  "TransactionInProgressException",
]);

/** What is wrong with the call itself, or with who makes it. */
const PERMANENT_ERRORS: ReadonlySet<string> = new Set([
  "AccessDeniedException",
  "ResourceNotFoundException",
  "ValidationException",
]);

const NETWORK_ERRORS: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
]);

/** Waits before the next attempt, longer each time; throws the reason when patience has run out. */
export type Pause = (reason: unknown) => Promise<void>;

/** Counts from now on. */
export function createPause(): Pause {
  const until = performance.now() + PATIENCE_MS;
  let longest = SHORTEST_PAUSE_MS;
  return async (reason) => {
    if (performance.now() >= until) throw reason;
    await sleep(Math.random() * longest);
    longest = Math.min(longest * 2, LONGEST_PAUSE_MS);
  };
}

/** Makes the call, again and again while it fails for a passing reason. */
export async function withRetries<T>(call: () => Promise<T>): Promise<T> {
  for (const pause = createPause(); ; ) {
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error)) throw markPermanent(error);
      await pause(error);
    }
  }
}

function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (TRANSIENT_ERRORS.has(error.name)) return true;
  return "code" in error && NETWORK_ERRORS.has(String(error.code));
}

function markPermanent(error: unknown): unknown {
  if (!(error instanceof Error) || !PERMANENT_ERRORS.has(error.name)) return error;
  return Object.assign(error, { isPermanent: true });
}
