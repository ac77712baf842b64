// Workers that are threads of this process.
import { getCompileCacheDir } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import type { ThreadStart, WorkerMessage } from "../messages.ts";
import { createUnwrittenText, takeUnwrittenText } from "../unwritten-text.ts";
import { noteBlocked } from "./blocked-threads.ts";
import { outOfMemory, toDeath } from "./deaths.ts";
import type { StartedWorker, WorkerEvents, WorkerKind } from "./started-worker.ts";

export interface ThreadOptions {
  /** Module that the thread runs; it serves calls (inside/serve-calls.ts). */
  readonly entry: URL;
  /** Cloneable; the thread gets it. */
  readonly data: unknown;
  /** Heap and buffers together, garbage included. */
  readonly memoryLimitMb: number;
}

/**
 * V8's own limit lies so far above ours because it ends the whole process when a thread passes it
 * by a large step ("Reached heap limit"): an array is at most 1 GiB, so nothing gets there between
 * two looks.
 */
const MEMORY_HEADROOM_MB = 4_096;

export function threadWorkers(options: ThreadOptions): WorkerKind {
  const { memoryLimitMb } = options;
  return {
    memoryLimitMb,
    outOfMemory: outOfMemory(memoryLimitMb),
    start: (events) => startThread(options, events),
  };
}

function startThread(
  { entry, data, memoryLimitMb }: ThreadOptions,
  events: WorkerEvents,
): StartedWorker {
  const unwritten = createUnwrittenText();
  const start: ThreadStart = { unwritten, data };
  const worker = new Worker(entry, {
    workerData: start,
    execArgv: [],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCacheFolder() },
    resourceLimits: { maxOldGenerationSizeMb: memoryLimitMb + MEMORY_HEADROOM_MB },
  });
  worker.on("message", (message: WorkerMessage) => events.onMessage(message));
  worker.on("error", (error) => events.onDeath(toDeath(error, memoryLimitMb)));
  worker.on("exit", (code) => {
    const reason = `the worker thread exited with code ${code} (process.exit in user code?)`;
    events.onGone({ cause: "exit", reason });
  });
  return {
    post: (message) => worker.postMessage(message),
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    terminate: () => worker.terminate(),
    abandon: () => noteBlocked(worker),
    usedBytes: () => usedBytes(worker),
    takeUnwritten: () => takeUnwrittenText(unwritten),
  };
}

/** Buffers lie outside of the heap, and V8's own limits don't hold for them. */
async function usedBytes(worker: Worker): Promise<number> {
  try {
    const { used_heap_size, external_memory } = await worker.getHeapStatistics();
    return used_heap_size + external_memory;
  } catch {
    // The thread is ending.
    return 0;
  }
}

/**
 * Threads have no part in the cache of the process unless told; without it each would strip types
 * anew.
 */
function compileCacheFolder(): string {
  const own = getCompileCacheDir();
  return own === undefined ? join(tmpdir(), "node-compile-cache") : dirname(own);
}
