// Gives memory back when the process or a thread rests: after a burst of work V8 keeps some 15 MB
// for the next one, which a server that waits for its next run doesn't need. Measured with the
// bench's idle_mib, in turn on a busy machine: 117 and 106 MiB with it, 145 and 128 MiB without.
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How often it is looked whether the thread rests. */
const LOOK_MS = 5_000;
/** Share of the time that a resting thread may be busy. */
const RESTING = 0.02;
/** Heap that has come since the last time and is worth a pause of some 30 ms. */
const WORTH_BYTES = 4 * 1024 * 1024;

/**
 * Watches the calling thread for as long as it lives; keeps no process alive. A look every 5 s when
 * `lookMs` is absent.
 */
export function releaseMemoryAtRest(lookMs = LOOK_MS): void {
  let before = performance.eventLoopUtilization();
  let keptBytes = 0;
  setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    if (utilization > RESTING || heapBytes() < keptBytes + WORTH_BYTES) return;
    collectGarbage();
    keptBytes = heapBytes();
  }, lookMs).unref();
}

function heapBytes(): number {
  return getHeapStatistics().total_physical_size;
}

/** Node gives the collector to contexts that are made while the flag is set. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: NodeJS.GCFunction = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  collect({ type: "major", execution: "sync", flavor: "last-resort" });
}
