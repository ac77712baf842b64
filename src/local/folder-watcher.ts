// Watches the DAG folder and hands what changed to the DAG processor: what a bucket's events do on
// AWS.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { DagFileStore } from "../ports/dag-files.ts";
import type { DagSource } from "../ports/dag-source.ts";
import type { Reporter } from "../ports/platform.ts";
import type { DagProcessor } from "../services/dag-processing/dag-processor.ts";
import { createFolderWatches, type FolderWatches } from "./folder-watches.ts";

export interface WatchOptions {
  readonly folder: string;
  readonly source: DagSource;
  readonly processor: Pick<DagProcessor, "startChanged">;
  readonly metadata: { readonly files: Pick<DagFileStore, "list"> };
  readonly report: Reporter;
  /**
   * Between two full looks at the folder, which find what events missed, in ms; 30,000 when absent.
   */
  readonly rescanMs?: number;
}

export interface FolderWatcher {
  /** Ends when the work at hand is done; files that take long are left to the processor. */
  close(): Promise<void>;
}

/** Editors write a file in several steps; their events are taken together. */
const DEBOUNCE_MS = 60;
const RESCAN_MS = 30_000;
/** How soon a folder that has gone is looked for again. */
const MISSING_MS = 1_000;

/** Modification time and size of each file. */
type Stamps = Map<string, string>;

/**
 * Resolves when every file was processed once, and DAGs whose file is gone were retired. Files that
 * take long, such as one whose import hangs, are processed meanwhile.
 */
export async function watchFolder(options: WatchOptions): Promise<FolderWatcher> {
  const { folder, metadata, report } = options;
  /** As each file was when it was last handed on. */
  let seen: Stamps = new Map();
  let isClosed = false;
  let debounce: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  const handing = new Set<Promise<void>>();
  const watches = createFolderWatches({ folder, report, onChange: () => schedule(DEBOUNCE_MS) });
  const look = createLook(options, { watches, onMissing: () => schedule(MISSING_MS) });

  /** One look at a time, whatever the processor is busy with. */
  function schedule(delayMs: number): void {
    if (isClosed) return;
    clearTimeout(debounce);
    debounce = setTimeout(() => {
      looking = looking.then(lookAgain);
    }, delayMs);
    debounce.unref();
  }

  /** Finds what has changed since the last look, whatever events said. */
  async function lookAgain(): Promise<void> {
    const present = await look();
    if (!present) return;
    const files = new Set([...present.keys(), ...seen.keys()]);
    const changed = [...files].filter((file) => present.get(file) !== seen.get(file));
    seen = present;
    if (changed.length > 0) void handOn(changed);
  }

  /** Resolves when the files were processed, but for those that take long. */
  function handOn(changed: readonly string[]): Promise<void> {
    const onFailure = (error: unknown): void => {
      if (isClosed) return;
      // Seen as nothing that can be there, so that the next look tries them again.
      for (const file of changed) seen.set(file, "failed");
      report.error(`DAG files could not be processed: ${String(error)}`);
    };
    const handed = options.processor.startChanged(changed).then(({ finished }) => {
      finished.catch(onFailure);
    }, onFailure);
    handing.add(handed);
    return handed.finally(() => handing.delete(handed));
  }

  const present = await look();
  if (present) {
    seen = present;
    const recorded = await metadata.files.list();
    await handOn([...new Set([...present.keys(), ...recorded.map(({ file }) => file)])]);
    schedule(DEBOUNCE_MS);
  }
  const rescan = setInterval(() => schedule(0), options.rescanMs ?? RESCAN_MS).unref();

  return {
    async close() {
      isClosed = true;
      clearInterval(rescan);
      clearTimeout(debounce);
      watches.close();
      await looking;
      await Promise.all(handing);
    },
  };
}

/** One look at the folder; undefined while it can't be read, which is reported once. */
function createLook(
  { folder, source, report }: WatchOptions,
  { watches, onMissing }: { readonly watches: FolderWatches; readonly onMissing: () => void },
): () => Promise<Stamps | undefined> {
  let isMissing = false;
  return async () => {
    try {
      // First the watch, then the list: what changes in between is seen by one of them.
      await watches.renew();
      const stamps = await stampFiles(folder, await source.list());
      if (isMissing) report.info(`The DAG folder ${folder} is there again`);
      isMissing = false;
      return stamps;
    } catch (error) {
      if (!isMissing) report.error(`The DAG folder can't be read: ${String(error)}`);
      isMissing = true;
      watches.stop();
      onMissing();
      return undefined;
    }
  };
}

async function stampFiles(folder: string, files: readonly string[]): Promise<Stamps> {
  const stamps = await Promise.all(
    files.map(async (file) => {
      const stats = await stat(join(folder, file)).catch(() => undefined);
      return [file, stats ? `${stats.mtimeMs}/${stats.size}/${stats.ino}` : ""] as const;
    }),
  );
  return new Map(stamps);
}
