// Which bundles are being imported, in a file that survives the process: what stands there at the
// next start was being imported when the process ended, and may be what ended it.
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import type { Reporter } from "../../ports/platform.ts";

export interface ImportJournal {
  /** Whether an earlier process ended while it imported the bundle, or the bundle ended its own. */
  isSuspect(hash: string): boolean;
  /** The import begins. */
  begin(hash: string): void;
  /** The import has ended and this process lives on; the bundle is no suspect any more. */
  end(hash: string): void;
}

/** Of a product that keeps nothing. */
export const NO_JOURNAL: ImportJournal = { isSuspect: () => false, begin() {}, end() {} };

/**
 * One process at a time may have it open. A journal that can't be written is reported once, and
 * imports go on without it.
 */
export function openImportJournal(path: string, report: Pick<Reporter, "warn">): ImportJournal {
  const suspects = new Set(readHashes(path));
  const open = new Map<string, number>();
  let isWritable = true;

  function write(): void {
    if (!isWritable) return;
    try {
      const hashes = new Set([...suspects, ...open.keys()]);
      writeWhole(path, [...hashes].map((hash) => `${hash}\n`).join(""));
    } catch (error) {
      isWritable = false;
      report.warn(
        `${path} can't be written: ${String(error)}. A DAG file that ends the server while it is imported won't be told from the others`,
      );
    }
  }

  return {
    isSuspect: (hash) => suspects.has(hash),
    begin(hash) {
      open.set(hash, (open.get(hash) ?? 0) + 1);
      if (open.get(hash) === 1 && !suspects.has(hash)) write();
    },
    end(hash) {
      const left = (open.get(hash) ?? 1) - 1;
      if (left > 0) open.set(hash, left);
      else open.delete(hash);
      suspects.delete(hash);
      if (left <= 0) write();
    },
  };
}

function readHashes(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\n").filter(Boolean);
  } catch {
    // There is none before the first import.
    return [];
  }
}

/** In place: what is written is in the kernel when the process ends, however that happens. */
function writeWhole(path: string, text: string): void {
  const file = openSync(path, "a");
  try {
    ftruncateSync(file, 0);
    if (text !== "") writeSync(file, text);
  } finally {
    closeSync(file);
  }
}
