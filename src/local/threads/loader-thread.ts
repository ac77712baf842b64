// Entry of the loader's threads: imports a bundle and answers what its DAGs draw.
import { setSourceMapsSupport } from "node:module";
import { setImmediate } from "node:timers/promises";
import { loadDags } from "../../runtime/load-dags.ts";
import { toTaskError } from "../../runtime/task-error.ts";
import { resolveOwnModules } from "./stepwind-imports.ts";
import { serveCalls } from "./thread-calls.ts";

/** What the loader asks for. */
export interface LoadRequest {
  readonly url: string;
  /** The DAG file, for diagnostics. */
  readonly file: string;
}

/** Modules can't be unloaded: after so many loads the thread is replaced. */
const MAX_LOADS = 100;

let loads = 0;

setSourceMapsSupport(true);
resolveOwnModules();
// What a file prints while it is imported is nobody's log.
process.stdout.write = discard;
process.stderr.write = discard;

serveCalls({
  async handle(call) {
    loads += 1;
    const before = process.getActiveResourcesInfo().length;
    const { url, file } = call.request as LoadRequest;
    // The query makes it another module each time, so that every load starts from nothing.
    const loaded = await loadDags({ url: `${url}?load=${loads}`, file });
    // Rejections that nothing handles are known now, while the file that made them is still at work.
    await setImmediate();
    // What the file has left open, such as a timer, could fail while another file is at work.
    const leftOpen = process.getActiveResourcesInfo().length > before;
    if (leftOpen || loads >= MAX_LOADS) call.retire();
    return loaded;
  },
  broken(error) {
    const { name, message } = toTaskError(error);
    return `an error that nothing in the file caught: ${name}: ${message}`;
  },
});

function discard(
  _chunk: unknown,
  encoding?: BufferEncoding | ((error?: Error) => void),
  callback?: (error?: Error) => void,
): boolean {
  const done = typeof encoding === "function" ? encoding : callback;
  if (done) queueMicrotask(done);
  return true;
}
