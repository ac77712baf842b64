// Sends what code in this thread prints to the log of the call that printed it.
import { AsyncLocalStorage } from "node:async_hooks";
import type { TryLog } from "./try-log.ts";

export interface ThreadOutput {
  /** Output of `fn`, also what it prints after its end, goes to the log. */
  runWith<T>(log: TryLog, fn: () => T): T;
}

/** Takes over stdout, stderr and with them the console. Output from no call goes to the log used last. */
export function captureOutput(): ThreadOutput {
  const storage = new AsyncLocalStorage<TryLog>();
  let latest: TryLog | undefined;
  const write = (name: "task.stdout" | "task.stderr") =>
    function capture(
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | ((error?: Error) => void),
      callback?: (error?: Error) => void,
    ): boolean {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, toEncoding(encoding)) : chunk;
      (storage.getStore() ?? latest)?.write(name, bytes);
      const done = typeof encoding === "function" ? encoding : callback;
      if (done) queueMicrotask(done);
      return true;
    };
  process.stdout.write = write("task.stdout");
  process.stderr.write = write("task.stderr");
  return {
    runWith(log, fn) {
      latest = log;
      return storage.run(log, fn);
    },
  };
}

function toEncoding(encoding: unknown): BufferEncoding {
  return typeof encoding === "string" && Buffer.isEncoding(encoding) ? encoding : "utf8";
}
