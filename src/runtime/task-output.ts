// Sends what user code prints, in this thread or process, to the log of the call that printed it.
import { AsyncLocalStorage } from "node:async_hooks";
import type { TryLog } from "./try-log.ts";

export interface TaskOutput {
  /** Output of `fn`, also what it prints after its end, goes to the log. */
  runWith<T>(log: TryLog, fn: () => T): T;
}

/**
 * Takes over stdout, stderr and with them the console. Output from no call goes to the log used
 * last.
 */
export function captureOutput(): TaskOutput {
  const storage = new AsyncLocalStorage<TryLog>();
  let latest: TryLog | undefined;
  const capture = (stream: NodeJS.WriteStream, name: "task.stdout" | "task.stderr"): void => {
    const write = stream.write.bind(stream);
    stream.write = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | ((error?: Error | null) => void),
      callback?: (error?: Error | null) => void,
    ): boolean => {
      const done = typeof encoding === "function" ? encoding : callback;
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, toEncoding(encoding)) : chunk;
      const log = storage.getStore() ?? latest;
      if (log === undefined) return write(bytes, done);
      log.write(name, bytes);
      if (done) queueMicrotask(done);
      return true;
    };
  };
  capture(process.stdout, "task.stdout");
  capture(process.stderr, "task.stderr");
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
