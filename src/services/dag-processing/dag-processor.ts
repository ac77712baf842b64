// The DAG processor: takes DAG files from upload to published versions, several at a time and each
// once at a time.
import { importsOneOf } from "../../model/dag-files.ts";
import type { IgnoredFiles } from "./dag-files.ts";
import { processFile } from "./process-file.ts";
import type { DagProcessorOptions, Processing } from "./processing.ts";
import { createSlots } from "./slots.ts";

export type { DagProcessorOptions } from "./processing.ts";

export interface DagProcessor {
  /**
   * Processes one file, or retires its DAGs if it is gone. Repeating is safe and writes nothing
   * when nothing changed. A named file is one that a person asked for: it is never ignored.
   */
  processFile(file: string, options?: { readonly isNamed?: boolean }): Promise<void>;
  /**
   * Processes these files and the DAG files that import one of them, also those that failed for
   * want of it. When one of them fails, the others are processed all the same, and then it rejects.
   */
  processChanged(files: readonly string[]): Promise<void>;
  /** As `processChanged`, but resolves without those that take long; they go on. */
  startChanged(files: readonly string[]): Promise<StartedFiles>;
}

export interface StartedFiles {
  /** Settles when the last file was processed. */
  readonly finished: Promise<void>;
}

/** Files at the same time, beside those that take long. */
const CONCURRENCY = 8;
/** A file that is worked on for so long holds up no others. */
const PATIENCE_MS = 2_000;

export function createDagProcessor(
  platform: Processing["platform"],
  options: DagProcessorOptions,
): DagProcessor {
  const processing = { platform, options };
  const ignored: IgnoredFiles = new Map();
  const processOnce = createQueue((file, isNamed) =>
    processFile(processing, { file, isNamed, ignored }),
  );
  const slots = createSlots({
    count: CONCURRENCY,
    patienceMs: PATIENCE_MS,
    clock: platform.clock,
  });

  /** With the files that have waited for it. */
  async function processAll(file: string, isNamed: boolean): Promise<void> {
    for (const waiting of await processOnce(file, isNamed)) await processAll(waiting, false);
  }

  async function startChanged(files: readonly string[]): Promise<StartedFiles> {
    const importers = await findImporters(platform, { files, ignored });
    const outcomes: Promise<Outcome>[] = [];
    // Importers come second: a DAG that they pass on is up to date in its own file by then.
    for (const group of [new Set(files), importers]) {
      const works = [...group].map((file) => slots.run(() => processAll(file, false)));
      outcomes.push(...works.map(({ done }) => done.then(succeeded, failed)));
      await Promise.all(works.map(({ passed }) => passed));
    }
    const finished = Promise.all(outcomes).then(throwFailures);
    // Who only wants the quick ones may never look at it.
    finished.catch(() => {});
    return { finished };
  }

  return {
    processFile: (file, { isNamed = false } = {}) => processAll(file, isNamed),
    startChanged,
    async processChanged(files) {
      const { finished } = await startChanged(files);
      await finished;
    },
  };
}

/** Files that import one of these, without themselves. */
async function findImporters(
  { metadata }: Pick<Processing["platform"], "metadata">,
  { files, ignored }: { readonly files: readonly string[]; readonly ignored: IgnoredFiles },
): Promise<readonly string[]> {
  const changed = new Set(files);
  const known = await metadata.files.listImporters(files);
  const others = [...ignored].filter(([, seen]) => importsOneOf([...seen], changed));
  const importers = new Set([...known, ...others.map(([file]) => file)]);
  return [...importers].filter((file) => !changed.has(file));
}

/**
 * One work on a file at a time. Who asks while another waits for its turn shares that one's: it
 * will see the file as it is then.
 */
function createQueue<T>(
  work: (file: string, isNamed: boolean) => Promise<T>,
): (file: string, isNamed: boolean) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  const queued = new Map<string, Promise<T>>();

  async function runNow(file: string, isNamed: boolean): Promise<T> {
    const mine = work(file, isNamed);
    running.set(file, mine);
    try {
      return await mine;
    } finally {
      if (running.get(file) === mine) running.delete(file);
    }
  }

  return (file, isNamed) => {
    const before = running.get(file);
    if (!before) return runNow(file, isNamed);
    const waiting = queued.get(file);
    if (waiting) return waiting;
    const start = (): Promise<T> => {
      queued.delete(file);
      return runNow(file, isNamed);
    };
    const mine = before.then(start, start);
    queued.set(file, mine);
    return mine;
  };
}

type Outcome = { readonly error: unknown } | undefined;

function succeeded(): Outcome {
  return undefined;
}

function failed(error: unknown): Outcome {
  return { error };
}

function throwFailures(outcomes: readonly Outcome[]): void {
  const errors = outcomes.flatMap((outcome) => (outcome ? [outcome.error] : []));
  const [first] = errors;
  if (errors.length === 1) throw first;
  if (errors.length > 1) {
    throw new AggregateError(errors, `${errors.length} files failed, the first of them: ${first}`);
  }
}
