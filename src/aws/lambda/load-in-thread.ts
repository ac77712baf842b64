// The inside of the loader function: each bundle is imported in a thread of its own, so every load
// starts from nothing and takes along what it leaves behind. The thread sees no environment, and
// with it no credentials.
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { gunzip } from "node:zlib";
import { siblingUrl } from "../../workers/sibling-url.ts";
import type { LoaderAnswer, LoaderEvent } from "./lambda-dag-loader.ts";

/** Megabytes that the function's own code needs beside the thread. */
const OWN_MEMORY_MB = 100;

/** Rejects when the thread ends without an answer: out of memory, `process.exit`. */
export async function loadInThread(
  { file, code, hash }: LoaderEvent,
  { memoryMb }: { readonly memoryMb: number },
): Promise<LoaderAnswer> {
  const folder = await mkdtemp(join(tmpdir(), "stepwind-load-"));
  try {
    const path = join(folder, `${hash}.mjs`);
    await writeFile(path, await promisify(gunzip)(Buffer.from(code, "base64")));
    const thread = new Worker(siblingUrl(import.meta.url, "loader-thread"), {
      workerData: { url: pathToFileURL(path).href, file },
      env: {},
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb - OWN_MEMORY_MB },
    });
    // What a file prints while it is imported is nobody's log.
    thread.stdout.resume();
    thread.stderr.resume();
    const ended = once(thread, "exit").then(([exitCode]) => {
      throw new Error(`it exited with code ${exitCode} (process.exit in user code?)`);
    });
    const [answer] = await Promise.race([once(thread, "message"), ended]);
    return toAnswer(answer);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Our own thread's answer; the compiler checks the drawings in it. */
function toAnswer(answer: unknown): LoaderAnswer {
  return answer as LoaderAnswer;
}
