// The processes of the worker function that run user code: one at a time, warm between calls. The
// function's own process survives what user code does to its own, and says what that was.

import { processWorkers } from "../../workers/pool/process-workers.ts";
import { createTaskProcesses } from "../../workers/pool/task-processes.ts";
import { createWorkerPool, type WorkerPool } from "../../workers/pool/worker-pool.ts";
import { siblingUrl } from "../../workers/sibling-url.ts";
import type { TaskProcessData } from "./task-process.ts";

/** Of the function, where Lambda doesn't say. */
const DEFAULT_MEMORY_MB = 1_024;
/** What the function's own process needs. */
const OWN_MEMORY_MB = 150;
/** Share of its limit at which a process counts as worn. */
const WORN = 0.25;

/** Starts the first one at once. `memoryMb` is the function's. */
export function startUserProcesses({
  memoryMb = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? DEFAULT_MEMORY_MB),
}: {
  readonly memoryMb?: number;
} = {}): WorkerPool {
  const memoryLimitMb = Math.max(memoryMb - OWN_MEMORY_MB, memoryMb / 2);
  const data: TaskProcessData = { wornMb: memoryLimitMb * WORN };
  const pool = createWorkerPool({
    kind: processWorkers({
      entry: siblingUrl(import.meta.url, "task-process"),
      data,
      memoryLimitMb,
      outOfMemory: `it ran out of memory: ${Math.floor(memoryLimitMb)} of the ${memoryMb} MB that the worker function has are for user code`,
      explainSignal: (signal) => explainSignal(signal, memoryMb),
    }),
    parallelism: 1,
    // Lambda ends all processes when the function's own has died.
    processes: createTaskProcesses({ isGuarded: false }),
    keepWarm: 1,
    patienceMs: 0,
    idleMs: 60_000,
  });
  void pool.warmUp();
  return pool;
}

function explainSignal(signal: NodeJS.Signals, memoryMb: number): string | undefined {
  switch (signal) {
    case "SIGKILL":
      return `it was killed, by its own code or by the system because it was out of memory (the worker function has ${memoryMb} MB)`;
    case "SIGABRT":
    case "SIGTRAP":
      return `JavaScript's heap was full (the worker function has ${memoryMb} MB), or native code gave up`;
    case "SIGSEGV":
    case "SIGBUS":
    case "SIGILL":
    case "SIGFPE":
      return "native code crashed";
    default:
      return undefined;
  }
}
