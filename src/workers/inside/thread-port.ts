// The connection of a worker thread with its pool.
import { parentPort, workerData } from "node:worker_threads";
import type { ThreadStart } from "../messages.ts";
import type { CallPort } from "./serve-calls.ts";

/** What the pool's maker gave. */
export const threadStart: ThreadStart = workerData;

export function createThreadPort(): CallPort {
  const port = parentPort;
  if (!port) throw new Error("This module is the entry of a worker thread");
  return {
    post: (message) => port.postMessage(message),
    onMessage: (take) => void port.on("message", take),
    countOwnResources: () => 1,
    close: () => port.close(),
  };
}
