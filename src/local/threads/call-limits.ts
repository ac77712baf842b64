// Watches one call of a worker thread for its two limits, time and memory.
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

/** The function that it answers ends the watch. */
export function watchLimits(worker: Worker, limits: CallLimits): () => void {
  let timer: NodeJS.Timeout | undefined;
  let memoryTimer: NodeJS.Timeout | undefined;
  let isOver = false;

  function armTimeout(ms: number): void {
    timer = setTimeout(
      () => {
        if (ms > LONGEST_TIMER_MS) armTimeout(ms - LONGEST_TIMER_MS);
        else limits.onTimeout();
      },
      Math.min(ms, LONGEST_TIMER_MS),
    );
  }

  function watchMemory(): void {
    memoryTimer = setTimeout(async () => {
      const usedBytes = await memoryOf(worker);
      if (isOver) return;
      if (usedBytes > limits.memoryMb * MB) limits.onMemory();
      else watchMemory();
    }, MEMORY_WATCH_MS);
  }

  if (limits.seconds !== undefined) armTimeout(limits.seconds * 1_000);
  watchMemory();
  return () => {
    isOver = true;
    clearTimeout(timer);
    clearTimeout(memoryTimer);
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
