// A warm pool of workers: at most so many calls at a time (slots.ts), on as many threads or
// processes as are worth their cost (pool-growth.ts).
import { availableParallelism } from "node:os";
import { type Death, stopText } from "./deaths.ts";
import { createPoolGrowth, type PoolGrowth } from "./pool-growth.ts";
import { type CallEnding, PoolWorker, type WorkerCall } from "./pool-worker.ts";
import { createSlots, type SlotRequest, type Slots } from "./slots.ts";
import type { WorkerKind } from "./started-worker.ts";
import type { TaskProcesses } from "./task-processes.ts";

export interface WorkerPoolOptions {
  readonly kind: WorkerKind;
  /** Calls at the same time. */
  readonly parallelism: number;
  readonly processes: TaskProcesses;
  /** A fresh worker for each call; false when absent. */
  readonly workerPerCall?: boolean;
  /** Workers kept for good once they have started. */
  readonly keepWarm: number;
  /** How long no call may end, while others wait, until one more worker is started. */
  readonly patienceMs: number;
  /** After so long without a call, a worker beyond those is ended. */
  readonly idleMs: number;
}

/** The right to one call. */
export interface WorkerSlot {
  /** Never rejects. */
  run(call: WorkerCall): Promise<CallEnding>;
  /** Stops its call, as aborting the call's signal does; one that is yet to come doesn't run. */
  stop(reason: string): void;
  /** Repeating does nothing. */
  release(): void;
}

export interface WorkerPool {
  /** Waits until one more call may run; undefined when the signal was aborted first. */
  reserve(request: SlotRequest): Promise<WorkerSlot | undefined>;
  /** Reserves a slot, runs the call in it and releases it. */
  run(call: WorkerCall): Promise<CallEnding>;
  /**
   * Starts the workers that are kept for good, so that the first call need not wait for one.
   * Resolves when they have.
   */
  warmUp(): Promise<void>;
  /** Workers alive that take calls. */
  readonly size: number;
  /** Resolves when no worker is at work any more on what finished calls have left open. */
  settled(): Promise<void>;
  /** Ends all workers; their calls answer that they died. Resolves within some two seconds. */
  close(): Promise<void>;
}

interface Waiting {
  readonly call: WorkerCall;
  readonly settle: (ending: CallEnding) => void;
}

/** Workers that may finish what was left open, at the same time. */
const MAX_LEAVING = 8;
const LONG_MS = 60_000;
const CLOSING: Death = { cause: "closing", reason: "the process is shutting down" };

export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  return new WarmPool(options);
}

