// What SQLite's errors mean: wait and try again, tell the person what to do, or a mistake of ours.
import { type StorageFault, StorageRefused } from "../storage-refused.ts";

// https://www.sqlite.org/rescode.html: the low byte of an extended code is the primary one.
const SQLITE_PERM = 3;
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error && "errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

/**
 * What keeps the file from being written for now, in words; undefined for an error that waiting
 * doesn't mend.
 */
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

/**
 * The error to throw: one about a damaged file says which file and what to do, others stay as they
 * are.
 */
export function toReadableError(error: unknown, file: string): unknown {
  const code = primaryCode(error);
  if (code !== SQLITE_CORRUPT && code !== SQLITE_NOTADB) return error;
  return new StorageRefused(
    "damaged",
    `${file} is damaged or no Stepwind database. Stop Stepwind and restore the file from a backup; ` +
      "or move it away with its -wal and -shm files, and Stepwind starts with an empty history",
    { cause: error },
  );
}

/**
 * The same for a file that is being opened, when whatever SQLite refuses is the person's to mend.
 */
export function toOpeningError(error: unknown, file: string): unknown {
  const code = primaryCode(error);
  const refusal = code === undefined ? undefined : REFUSALS[code];
  if (refusal === undefined) return toReadableError(error, file);
  const [fault, what] = refusal;
  return new StorageRefused(fault, `${file} ${what}`, { cause: error });
}

const REFUSALS: Readonly<Record<number, readonly [StorageFault, what: string]>> = {
  [SQLITE_PERM]: ["unwritable", "can't be opened: permission denied. Run Stepwind as its owner"],
  [SQLITE_BUSY]: ["unusable", "is locked by another program. Close what has it open"],
  [SQLITE_READONLY]: [
    "unwritable",
    "can't be written: permission denied. Run Stepwind as its owner",
  ],
  [SQLITE_IOERR]: [
    "unusable",
    "can't be read or written: disk I/O error. Check the disk and its free space",
  ],
  [SQLITE_FULL]: ["unwritable", "can't be written: its disk is full. Free space there"],
  [SQLITE_CANTOPEN]: [
    "unwritable",
    "can't be opened. Run Stepwind as its owner, or use another --home",
  ],
};
