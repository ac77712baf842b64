// The connection of a worker process with its pool. What is posted has left the process when `post`
// returns, so it survives whatever kills the process a moment later. A pool that is busy makes its
// worker wait.
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import type { HostMessage } from "../messages.ts";
import { createLineReader, FROM_POOL, TO_POOL, toLine } from "../process-pipes.ts";
import type { CallPort } from "./serve-calls.ts";

/** How long to wait for a pool that doesn't read, before the next attempt. */
const FULL_MS = 2;

/** What is open after `close` goes on no longer; the pool ends it before. */
const LEAVE_MS = 2_000;

/** The process ends when the pool's process does. */
export function createProcessPort(): CallPort {
  const input = new Socket({ fd: FROM_POOL, readable: true, writable: false });
  return {
    post: (message) => writeAll(Buffer.from(toLine(message))),
    onMessage(take) {
      input.on("data", createLineReader<HostMessage>(take));
      input.once("end", () => process.exit());
      input.once("error", () => process.exit());
    },
    // The pipe, and stdout and stderr where they are pipes.
    countOwnResources: () => process.getActiveResourcesInfo().length,
    close() {
      input.removeAllListeners();
      input.destroy();
      // A pool that has died ends nothing.
      setTimeout(() => process.exit(), LEAVE_MS).unref();
    },
  };
}

function writeAll(bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(TO_POOL, bytes, written);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_MS);
    }
  }
}
