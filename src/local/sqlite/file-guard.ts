// Watches that a database file which is open stays where it is: SQLite goes on writing to one that
// was deleted or replaced, and all of that is lost when the process ends.
import { statSync } from "node:fs";

const INTERVAL_MS = 2_000;

/**
 * Calls back once when the file at the path is gone or another one; returns a function that ends
 * the watch.
 */
export function guardFile(file: string, onGone: () => void): () => void {
  const opened = identityOf(file);
  const timer = setInterval(() => {
    if (identityOf(file) === opened) return;
    clearInterval(timer);
    onGone();
  }, INTERVAL_MS).unref();
  return () => clearInterval(timer);
}

function identityOf(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats && `${stats.dev}/${stats.ino}`;
}
