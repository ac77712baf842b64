// Watches the DAG folder and hands what changed to the DAG processor: the local stand-in for bucket events.
import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { DagSource } from "../ports/dag-source.ts";
import type { DagFileStore } from "../ports/metadata.ts";
import type { Reporter } from "../ports/platform.ts";
import type { DagProcessor } from "../services/dag-processing/dag-processor.ts";
import { listDagFolders } from "./folder-dag-source.ts";

export interface WatchOptions {
  readonly folder: string;
  readonly source: DagSource;
  readonly processor: Pick<DagProcessor, "processChanged">;
  readonly metadata: { readonly files: Pick<DagFileStore, "list"> };
  readonly report: Reporter;
  /** Between two full looks at the folder, which find what events missed, in ms; 30,000 when absent. */
  readonly rescanMs?: number;
}

export interface FolderWatcher {
  /** Ends when the work at hand is done. */
  close(): Promise<void>;
}

/** Editors write a file in several steps; their events are taken together. */
const DEBOUNCE_MS = 60;
const RESCAN_MS = 30_000;
/** How soon a folder that has gone is looked for again. */
const MISSING_MS = 1_000;

/** Resolves when every file was processed once, and DAGs whose file is gone were retired. */
export async function watchFolder(options: WatchOptions): Promise<FolderWatcher> {
  const { folder, source, processor, metadata, report } = options;
  const rescanMs = options.rescanMs ?? RESCAN_MS;
  /** Modification time and size of each file when it was last handed on. */
  let seen = new Map<string, string>();
  /** One for each folder: on Linux, Node's recursive watch loses a file that another is renamed over, as editors do. */
  const watches = new Map<string, Watch>();
  let isBlind = false;
  let debounce: NodeJS.Timeout | undefined;
  let isMissing = false;
  let isClosed = false;
  let working: Promise<void> = Promise.resolve();

  /** Finds what has changed since the last look, whatever events said. */
  async function lookAgain(): Promise<void> {
    const present = await listStamps();
    if (!present) return;
    const files = new Set([...present.keys(), ...seen.keys()]);
    const changed = [...files].filter((file) => present.get(file) !== seen.get(file));
    if (changed.length === 0) return;
    seen = present;
    await handOn(changed);
  }

  async function listStamps(): Promise<Map<string, string> | undefined> {
    let files: readonly string[];
    try {
      // First the watch, then the list: what changes in between is seen by one of them.
      await keepWatching();
      files = await source.list();
    } catch (error) {
      if (!isMissing) report.error(`The DAG folder can't be read: ${String(error)}`);
      isMissing = true;
      stopWatching();
      schedule(MISSING_MS);
      return undefined;
    }
    if (isMissing) report.info(`The DAG folder ${folder} is there again`);
    isMissing = false;
    const stamps = await Promise.all(
      files.map(async (file) => {
        const stats = await stat(join(folder, file)).catch(() => undefined);
        return [file, stats ? `${stats.mtimeMs}/${stats.size}/${stats.ino}` : ""] as const;
      }),
    );
    return new Map(stamps);
  }

  async function handOn(changed: readonly string[]): Promise<void> {
    try {
      await processor.processChanged(changed);
    } catch (error) {
      // Seen as nothing that can be there, so that the next look tries them again.
      for (const file of changed) seen.set(file, "failed");
      report.error(`DAG files could not be processed: ${String(error)}`);
    }
  }

  /** One look at a time. */
  function schedule(delayMs: number): void {
    if (isClosed) return;
    clearTimeout(debounce);
    debounce = setTimeout(() => {
      working = working.then(lookAgain);
    }, delayMs);
    debounce.unref();
  }

  /** Watches the folders that are there now; one that was deleted and made again under its name needs a new watch. */
  async function keepWatching(): Promise<void> {
    const present = await identifyFolders(folder);
    if (isClosed) return;
    for (const [path, { identity, watcher }] of watches) {
      if (present.get(path) === identity) continue;
      watcher.close();
      watches.delete(path);
    }
    for (const [path, identity] of present) {
      if (!watches.has(path)) startWatch(path, identity);
    }
  }

  function startWatch(path: string, identity: string): void {
    try {
      const watcher = watch(path, { persistent: false }, () => schedule(DEBOUNCE_MS));
      watches.set(path, { watcher, identity });
      watcher.on("error", () => {
        watcher.close();
        watches.delete(path);
      });
    } catch (error) {
      if (!isBlind) {
        report.warn(`Changes of ${path} are seen late: it can't be watched (${String(error)})`);
      }
      isBlind = true;
    }
  }

  function stopWatching(): void {
    for (const { watcher } of watches.values()) watcher.close();
    watches.clear();
  }

  const present = await listStamps();
  if (present) {
    seen = present;
    const recorded = await metadata.files.list();
    await handOn([...new Set([...present.keys(), ...recorded.map(({ file }) => file)])]);
    schedule(DEBOUNCE_MS);
  }
  const rescan = setInterval(() => schedule(0), rescanMs).unref();

  return {
    async close() {
      isClosed = true;
      clearInterval(rescan);
      clearTimeout(debounce);
      stopWatching();
      await working;
    },
  };
}

interface Watch {
  readonly watcher: FSWatcher;
  /** Of the folder that it watches. */
  readonly identity: string;
}

/** Inodes alone are used again. A folder that goes while we look is left out, unless it is the DAG folder itself. */
async function identifyFolders(folder: string): Promise<ReadonlyMap<string, string>> {
  const identities = new Map<string, string>();
  for (const path of await listDagFolders(folder)) {
    const stats = await stat(path).catch((error: unknown) => {
      if (path === resolve(folder)) throw error;
    });
    if (stats) identities.set(path, `${stats.ino}/${stats.birthtimeMs}`);
  }
  return identities;
}
