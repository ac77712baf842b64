// Which bundles are being imported, in a file that survives the process: what stands there at the
// next start was being imported when the process ended, and may be what ended it. Each begin and
// end is one appended line, so that the file is right whenever the process is killed.
import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import type { Reporter } from "../../ports/platform.ts";

export interface ImportJournal {
  /** Whether an earlier process ended while it imported the bundle, or the bundle ended its own. */
  isSuspect(hash: string): boolean;
  /** The import begins. */
  begin(hash: string): void;
  /** The import has ended and this process lives on; the bundle is no suspect any more. */
  end(hash: string): void;
  close(): void;
}

/** Of a product that keeps nothing. */
export const NO_JOURNAL: ImportJournal = {
  isSuspect: () => false,
  begin() {},
  end() {},
  close() {},
};

/** A file of this size is emptied when nothing stands in it. */
const MAX_BYTES = 64 * 1024;

/**
 * One process at a time may have it open. A journal that can't be written is reported once, and
 * imports go on without it.
 */
export function openImportJournal(path: string, report: Pick<Reporter, "warn">): ImportJournal {
  const suspects = new Set<string>();
  const open = new Map<string, number>();
  let file: number | undefined;
  let bytes = 0;

  function attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      close();
      report.warn(
        `${path} can't be written: ${String(error)}. A DAG file that ends the server while it is imported won't be told from the others`,
      );
    }
  }

  function add(sign: "+" | "-", hash: string): void {
    const descriptor = file;
    if (descriptor === undefined) return;
    attempt(() => {
      bytes += writeSync(descriptor, `${sign}${hash}\n`);
      if (bytes < MAX_BYTES || open.size + suspects.size > 0) return;
      ftruncateSync(descriptor, 0);
      bytes = 0;
    });
  }

  function close(): void {
    if (file !== undefined) closeSync(file);
    file = undefined;
  }

  attempt(() => {
    for (const hash of readOpen(path)) suspects.add(hash);
    writeFileSync(`${path}.new`, [...suspects].map((hash) => `+${hash}\n`).join(""));
    renameSync(`${path}.new`, path);
    file = openSync(path, "a");
  });

  return {
    isSuspect: (hash) => suspects.has(hash),
    begin(hash) {
      const before = open.get(hash) ?? 0;
      open.set(hash, before + 1);
      if (before === 0) add("+", hash);
    },
    end(hash) {
      const left = (open.get(hash) ?? 1) - 1;
      if (left > 0) {
        open.set(hash, left);
        return;
      }
      open.delete(hash);
      suspects.delete(hash);
      add("-", hash);
    },
    close,
  };
}

/** What has begun and not ended. */
function readOpen(path: string): ReadonlySet<string> {
  const open = new Set<string>();
  for (const line of readText(path).split("\n")) {
    if (line.startsWith("+")) open.add(line.slice(1));
    if (line.startsWith("-")) open.delete(line.slice(1));
  }
  return open;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    // There is none before the first start.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
