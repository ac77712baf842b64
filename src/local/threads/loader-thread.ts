// Entry of the loader's threads: imports a bundle and answers what its DAGs draw.
import { setSourceMapsSupport } from "node:module";
import { loadDags } from "../../runtime/load-dags.ts";
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
    if (loads >= MAX_LOADS) call.retire();
    const { url, file } = call.request as LoadRequest;
    // The query makes it another module each time, so that every load starts from nothing.
    return loadDags({ url: `${url}?load=${loads}`, file });
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
