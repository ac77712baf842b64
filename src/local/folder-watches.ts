// The operating system's watches of the DAG folder and the folders in it, one for each: on Linux,
// Node's recursive watch loses a file that another is renamed over, as editors do.
import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Reporter } from "../ports/platform.ts";
import { listDagFolders } from "./folder-dag-source.ts";

export interface FolderWatches {
  /**
   * Watches the folders that are there now; one that was deleted and made again under its name gets
   * a new watch. Throws when the DAG folder isn't there.
   */
  renew(): Promise<void>;
  /** Ends all watches, until they are renewed. */
  stop(): void;
  /** Ends all watches for good. */
  close(): void;
}

interface Watch {
  readonly watcher: FSWatcher;
  /** Of the folder that it watches. */
  readonly identity: string;
}

/** `onChange` is called for each event, which may say nothing new. */
export function createFolderWatches({
  folder,
  report,
  onChange,
}: {
  readonly folder: string;
  readonly report: Reporter;
  readonly onChange: () => void;
}): FolderWatches {
  const watches = new Map<string, Watch>();
  /** Folders that can't be watched; each is reported once. */
  const blind = new Set<string>();
  let isClosed = false;

  function start(path: string, identity: string): void {
    try {
      const watcher = watch(path, { persistent: false }, onChange);
      watches.set(path, { watcher, identity });
      watcher.on("error", () => {
        watcher.close();
        watches.delete(path);
      });
    } catch (error) {
      if (!blind.has(path)) {
        report.warn(`Changes of ${path} are seen late: it can't be watched (${String(error)})`);
      }
      blind.add(path);
    }
  }

  function stop(): void {
    for (const { watcher } of watches.values()) watcher.close();
    watches.clear();
  }

  return {
    async renew() {
      const present = await identifyFolders(folder);
      if (isClosed) return;
      for (const [path, { identity, watcher }] of watches) {
        if (present.get(path) === identity) continue;
        watcher.close();
        watches.delete(path);
      }
      for (const [path, identity] of present) {
        if (!watches.has(path)) start(path, identity);
      }
    },
    stop,
    close() {
      isClosed = true;
      stop();
    },
  };
}

/**
 * Inodes alone are used again. A folder that goes while we look is left out, unless it is the DAG
 * folder itself.
 */
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
