// DagLoader over worker threads: a file that throws, loops or exits at import harms nothing but its
// thread. One that may have ended the server before is imported in a process of its own.
import { resolve } from "node:path";
import type { Diagnostic } from "../../model/diagnostics.ts";
import type { DagLoader } from "../../ports/dag-loader.ts";
import type { Bundles } from "../../ports/dag-source.ts";
import type { Death } from "../../workers/pool/deaths.ts";
import type { TaskProcesses } from "../../workers/pool/task-processes.ts";
import { threadWorkers } from "../../workers/pool/thread-workers.ts";
import { createWorkerPool } from "../../workers/pool/worker-pool.ts";
import { siblingUrl } from "../../workers/sibling-url.ts";
import { type ImportJournal, NO_JOURNAL } from "./import-journal.ts";
import { loadInProcess } from "./isolated/isolated-load.ts";
import type { LoadResult } from "./isolated/load-messages.ts";
import type { LoadAnswer, LoaderThreadData, LoadRequest } from "./loader-thread.ts";

export interface ThreadDagLoaderOptions {
  /** Where `import.meta` of DAG files leads, and whose files are noted when they are read. */
  readonly dagsFolder: string;
  readonly bundles: Pick<Bundles, "url">;
  readonly processes: TaskProcesses;
  /** How long an import may take, in seconds; 30 when absent (Airflow: dagbag_import_timeout). */
  readonly importTimeout?: number;
  /** Knows what was being imported when an earlier process ended; nothing when absent. */
  readonly journal?: ImportJournal;
}

export interface ThreadDagLoader extends DagLoader {
  /** Ends its threads. */
  close(): Promise<void>;
}

const MEMORY_LIMIT_MB = 1_024;
/**
 * The DAG processor asks for few at a time, beside those that hang; they must not hold up the
 * others.
 */
const PARALLEL_IMPORTS = 32;
const PATIENCE_MS = 50;
const IDLE_MS = 5_000;

export function createThreadDagLoader({
  bundles,
  dagsFolder,
  processes,
  importTimeout = 30,
  journal = NO_JOURNAL,
}: ThreadDagLoaderOptions): ThreadDagLoader {
  const data: LoaderThreadData = { dagsFolder: resolve(dagsFolder) };
  const closing = new AbortController();
  const pool = createWorkerPool({
    kind: threadWorkers({
      entry: siblingUrl(import.meta.url, "loader-thread"),
      data,
      memoryLimitMb: MEMORY_LIMIT_MB,
    }),
    parallelism: PARALLEL_IMPORTS,
    processes,
    keepWarm: 0,
    patienceMs: PATIENCE_MS,
    idleMs: IDLE_MS,
  });

  async function loadInThread(request: LoadRequest): Promise<LoadResult> {
    const timeout = { seconds: importTimeout, reason: `timed out after ${importTimeout} s` };
    const ending = await pool.run({ request, timeout });
    if (ending.kind === "answer") return ending.value as LoadAnswer;
    if (ending.cause === "closing") throw givenUp(request.file);
    return { dags: [], diagnostics: [toDiagnostic(request.file, ending)] };
  }

  /** A bundle that ends the process again stays a suspect. */
  async function loadSuspect(hash: string, request: LoadRequest): Promise<LoadResult> {
    const settings = { ...data, importTimeout };
    const result = await loadInProcess({ ...request, hash, ...settings }, closing.signal);
    if (closing.signal.aborted) throw givenUp(request.file);
    if ("died" in result) {
      return { dags: [], diagnostics: [endedItsProcess(request.file, result.died)] };
    }
    journal.end(hash);
    return result;
  }

  return {
    async load({ hash, file }) {
      const request: LoadRequest = { url: await bundles.url(hash), file };
      if (journal.isSuspect(hash)) return loadSuspect(hash, request);
      journal.begin(hash);
      try {
        return await loadInThread(request);
      } finally {
        journal.end(hash);
      }
    },
    async close() {
      closing.abort();
      await pool.close();
      journal.close();
    },
  };
}

/** The file has made no mistake: it is loaded again at the next start. */
function givenUp(file: string): Error {
  return new Error(`The import of ${file} was given up: the loader is closed`);
}

function endedItsProcess(file: string, died: string): Diagnostic {
  return {
    code: "import-failed",
    severity: "error",
    file,
    message: `The import of ${file} ended its process: it ${died}. The server had ended during its import before`,
    hint: "code at the top of a DAG file must not end the process, neither by a signal nor by native code that crashes; change the file to have it imported again",
  };
}

function toDiagnostic(file: string, { cause, reason }: Death): Diagnostic {
  if (cause === "timeout") {
    return {
      code: "import-timeout",
      severity: "error",
      file,
      message: `The import of ${file} ${reason} and was stopped`,
      hint: "code at the top of a DAG file must be quick: no endless loop, no waiting; put the work into a task",
    };
  }
  return {
    code: "import-failed",
    severity: "error",
    file,
    message: `The import of ${file} ended its thread: ${reason}`,
    hint: "code at the top of a DAG file runs whenever the file is read; put the work into a task",
  };
}
