// Watches the calls of a worker thread for their two limits, time and memory.
import type { Worker } from "node:worker_threads";

export interface CallLimits {
  /** Seconds; absent means no limit. */
  readonly seconds: number | undefined;
  /** Heap and buffers together. */
  readonly memoryMb: number;
  readonly onTimeout: () => void;
  readonly onMemory: () => void;
}

const MEMORY_WATCH_MS = 250;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const MB = 1024 * 1024;

/** Of one worker, whose calls follow one another. */
export class CallWatch {
  readonly #worker: Worker;
  #limits: CallLimits | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Outlives short calls: a timer for each would cost more than the look. */
  #memoryTimer: NodeJS.Timeout | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  begin(limits: CallLimits): void {
    this.#limits = limits;
    if (limits.seconds !== undefined) this.#armTimeout(limits.seconds * 1_000);
    this.#memoryTimer ??= setTimeout(this.#lookAtMemory, MEMORY_WATCH_MS).unref();
  }

  end(): void {
    this.#limits = undefined;
    clearTimeout(this.#timer);
  }

  #armTimeout(ms: number): void {
    this.#timer = setTimeout(
      () => {
        if (ms > LONGEST_TIMER_MS) this.#armTimeout(ms - LONGEST_TIMER_MS);
        else this.#limits?.onTimeout();
      },
      Math.min(ms, LONGEST_TIMER_MS),
    );
  }

  readonly #lookAtMemory = async (): Promise<void> => {
    const limits = this.#limits;
    const usedBytes = limits ? await memoryOf(this.#worker) : 0;
    this.#memoryTimer = undefined;
    if (!this.#limits) return;
    if (this.#limits === limits && usedBytes > limits.memoryMb * MB) limits.onMemory();
    else this.#memoryTimer = setTimeout(this.#lookAtMemory, MEMORY_WATCH_MS).unref();
  };
}

/** Buffers lie outside of the heap, and V8's own limits don't hold for them. */
async function memoryOf(worker: Worker): Promise<number> {
  try {
    const { used_heap_size, external_memory } = await worker.getHeapStatistics();
    return used_heap_size + external_memory;
  } catch {
    // The thread is ending.
    return 0;
  }
}
