// Entry of the loader's threads: imports a bundle and answers what its DAGs draw.
import { setSourceMapsSupport } from "node:module";
import { setImmediate } from "node:timers/promises";
import { guardEnvironment } from "../../runtime/call-environment.ts";
import { watchDagFolderReads } from "../../runtime/dag-folder-reads.ts";
import { toTaskError } from "../../runtime/failures/task-error.ts";
import { type Loaded, loadDags } from "../../runtime/load-dags.ts";
import { MARK } from "../../runtime/marked-processes.ts";
import { placeSourceModules } from "../../runtime/source-modules.ts";
import { serveCalls } from "../../workers/inside/serve-calls.ts";
import { createThreadPort, threadStart } from "../../workers/inside/thread-port.ts";
import { resolveOwnModules } from "./stepwind-imports.ts";

/** What the loader asks for. */
export interface LoadRequest {
  readonly url: string;
  /** The DAG file, for diagnostics. */
  readonly file: string;
}

/** What the loader's threads are started with. */
export interface LoaderThreadData {
  readonly dagsFolder: string;
}

/** What a thread answers. */
export interface LoadAnswer extends Loaded {
  /** See DagLoader. */
  readonly reads: readonly string[];
}

/** Modules can't be unloaded: after so many loads the thread is replaced. */
const MAX_LOADS = 100;

let loads = 0;

setSourceMapsSupport(true);
const { dagsFolder } = threadStart.data as LoaderThreadData;
placeSourceModules(dagsFolder);
const reads = watchDagFolderReads(dagsFolder);
const environment = guardEnvironment();
// What a file prints while it is imported is nobody's log.
process.stdout.write = discard;
process.stderr.write = discard;

serveCalls(createThreadPort(), {
  resolveOwnModules,
  async handle(call) {
    loads += 1;
    const { url, file } = call.request as LoadRequest;
    environment.enter(url, { [MARK]: call.mark });
    reads.start();
    // The query makes it another module each time, so that every load starts from nothing.
    const loaded = await loadDags({ url: `${url}?load=${loads}`, file });
    const { paths, hasModules } = reads.stop();
    const answer: LoadAnswer = { ...loaded, reads: paths };
    // Rejections that nothing handles are known now, while the file that made them is still at
    // work.
    await setImmediate();
    if (hasModules || loads >= MAX_LOADS) call.retire();
    return answer;
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
