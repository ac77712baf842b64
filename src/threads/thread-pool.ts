// A warm pool of worker threads: at most so many calls at a time (slots.ts), on as many threads as
// are worth their cost (pool-growth.ts).
import { availableParallelism } from "node:os";
import { type Death, stopText } from "./deaths.ts";
import { createPoolGrowth, type PoolGrowth } from "./pool-growth.ts";
import { PoolThread, type ThreadCall, type ThreadEnding } from "./pool-thread.ts";
import { createSlots, type SlotRequest, type Slots } from "./slots.ts";
import type { TaskProcesses } from "./task-processes.ts";

export interface ThreadPoolOptions {
  /**
   * Module that every thread runs; it says "ready" and answers calls as thread-messages.ts has it.
   */
  readonly entry: URL;
  /** Cloneable; every thread gets it. */
  readonly data: unknown;
  /** Calls at the same time. */
  readonly parallelism: number;
  readonly memoryLimitMb: number;
  readonly processes: TaskProcesses;
  /** A fresh thread for each call; false when absent. */
  readonly threadPerCall?: boolean;
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
  /** Threads alive that take calls. */
  readonly size: number;
  /** Ends all threads; their calls answer that they died. Resolves within some two seconds. */
  close(): Promise<void>;
}

interface Waiting {
  readonly call: ThreadCall;
  readonly settle: (ending: ThreadEnding) => void;
}

/** Threads that may finish what was left open, at the same time. */
const MAX_LEAVING = 8;
const CLOSING: Death = { cause: "closing", reason: "the process is shutting down" };

export function createThreadPool(options: ThreadPoolOptions): ThreadPool {
  return new WarmPool(options);
}

