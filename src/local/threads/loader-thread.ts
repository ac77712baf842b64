// Entry of the loader's threads: imports a bundle and answers what its DAGs draw.
import { setSourceMapsSupport } from "node:module";
import { setImmediate } from "node:timers/promises";
import { guardEnvironment } from "../../runtime/call-environment.ts";
import { loadDags } from "../../runtime/load-dags.ts";
import { MARK } from "../../runtime/marked-processes.ts";
import { toTaskError } from "../../runtime/task-error.ts";
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
const environment = guardEnvironment();
// What a file prints while it is imported is nobody's log.
process.stdout.write = discard;
process.stderr.write = discard;

serveCalls({
  async handle(call) {
    loads += 1;
    const { url, file } = call.request as LoadRequest;
    environment.enter(url, { [MARK]: call.mark });
    // The query makes it another module each time, so that every load starts from nothing.
    const loaded = await loadDags({ url: `${url}?load=${loads}`, file });
    // Rejections that nothing handles are known now, while the file that made them is still at work.
    await setImmediate();
    if (loads >= MAX_LOADS) call.retire();
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
