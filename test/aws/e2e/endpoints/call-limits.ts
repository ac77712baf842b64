// AWS's limits on single calls, which emulators don't have: sizes of payloads and answers, how often
// Step Functions takes a call, and how many calls of one function go on at once. Each call of a
// function is held against them.
import {
  bytesOf,
  createBucket,
  MAX_ASYNC_BYTES,
  MAX_DEFINITION_BYTES,
  MAX_DELAY_SECONDS,
  MAX_MESSAGE_BYTES,
  MAX_STATE_BYTES,
  MAX_SYNC_BYTES,
  RATES,
} from "../../../reference/cloud/aws-limits.ts";
import type { Answer, Call } from "./endpoint-between.ts";

export interface CallLimits {
  /** Whether the call comes too often, and is to be refused; what breaks a limit is noted. */
  isThrottled(call: Call): boolean;
  /**
   * Makes the call, unless it is a synchronous call of a function that has no concurrency left:
   * undefined then.
   */
  withinConcurrency(
    call: Call,
    make: () => Promise<Answer | undefined>,
  ): Promise<{ readonly answer: Answer | undefined } | undefined>;
  /** What broke a limit, in words; a deployment that is right breaks none. */
  readonly broken: readonly string[];
  /** The largest payload of each kind, in bytes. */
  readonly largest: ReadonlyMap<string, number>;
  /** Calls that came too often. */
  readonly throttled: number;
  /** Calls of functions that had no concurrency left. */
  readonly refused: number;
}

/** `concurrency`: synchronous calls of one function that may go on at once. */
export function createCallLimits(now: () => number, concurrency: number): CallLimits {
  const broken: string[] = [];
  const largest = new Map<string, number>();
  const buckets = new Map(Object.entries(RATES).map(([name, rate]) => [name, createBucket(rate)]));
  /** Synchronous calls that are going on, by the function's path. */
  const going = new Map<string, number>();
  let throttled = 0;
  let refused = 0;

  function expectSize(what: string, bytes: number, limit: number): void {
    largest.set(what, Math.max(largest.get(what) ?? 0, bytes));
    if (bytes > limit) broken.push(`${what} of ${bytes} bytes, where AWS takes ${limit}`);
  }

  function checkSizes(call: Call, action: string): void {
    const { service, headers, body } = call;
    if (service === "sqs" && action === "SendMessage") {
      const { MessageBody = "", DelaySeconds = 0 } = JSON.parse(body.toString());
      expectSize("message to SQS", Buffer.byteLength(MessageBody), MAX_MESSAGE_BYTES);
      if (DelaySeconds > MAX_DELAY_SECONDS) broken.push(`a delay of ${DelaySeconds} seconds`);
    } else if (service === "sns") {
      const message = new URLSearchParams(body.toString()).get("Message") ?? "";
      expectSize("message to SNS", Buffer.byteLength(message), MAX_MESSAGE_BYTES);
    } else if (service === "lambda") {
      const isAsync = headers["x-amz-invocation-type"] === "Event";
      if (isAsync) expectSize("asynchronous call", body.length, MAX_ASYNC_BYTES);
      else expectSize("synchronous call", body.length, MAX_SYNC_BYTES);
    } else if (service === "sfn") {
      const { definition, input, output } = JSON.parse(body.toString());
      if (definition) expectSize("definition", Buffer.byteLength(definition), MAX_DEFINITION_BYTES);
      for (const value of [input, output]) {
        if (value !== undefined) expectSize("input or output", bytesOf(value), MAX_STATE_BYTES);
      }
    }
  }

  return {
    broken,
    largest,
    get throttled() {
      return throttled;
    },
    get refused() {
      return refused;
    },
    async withinConcurrency(call, make) {
      if (!isSynchronous(call)) return { answer: await make() };
      const others = going.get(call.path) ?? 0;
      if (others >= concurrency) {
        refused += 1;
        return undefined;
      }
      going.set(call.path, others + 1);
      try {
        const answer = await make();
        if (answer) expectSize("answer", Buffer.byteLength(answer.body), MAX_SYNC_BYTES);
        return { answer };
      } finally {
        going.set(call.path, (going.get(call.path) ?? 1) - 1);
      }
    },
    isThrottled(call) {
      const [, action = ""] = String(call.headers["x-amz-target"] ?? "").split(".");
      checkSizes(call, action);
      if (call.service !== "sfn" || (buckets.get(action)?.take(now()) ?? true)) return false;
      throttled += 1;
      return true;
    },
  };
}

function isSynchronous({ service, path, headers }: Call): boolean {
  const isCall = service === "lambda" && path.endsWith("/invocations");
  return isCall && headers["x-amz-invocation-type"] !== "Event";
}