class WarmPool implements ThreadPool {
  readonly #options: ThreadPoolOptions;
  readonly #slots: Slots;
  readonly #growth: PoolGrowth;
  readonly #threads = new Set<PoolThread>();
  readonly #starting = new Set<PoolThread>();
  /** Those that get no more calls and finish what their last one has left open; oldest first. */
  #leaving: readonly PoolThread[] = [];
  /** The last one was used last, so that surplus threads grow old. */
  readonly #idle: { readonly thread: PoolThread; readonly since: number }[] = [];
  readonly #waiting: Waiting[] = [];
  #isClosed = false;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
    this.#slots = createSlots(options.parallelism);
    this.#growth = createPoolGrowth({
      patienceMs: options.patienceMs,
      isEager: options.threadPerCall ?? false,
      processors: availableParallelism(),
      onTick: () => this.#grow(),
    });
  }

  get size(): number {
    return this.#threads.size;
  }

  async reserve(request: SlotRequest): Promise<ThreadSlot | undefined> {
    const release = await this.#slots.take(request);
    if (!release) return undefined;
    // The thread starts while the caller prepares its call.
    if (this.#threads.size === 0 && !this.#isClosed) this.#spawn();
    return { run: (call) => this.#runNow(call), release };
  }

  async run(call: ThreadCall): Promise<ThreadEnding> {
    const slot = await this.reserve(call.signal ? { signal: call.signal } : {});
    if (!slot) return stopped(call);
    try {
      return await slot.run(call);
    } finally {
      slot.release();
    }
  }

  warmUp(): void {
    while (this.#threads.size < this.#options.keepWarm) this.#spawn();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#growth.rest();
    clearTimeout(this.#sweeper);
    for (const { settle } of this.#waiting.splice(0)) settle(died(CLOSING));
    const all = [...this.#threads, ...this.#leaving];
    await Promise.all(all.map((thread) => thread.end(CLOSING)));
  }

  async #runNow(call: ThreadCall): Promise<ThreadEnding> {
    if (call.signal?.aborted) return stopped(call);
    if (this.#isClosed) return died(CLOSING);
    return new Promise((settle) => {
      this.#waiting.push({ call, settle });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    for (let next = this.#match(); next; next = this.#match()) void this.#serve(next);
    if (this.#waiting.length === 0) this.#growth.rest();
    else this.#growth.watch();
    this.#grow();
  }

  /** The first call that an idle thread accepts, with the thread that was used last of those. */
  #match(): (Waiting & { readonly thread: PoolThread }) | undefined {
    if (this.#idle.length === 0) return undefined;
    for (const [position, waiting] of this.#waiting.entries()) {
      const index = this.#idle.findLastIndex(({ thread }) => thread.accepts(waiting.call));
      const [free] = index < 0 ? [] : this.#idle.splice(index, 1);
      if (!free) continue;
      this.#waiting.splice(position, 1);
      return { ...waiting, thread: free.thread };
    }
    return undefined;
  }

  async #serve({ call, settle, thread }: Waiting & { thread: PoolThread }): Promise<void> {
    const ending = await thread.run(call);
    this.#growth.ended(ending.kind === "answer" ? thread.lastBusyMs : undefined);
    if (ending.kind === "answer" && !thread.isGone) this.#rest(thread);
    settle(ending);
  }

  #rest(thread: PoolThread): void {
    this.#idle.push({ thread, since: performance.now() });
    this.#sweeper ??= setTimeout(() => this.#sweep(), this.#options.idleMs).unref();
    this.#dispatch();
  }

  #sweep(): void {
    this.#sweeper = undefined;
    const { idleMs, keepWarm } = this.#options;
    const oldest = performance.now() - idleMs;
    while (this.#threads.size > keepWarm && (this.#idle[0]?.since ?? Infinity) <= oldest) {
      this.#dropOldest();
    }
    if (this.#threads.size > keepWarm && this.#idle.length > 0) {
      this.#sweeper = setTimeout(() => this.#sweep(), idleMs / 4).unref();
    }
  }

  #dropOldest(): void {
    const surplus = this.#idle.shift();
    if (!surplus) return;
    this.#threads.delete(surplus.thread);
    void surplus.thread.end({ cause: "closing", reason: "it was idle" });
  }

  #grow(): void {
    const { parallelism: most } = this.#options;
    while (!this.#isClosed) {
      // Idle threads that accept none of the waiting calls make room.
      if (this.#threads.size >= most && this.#waiting.length > 0) this.#dropOldest();
      const state = {
        waiting: this.#waiting.length,
        threads: this.#threads.size,
        starting: this.#starting.size,
        most,
      };
      if (!this.#growth.isDue(state)) return;
      this.#spawn();
    }
  }

  #spawn(): void {
    const thread = new PoolThread({
      ...this.#options,
      onReady: (ready) => {
        this.#starting.delete(ready);
        this.#rest(ready);
      },
      onGone: (gone, startFailure) => this.#onGone(gone, startFailure),
    });
    this.#threads.add(thread);
    this.#starting.add(thread);
  }

  #onGone(gone: PoolThread, startFailure: string | undefined): void {
    this.#starting.delete(gone);
    this.#threads.delete(gone);
    if (gone.isLeaving) this.#letLeave(gone);
    const index = this.#idle.findIndex(({ thread }) => thread === gone);
    if (index >= 0) this.#idle.splice(index, 1);
    if (this.#isClosed) return;
    if (startFailure !== undefined) {
      const reason = `no worker thread could start: ${startFailure}`;
      for (const { settle } of this.#waiting.splice(0)) settle(died({ cause: "start", reason }));
      return;
    }
    this.warmUp();
    this.#dispatch();
  }

  #letLeave(gone: PoolThread): void {
    const still = this.#leaving.filter(({ isLeaving }) => isLeaving);
    const surplus = still.slice(0, Math.max(0, still.length + 1 - MAX_LEAVING));
    for (const thread of surplus) void thread.end(CLOSING);
    this.#leaving = [...still.slice(surplus.length), gone];
  }
}

function died(death: Death): ThreadEnding {
  return { kind: "died", ...death, unwritten: "" };
}

function stopped({ signal }: ThreadCall): ThreadEnding {
  return died({ cause: "stopped", reason: stopText(signal) });
}
