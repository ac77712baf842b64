// A warm pool of worker threads: at most so many calls at a time, by priority and then first come, first served. A thread costs
// some 30 ms of processor time, so a burst of short calls shares few threads while calls that block soon have one each.
import { availableParallelism } from "node:os";
import {
  type PoolThread,
  startThread,
  stopText,
  type ThreadCall,
  type ThreadEnding,
} from "./pool-thread.ts";
import { createProcessGuard } from "./process-guard.ts";
import { createSlots, type SlotRequest } from "./slots.ts";

export interface ThreadPoolOptions {
  /** Module that every thread runs; it says "ready" and answers calls as thread-messages.ts has it. */
  readonly entry: URL;
  /** Cloneable; every thread gets it. */
  readonly data: unknown;
  /** Calls at the same time. */
  readonly parallelism: number;
  readonly memoryLimitMb: number;
  /** Threads kept for good once they have started. */
  readonly keepWarm: number;
  /** How long no call may end, while others wait, until one more thread is started. */
  readonly patienceMs: number;
  /** After so long without a call, a thread beyond those is ended. */
  readonly idleMs: number;
}

/** The right to one call. */
export interface ThreadSlot {
  /** Never rejects. */
  run(call: ThreadCall): Promise<ThreadEnding>;
  /** Repeating does nothing. */
  release(): void;
}

export interface ThreadPool {
  /** Waits until one more call may run; undefined when the signal was aborted first. */
  reserve(request: SlotRequest): Promise<ThreadSlot | undefined>;
  /** Reserves a slot, runs the call in it and releases it. */
  run(call: ThreadCall): Promise<ThreadEnding>;
  /** Starts the threads that are kept for good, so that the first call need not wait for one. */
  warmUp(): void;
  /** Threads alive. */
  readonly size: number;
  /** Ends all threads; their calls answer that they died. */
  close(): Promise<void>;
}

/** How often a waiting queue is looked at. */
const TICK_MS = 5;
/** A thread is worth starting when it shortens the queue by this. */
const WORTH_MS = 100;
/** Weight of the latest call in the mean. */
const LATEST = 0.2;

interface Waiting {
  readonly call: ThreadCall;
  readonly settle: (ending: ThreadEnding) => void;
}

export function createThreadPool(options: ThreadPoolOptions): ThreadPool {
  const guard = createProcessGuard();
  const threads = new Set<PoolThread>();
  const starting = new Set<PoolThread>();
  /** The last one was used last, so that surplus threads grow old. */
  const idle: { readonly thread: PoolThread; readonly since: number }[] = [];
  const waiting: Waiting[] = [];
  const slots = createSlots(options.parallelism);
  let meanMs = 0;
  let isClosed = false;
  let stalledTicks = 0;
  let lastTickAt = 0;
  let ticker: NodeJS.Timeout | undefined;
  let sweeper: NodeJS.Timeout | undefined;

  async function reserve(request: SlotRequest): Promise<ThreadSlot | undefined> {
    const release = await slots.take(request);
    if (!release) return undefined;
    // The thread starts while the caller prepares its call.
    if (threads.size === 0 && !isClosed) spawn();
    return { run, release };
  }

  async function run(call: ThreadCall): Promise<ThreadEnding> {
    if (call.signal?.aborted) return died(stopText(call.signal));
    if (isClosed) return died("the process is shutting down");
    return new Promise((settle) => {
      waiting.push({ call, settle });
      dispatch();
    });
  }

  function dispatch(): void {
    while (waiting.length > 0) {
      const free = idle.pop();
      if (!free) break;
      const next = waiting.shift();
      if (next) void serve(free.thread, next);
    }
    if (waiting.length === 0) stopTicking();
    else if (!ticker) startTicking();
    grow();
  }

  async function serve(thread: PoolThread, { call, settle }: Waiting): Promise<void> {
    const ending = await thread.run(call);
    stalledTicks = 0;
    if (ending.kind === "answer") {
      meanMs += (thread.lastBusyMs - meanMs) * LATEST;
      if (!thread.isGone) rest(thread);
    }
    settle(ending);
  }

  function rest(thread: PoolThread): void {
    idle.push({ thread, since: performance.now() });
    sweeper ??= setTimeout(sweep, options.idleMs).unref();
    dispatch();
  }

  function sweep(): void {
    sweeper = undefined;
    const oldest = performance.now() - options.idleMs;
    while (threads.size > options.keepWarm && (idle[0]?.since ?? Infinity) <= oldest) {
      const surplus = idle.shift();
      if (surplus) drop(surplus.thread);
    }
    if (threads.size > options.keepWarm && idle.length > 0) {
      sweeper = setTimeout(sweep, options.idleMs / 4).unref();
    }
  }

  function drop(thread: PoolThread): void {
    threads.delete(thread);
    void thread.end("it was idle");
  }

  /** Starts a thread when calls wait that the present ones won't serve soon. */
  function grow(): void {
    const mayStart = Math.min(
      availableParallelism(),
      waiting.length,
      options.parallelism - threads.size + starting.size,
    );
    if (isClosed || starting.size >= mayStart) return;
    const shortenedMs = (waiting.length * meanMs) / (threads.size * (threads.size + 1));
    if (
      threads.size === 0 ||
      stalledTicks * TICK_MS >= options.patienceMs ||
      shortenedMs > WORTH_MS
    ) {
      spawn();
      grow();
    }
  }

  function startTicking(): void {
    stalledTicks = 0;
    lastTickAt = performance.now();
    ticker = setInterval(() => {
      const now = performance.now();
      // After a late tick nothing is known: this thread was busy, and ends of calls may still be unread.
      const isKnown = now - lastTickAt <= 2 * TICK_MS && threads.size > starting.size;
      stalledTicks = isKnown ? stalledTicks + 1 : 0;
      lastTickAt = now;
      grow();
    }, TICK_MS);
  }

  function stopTicking(): void {
    clearInterval(ticker);
    ticker = undefined;
  }

  function spawn(): void {
    const thread = startThread({
      entry: options.entry,
      data: options.data,
      memoryLimitMb: options.memoryLimitMb,
      guard,
      onReady(ready) {
        starting.delete(ready);
        rest(ready);
      },
      onGone(gone, startFailure) {
        starting.delete(gone);
        threads.delete(gone);
        const index = idle.findIndex((entry) => entry.thread === gone);
        if (index >= 0) idle.splice(index, 1);
        if (isClosed) return;
        if (startFailure !== undefined) {
          for (const { settle } of waiting.splice(0))
            settle(died(`no worker thread could start: ${startFailure}`));
          return;
        }
        if (threads.size < options.keepWarm) spawn();
        dispatch();
      },
    });
    threads.add(thread);
    starting.add(thread);
  }

  return {
    reserve,
    async run(call) {
      const slot = await reserve(call.signal ? { signal: call.signal } : {});
      if (!slot) return died(stopText(call.signal));
      try {
        return await slot.run(call);
      } finally {
        slot.release();
      }
    },
    warmUp() {
      while (threads.size < options.keepWarm) spawn();
    },
    get size() {
      return threads.size;
    },
    async close() {
      isClosed = true;
      stopTicking();
      clearTimeout(sweeper);
      for (const { settle } of waiting.splice(0)) settle(died("the process is shutting down"));
      await Promise.all([...threads].map((thread) => thread.end("the process is shutting down")));
      guard.close();
    },
  };
}

function died(reason: string): ThreadEnding {
  return { kind: "died", reason, unwritten: "" };
}
