// What SQLite's errors mean for us: wait and try again, tell the user what to do, or a mistake of ours.

// https://www.sqlite.org/rescode.html: the low byte of an extended code is the primary one.
const SQLITE_BUSY = 5;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error && "errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

/** What keeps the file from being written for now, in words; undefined for an error that waiting won't cure. */
export function toOutage(error: unknown): string | undefined {
  switch (primaryCode(error)) {
    case SQLITE_FULL:
      return "disk full";
    case SQLITE_IOERR:
      return "disk I/O error";
    case SQLITE_BUSY:
      return "locked by another program";
    default:
      return undefined;
  }
}

/** Whether SQLite found the file locked by another connection. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === SQLITE_BUSY;
}

/** The error to throw: one about a damaged file says which file and what to do, others stay as they are. */
export function toReadableError(error: unknown, file: string): unknown {
  const code = primaryCode(error);
  if (code !== SQLITE_CORRUPT && code !== SQLITE_NOTADB) return error;
  return new Error(
    `${file} is damaged or no Stepwind database. Stop Stepwind and restore the file from a backup; ` +
      "or move it away with its -wal and -shm files, and Stepwind starts with an empty history",
    { cause: error },
  );
}
