// When a call to DynamoDB is made again. The SDK's own repetitions are rationed for the whole
// process, so that a thousand tasks that end at once would run dry of them, and it never repeats
// conflicts of transactions: `dynamoDbClientOptions` turns them off, and calls are repeated here
// and nowhere below.
import type { Clock } from "../../ports/platform.ts";

/** No call is made again when so much time has passed since the first, unless told otherwise. */
const PATIENCE_MS = 30_000;
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

const TRANSIENT_ERRORS: ReadonlySet<string> = new Set([
  "InternalServerError",
  "LimitExceededException",
  "ProvisionedThroughputExceededException",
  "ReplicatedWriteConflictException",
  "RequestLimitExceeded",
  "RequestTimeout",
  "ServiceUnavailable",
  "ServiceUnavailableException",
  "ThrottlingException",
  "TimeoutError",
  "TransactionConflictException",
  "TransactionInProgressException",
]);

/** Why a transaction may be canceled and yet succeed when made again. */
const PASSING_REASONS: ReadonlySet<string> = new Set([
  "TransactionConflict",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
]);

/** What is wrong with the call itself, or with its caller. */
const PERMANENT_ERRORS: ReadonlySet<string> = new Set([
  "AccessDeniedException",
  "ResourceNotFoundException",
  "ValidationException",
]);

const NETWORK_ERRORS: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/**
 * Makes the call, again and again while it fails for a passing reason; throws the last reason when
 * patience runs out.
 */
export type Retries = <T>(call: () => Promise<T>) => Promise<T>;

/** Pauses grow and are random, up to a second. */
export function createRetries({
  clock,
  patienceMs = PATIENCE_MS,
}: {
  readonly clock: Clock;
  readonly patienceMs?: number | undefined;
}): Retries {
  return async (call) => {
    const until = clock.now() + patienceMs;
    for (let longest = SHORTEST_PAUSE_MS; ; longest = Math.min(longest * 2, LONGEST_PAUSE_MS)) {
      try {
        return await call();
      } catch (error) {
        if (!isTransient(error)) throw markPermanent(error);
        if (clock.now() >= until) throw error;
        await clock.sleep(Math.random() * longest);
      }
    }
  };
}

/** To be thrown where DynamoDB answered without an error and yet did nothing. */
export function nothingProcessed(tableName: string): Error {
  const error = new Error(`DynamoDB processed nothing of a batch for table ${tableName}`);
  return Object.assign(error, { name: "ThrottlingException" });
}

function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (TRANSIENT_ERRORS.has(error.name)) return true;
  if ("code" in error && NETWORK_ERRORS.has(String(error.code))) return true;
  return isCanceledInPassing(error) || isMarkedBySdk(error);
}

/** A transaction of which no condition was refused. */
function isCanceledInPassing(error: Error): boolean {
  if (!("CancellationReasons" in error) || !Array.isArray(error.CancellationReasons)) return false;
  const codes = error.CancellationReasons.map((reason: { readonly Code?: string }) => reason.Code);
  if (codes.includes("ConditionalCheckFailed")) return false;
  return codes.some((code) => code !== undefined && PASSING_REASONS.has(code));
}

/** The SDK knows the server's status, and a clock that it has set right by the answer. */
function isMarkedBySdk(error: Error): boolean {
  if (!("$metadata" in error) || typeof error.$metadata !== "object" || !error.$metadata)
    return false;
  const told: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean } =
    error.$metadata;
  return (told.httpStatusCode ?? 0) >= 500 || told.clockSkewCorrected === true;
}

function markPermanent(error: unknown): unknown {
  if (!(error instanceof Error) || !PERMANENT_ERRORS.has(error.name)) return error;
  return Object.assign(error, { isPermanent: true });
}
