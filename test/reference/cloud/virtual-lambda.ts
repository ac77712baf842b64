// Lambda in virtual time: calls take up concurrency, and what finds none is refused, called again
// or given out again, as the way of the call has it. A chain of calls that comes back to a function
// too often is stopped.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../../../src/ports/platform.ts";
import { createRandom } from "../random-dags.ts";
import {
  bytesOf,
  MAX_ASYNC_BYTES,
  MAX_CALLS_IN_CHAIN,
  MAX_MESSAGE_BYTES,
  MAX_SYNC_BYTES,
  namedError,
} from "./aws-limits.ts";

export type FunctionName = "worker" | "recorder" | "triggerer";

export interface LambdaLimits {
  /** Calls at the same time that each function may have; absent: as many as the account. */
  readonly reserved?: Readonly<Partial<Record<FunctionName, number>>>;
  /** Calls at the same time of all functions without reserved ones; 1,000 when absent. */
  readonly account?: number;
  /** The longest that a worker lives, in seconds. */
  readonly timeout: number;
  /** Functions with `recursiveLoop: Allow`. */
  readonly allowsLoops: ReadonlySet<FunctionName>;
}

export interface LambdaSeen {
  /** Calls that found no concurrency. */
  throttled: number;
  /** Calls of a chain that was too long. */
  stopped: number;
  /** The most calls at the same time that a function had. */
  readonly most: Map<FunctionName, number>;
}

export interface VirtualLambda {
  readonly seen: LambdaSeen;
  /** Synchronous, by the engine: throws when throttled. */
  invoke<T>(name: FunctionName, event: object, work: () => Promise<T>): Promise<T>;
  /**
   * Asynchronous: called when there is room, for six hours. When it fails it is called twice more,
   * unless failures are reported.
   */
  invokeLater(
    name: FunctionName,
    event: object,
    work: () => Promise<unknown>,
    onFailure?: (problem: unknown) => void,
  ): void;
  /** A message of a queue: given out again after the visibility timeout until it is done. */
  deliver(name: FunctionName, message: object, work: () => Promise<unknown>): Promise<void>;
}

/** Lambda: "Error handling for asynchronous invocation". */
const LONGEST_BACKOFF = 300;
const MAX_EVENT_AGE_MS = 6 * 3_600_000;
const RETRIES_AFTER = [60, 120] as const;
/** Of the triggerer's queue: see infra/trigger-queue.ts. */
const VISIBILITY_TIMEOUT = 180;

/** How often each function was called in the chain that the present call belongs to. */
type Chain = Readonly<Partial<Record<FunctionName, number>>>;

interface LaterCall {
  readonly work: () => Promise<unknown>;
  readonly chain: Chain;
  /** Of an event that was too old, there is no problem. */
  readonly onFailure: ((problem?: unknown) => void) | undefined;
}

export function createVirtualLambda(
  clock: Clock,
  { reserved = {}, account = 1_000, timeout, allowsLoops }: LambdaLimits,
): VirtualLambda {
  const chains = new AsyncLocalStorage<Chain>();
  const active = new Map<FunctionName, number>();
  const random = createRandom(1);
  const seen: LambdaSeen = { throttled: 0, stopped: 0, most: new Map() };
  const activeOf = (name: FunctionName) => active.get(name) ?? 0;

  function hasRoom(name: FunctionName): boolean {
    const own = reserved[name];
    if (own !== undefined) return activeOf(name) < own;
    const shared = [...active].filter(([each]) => reserved[each] === undefined);
    const kept = Object.values(reserved).reduce((sum, each) => sum + each, 0);
    return shared.reduce((sum, [, count]) => sum + count, 0) < account - kept;
  }

  async function run<T>(name: FunctionName, chain: Chain, work: () => Promise<T>): Promise<T> {
    active.set(name, activeOf(name) + 1);
    seen.most.set(name, Math.max(seen.most.get(name) ?? 0, activeOf(name)));
    try {
      const called = chains.run(chain, work);
      return await (name === "worker" ? Promise.race([called, isOver(called)]) : called);
    } finally {
      active.set(name, activeOf(name) - 1);
    }
  }

  /** Rejects when a call takes longer than a worker lives. */
  async function isOver(called: Promise<unknown>): Promise<never> {
    const ended = new AbortController();
    const end = () => ended.abort();
    called.then(end, end);
    await clock.sleep(timeout * 1_000, ended.signal);
    if (ended.signal.aborted) return new Promise(() => {});
    throw namedError("Sandbox.Timedout", `Task timed out after ${timeout} seconds`);
  }

  /** Undefined when the chain is stopped. */
  function lengthen(name: FunctionName): Chain | undefined {
    const chain = chains.getStore() ?? {};
    const count = (chain[name] ?? 0) + 1;
    if (count <= MAX_CALLS_IN_CHAIN || allowsLoops.has(name)) return { ...chain, [name]: count };
    seen.stopped += 1;
    return undefined;
  }

  async function untilDone(
    name: FunctionName,
    { work, chain, onFailure }: LaterCall,
  ): Promise<void> {
    const since = clock.now();
    let failures = 0;
    for (let backoff = 1; clock.now() - since < MAX_EVENT_AGE_MS; ) {
      if (!hasRoom(name)) {
        seen.throttled += 1;
        // Spread, as calls of many clients are.
        await clock.sleep(backoff * (500 + random.next() * 500));
        backoff = Math.min(backoff * 2, LONGEST_BACKOFF);
        continue;
      }
      try {
        await run(name, chain, work);
        return;
      } catch (problem) {
        if (onFailure) return chains.run(chain, () => onFailure(problem));
        const pause = RETRIES_AFTER[failures];
        failures += 1;
        if (pause === undefined) return;
        await clock.sleep(pause * 1_000);
      }
    }
    onFailure?.();
  }

  return {
    seen,
    async invoke(name, event, work) {
      expectSize(event, MAX_SYNC_BYTES);
      if (!hasRoom(name)) {
        seen.throttled += 1;
        throw namedError("Lambda.TooManyRequestsException", "Rate Exceeded");
      }
      // Step Functions begins a chain of its own.
      return run(name, { [name]: 1 }, work);
    },
    invokeLater(name, event, work, onFailure) {
      expectSize(event, MAX_ASYNC_BYTES);
      const chain = lengthen(name);
      if (chain) void untilDone(name, { work, chain, onFailure });
    },
    async deliver(name, message, work) {
      expectSize(message, MAX_MESSAGE_BYTES);
      const chain = lengthen(name);
      if (!chain) return;
      for (;;) {
        if (hasRoom(name)) {
          try {
            await run(name, chain, work);
            return;
          } catch {
            // Given out again below.
          }
        } else seen.throttled += 1;
        await clock.sleep(VISIBILITY_TIMEOUT * 1_000);
      }
    },
  };
}

function expectSize(value: object, limit: number): void {
  const bytes = bytesOf(value);
  if (bytes > limit) throw new Error(`A payload has ${bytes} bytes, but AWS takes ${limit}`);
}
