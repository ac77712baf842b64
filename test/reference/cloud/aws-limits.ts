// AWS's documented limits, as far as runs can meet them. The simulator in virtual time and the
// endpoint in front of an emulator hold the product to them.

/** Step Functions quotas: events in the history of one execution; the last may only be its end. */
export const MAX_EVENTS = 25_000;
/** Step Functions quotas: input or output of a task, a state or an execution, in bytes. */
export const MAX_STATE_BYTES = 262_144;
/** Step Functions quotas: a state machine's definition, in bytes. */
export const MAX_DEFINITION_BYTES = 1_048_576;
/** SQS quotas: a message was limited to this until 2025, in bytes; so are SNS's. */
export const MAX_MESSAGE_BYTES = 262_144;
/** SQS quotas: DelaySeconds. */
export const MAX_DELAY_SECONDS = 900;
/** Lambda quotas: a synchronous call's request and answer, in bytes. */
export const MAX_SYNC_BYTES = 6 * 1_048_576;
/** Lambda quotas: an asynchronous call's event, in bytes. */
export const MAX_ASYNC_BYTES = 1_048_576;
/**
 * Lambda: "Use Lambda recursive loop detection": a function that is called more often by one chain
 * of requests is not called.
 */
export const MAX_CALLS_IN_CHAIN = 16;

/** Step Functions quotas, API action throttling: bucket size and refill per second. */
export const RATES = {
  CreateStateMachine: { capacity: 100, perSecond: 1 },
  /** Outside of the three largest regions. */
  StartExecution: { capacity: 800, perSecond: 150 },
} as const;

/** Counts calls of one kind as the service does; `now` is epoch ms and never goes back. */
export function createBucket({
  capacity,
  perSecond,
}: {
  readonly capacity: number;
  readonly perSecond: number;
}): { take(now: number): boolean } {
  let tokens = capacity;
  let countedAt = Number.NaN;
  return {
    take(now) {
      const passed = Number.isNaN(countedAt) ? 0 : (now - countedAt) / 1_000;
      countedAt = now;
      tokens = Math.min(capacity, tokens + passed * perSecond);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}

/** Bytes of a value's JSON text. */
export function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? "");
}

/** An error by the name that Step Functions gives it. */
export function namedError(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
