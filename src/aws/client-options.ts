// How every AWS SDK client of the product is made. Region, endpoint and credentials come from the
// environment.

/** Throttled and failed calls are made again with growing, random pauses: up to 8 times in all. */
export const CLIENT_OPTIONS = { retryMode: "standard", maxAttempts: 8 } as const;

/**
 * Of the metadata's client. dynamodb/retries.ts repeats its calls and nothing below does; a call
 * without an answer fails after a while, so that it can be repeated. The time includes the wait for
 * a free connection.
 */
export function dynamoDbClientOptions({ requestTimeoutMs }: StoragePatience = PATIENT) {
  return {
    maxAttempts: 1,
    requestHandler: { requestTimeout: requestTimeoutMs, throwOnRequestTimeout: true },
  } as const;
}

/** How long a function waits for a table that throttles or doesn't answer. */
export interface StoragePatience {
  /** How long one call is repeated. */
  readonly patienceMs: number;
  /** How long one attempt of it may take. */
  readonly requestTimeoutMs: number;
}

/** For functions that live for minutes. */
export const PATIENT: StoragePatience = { patienceMs: 30_000, requestTimeoutMs: 10_000 };

/** For functions that live for 30 seconds, because a caller waits for them. */
export const BRIEF: StoragePatience = { patienceMs: 3_000, requestTimeoutMs: 5_000 };

/** Path style, since an emulator has no host name per bucket. */
export const S3_CLIENT_OPTIONS = { ...CLIENT_OPTIONS, forcePathStyle: true } as const;

/**
 * Of a client that signs addresses: by default it would sign the checksum of an empty body, which
 * no other body has.
 */
export const SIGNING_S3_OPTIONS = {
  ...S3_CLIENT_OPTIONS,
  requestChecksumCalculation: "WHEN_REQUIRED",
} as const;

/**
 * Queues of the product are in its region; an emulator names them by a host that may not be the
 * one it listens on.
 */
export const SQS_CLIENT_OPTIONS = { ...CLIENT_OPTIONS, useQueueUrlAsEndpoint: false } as const;
