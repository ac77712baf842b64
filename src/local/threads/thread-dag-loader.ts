// DagLoader over worker threads: a file that throws, loops or exits at import harms nothing but its
// thread.
import { resolve } from "node:path";
import type { Diagnostic } from "../../model/diagnostics.ts";
import type { DagLoader } from "../../ports/dag-loader.ts";
import type { Bundles } from "../../ports/dag-source.ts";
import type { Death } from "../../threads/deaths.ts";
import { siblingUrl } from "../../threads/sibling-url.ts";
import type { TaskProcesses } from "../../threads/task-processes.ts";
import { createThreadPool } from "../../threads/thread-pool.ts";
import type { LoadAnswer, LoaderThreadData, LoadRequest } from "./loader-thread.ts";

export interface ThreadDagLoaderOptions {
  /** Where `import.meta` of DAG files leads, and whose files are noted when they are read. */
  readonly dagsFolder: string;
  readonly bundles: Bundles;
  readonly processes: TaskProcesses;
  /** How long an import may take, in seconds; 30 when absent (Airflow: dagbag_import_timeout). */
  readonly importTimeout?: number;
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
}: ThreadDagLoaderOptions): ThreadDagLoader {
  const data: LoaderThreadData = { dagsFolder: resolve(dagsFolder) };
  const pool = createThreadPool({
    entry: siblingUrl(import.meta.url, "loader-thread"),
    data,
    parallelism: PARALLEL_IMPORTS,
    memoryLimitMb: MEMORY_LIMIT_MB,
    processes,
    keepWarm: 0,
    patienceMs: PATIENCE_MS,
    idleMs: IDLE_MS,
  });

  return {
    async load({ hash, file }) {
      const request: LoadRequest = { url: await bundles.url(hash), file };
      const timeout = { seconds: importTimeout, reason: `timed out after ${importTimeout} s` };
      const ending = await pool.run({ request, timeout });
      if (ending.kind === "answer") return ending.value as LoadAnswer;
      // The file has made no mistake: it is loaded again at the next start.
      if (ending.cause === "closing") {
        throw new Error(`The import of ${file} was given up: the loader is closed`);
      }
      return { dags: [], diagnostics: [toDiagnostic(file, ending)] };
    },
    close: () => pool.close(),
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