class WarmPool implements WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots: Slots;
  readonly #growth: PoolGrowth;
  readonly #workers = new Set<PoolWorker>();
  /** Resolves when it is ready, or could not start. */
  readonly #starting = new Map<PoolWorker, Promise<void>>();
  /** Those that get no more calls and finish what their last one has left open; oldest first. */
  #leaving: readonly PoolWorker[] = [];
  /** The last one was used last, so that surplus workers grow old. */
  readonly #idle: { readonly worker: PoolWorker; readonly since: number }[] = [];
  readonly #waiting: Waiting[] = [];
  #isClosed = false;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#slots = createSlots(options.parallelism);
    this.#growth = createPoolGrowth({
      patienceMs: options.patienceMs,
      isEager: options.workerPerCall ?? false,
      processors: availableParallelism(),
      onTick: () => this.#grow(),
    });
  }

  get size(): number {
    return this.#workers.size;
  }

  async reserve(request: SlotRequest): Promise<WorkerSlot | undefined> {
    const release = await this.#slots.take(request);
    if (!release) return undefined;
    // The worker starts while the caller prepares its call.
    if (this.#workers.size === 0 && !this.#isClosed) this.#spawn();
    let running: WorkerCall | undefined;
    let death: Death | undefined;
    return {
      run: async (call) => {
        if (death) return died(death);
        running = call;
        return this.#runNow(call);
      },
      stop: (reason) => {
        death = { cause: "stopped", reason };
        if (running) this.#stop(running, death);
      },
      release,
    };
  }

  async run(call: WorkerCall): Promise<CallEnding> {
    const slot = await this.reserve(call.signal ? { signal: call.signal } : {});
    if (!slot) return stopped(call);
    try {
      return await slot.run(call);
    } finally {
      slot.release();
    }
  }

  async warmUp(): Promise<void> {
    while (this.#workers.size < this.#options.keepWarm) this.#spawn();
    await Promise.all(this.#starting.values());
  }

  async settled(): Promise<void> {
    // Workers that leave keep no process alive, which may have nothing else to wait for.
    const keepAlive = setInterval(() => {}, LONG_MS);
    await Promise.all(this.#leaving.map(({ gone }) => gone));
    clearInterval(keepAlive);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#growth.rest();
    clearTimeout(this.#sweeper);
    for (const { settle } of this.#waiting.splice(0)) settle(died(CLOSING));
    const all = [...this.#workers, ...this.#leaving];
    await Promise.all(all.map((worker) => worker.end(CLOSING)));
  }

  async #runNow(call: WorkerCall): Promise<CallEnding> {
    if (call.signal?.aborted) return stopped(call);
    if (this.#isClosed) return died(CLOSING);
    return new Promise((settle) => {
      this.#waiting.push({ call, settle });
      this.#dispatch();
    });
  }

  #stop(call: WorkerCall, death: Death): void {
    const position = this.#waiting.findIndex((waiting) => waiting.call === call);
    if (position >= 0) this.#waiting.splice(position, 1)[0]?.settle(died(death));
    else for (const worker of this.#workers) worker.stop(call, death);
  }

  #dispatch(): void {
    for (let next = this.#match(); next; next = this.#match()) void this.#serve(next);
    if (this.#waiting.length === 0) this.#growth.rest();
    else this.#growth.watch();
    this.#grow();
  }

  /** The first call that an idle worker accepts, with the worker that was used last of those. */
  #match(): (Waiting & { readonly worker: PoolWorker }) | undefined {
    if (this.#idle.length === 0) return undefined;
    for (const [position, waiting] of this.#waiting.entries()) {
      const index = this.#idle.findLastIndex(({ worker }) => worker.accepts(waiting.call));
      const [free] = index < 0 ? [] : this.#idle.splice(index, 1);
      if (!free) continue;
      this.#waiting.splice(position, 1);
      return { ...waiting, worker: free.worker };
    }
    return undefined;
  }

  async #serve({ call, settle, worker }: Waiting & { worker: PoolWorker }): Promise<void> {
    const ending = await worker.run(call);
    this.#growth.ended(ending.kind === "answer" ? worker.lastBusyMs : undefined);
    if (ending.kind === "answer" && !worker.isGone) this.#rest(worker);
    settle(ending);
  }

  #rest(worker: PoolWorker): void {
    this.#idle.push({ worker, since: performance.now() });
    this.#sweeper ??= setTimeout(() => this.#sweep(), this.#options.idleMs).unref();
    this.#dispatch();
  }

  #sweep(): void {
    this.#sweeper = undefined;
    const { idleMs, keepWarm } = this.#options;
    const oldest = performance.now() - idleMs;
    while (this.#workers.size > keepWarm && (this.#idle[0]?.since ?? Infinity) <= oldest) {
      this.#dropOldest();
    }
    if (this.#workers.size > keepWarm && this.#idle.length > 0) {
      this.#sweeper = setTimeout(() => this.#sweep(), idleMs / 4).unref();
    }
  }

  #dropOldest(): void {
    const surplus = this.#idle.shift();
    if (!surplus) return;
    this.#workers.delete(surplus.worker);
    void surplus.worker.end({ cause: "closing", reason: "it was idle" });
  }

  #grow(): void {
    const { parallelism: most } = this.#options;
    while (!this.#isClosed) {
      // Idle workers that accept none of the waiting calls make room.
      if (this.#workers.size >= most && this.#waiting.length > 0) this.#dropOldest();
      const state = {
        waiting: this.#waiting.length,
        workers: this.#workers.size,
        starting: this.#starting.size,
        most,
      };
      if (!this.#growth.isDue(state)) return;
      this.#spawn();
    }
  }

  #spawn(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const worker = new PoolWorker({
      ...this.#options,
      onReady: (ready) => {
        resolve();
        this.#starting.delete(ready);
        this.#rest(ready);
      },
      onGone: (gone, startFailure) => {
        resolve();
        this.#onGone(gone, startFailure);
      },
    });
    this.#workers.add(worker);
    this.#starting.set(worker, promise);
  }

  #onGone(gone: PoolWorker, startFailure: string | undefined): void {
    this.#starting.delete(gone);
    this.#workers.delete(gone);
    if (gone.isLeaving) this.#letLeave(gone);
    const index = this.#idle.findIndex(({ worker }) => worker === gone);
    if (index >= 0) this.#idle.splice(index, 1);
    if (this.#isClosed) return;
    if (startFailure !== undefined) {
      const reason = `no worker could start: ${startFailure}`;
      for (const { settle } of this.#waiting.splice(0)) settle(died({ cause: "start", reason }));
      return;
    }
    void this.warmUp();
    this.#dispatch();
  }

  #letLeave(gone: PoolWorker): void {
    const still = this.#leaving.filter(({ isLeaving }) => isLeaving);
    const surplus = still.slice(0, Math.max(0, still.length + 1 - MAX_LEAVING));
    for (const worker of surplus) void worker.end(CLOSING);
    this.#leaving = [...still.slice(surplus.length), gone];
  }
}

function died(death: Death): CallEnding {
  return { kind: "died", ...death, unwritten: "" };
}

function stopped({ signal }: WorkerCall): CallEnding {
  return died({ cause: "stopped", reason: stopText(signal) });
}
