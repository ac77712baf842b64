// Threads that could not be ended, because they wait in the operating system: a process can't end
// in the usual way before they come back, see cli/terminal/exit-at-once.ts.
import type { Worker } from "node:worker_threads";

const blocked = new Set<Worker>();

/** The thread was asked to end and hasn't. */
export function noteBlocked(worker: Worker): void {
  blocked.add(worker);
  worker.once("exit", () => blocked.delete(worker));
}

export function hasBlockedThreads(): boolean {
  return blocked.size > 0;
}
