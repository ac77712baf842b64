// Why the home folder, or a file in it, can't be used: in words for the person who runs the
// product, with what to do.
import { accessSync, constants, statSync } from "node:fs";

/**
 * - "unwritable": reading works, or might; another user, a read-only or a full disk
 * - "damaged": a file isn't what it was when it was written
 * - "unusable": something else is in the way, such as a file where a folder belongs
 */
export type StorageFault = "unwritable" | "damaged" | "unusable";

/** The message says which file, what happened and what to do. */
export class StorageRefused extends Error {
  override readonly name = "StorageRefused";
  readonly fault: StorageFault;
  /** Another attempt would not mend it. */
  readonly isPermanent = true;

  constructor(fault: StorageFault, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.fault = fault;
  }
}

const UNWRITABLE = "Run Stepwind as a user who may write there, or use another --home";

/** Error codes of the operating system as faults, with what to do. */
const FAULTS: Readonly<Record<string, readonly [StorageFault, what: string, remedy: string]>> = {
  EACCES: ["unwritable", "can't be written: permission denied", UNWRITABLE],
  EPERM: ["unwritable", "can't be written: operation not permitted", UNWRITABLE],
  EROFS: ["unwritable", "can't be written: its disk is read-only", "Use another --home"],
  ENOSPC: ["unwritable", "can't be written: its disk is full", "Free space there"],
  EDQUOT: ["unwritable", "can't be written: the disk quota is used up", "Free space there"],
  ENOTDIR: ["unusable", "can't be a folder: a part of its path is a file", "Use another --home"],
  EEXIST: ["unusable", "is a file where a folder is needed", "Move it away, or use another --home"],
  EISDIR: ["unusable", "is a folder where a file is needed", "Move it away, or use another --home"],
  ELOOP: ["unusable", "is a link to itself", "Remove the link, or use another --home"],
  ENAMETOOLONG: ["unusable", "is too long a path", "Use another --home"],
};

/**
 * The error to throw for a path in the home folder that can't be made or written, as the operating
 * system says; other errors stay as they are.
 */
export function toStorageRefused(error: unknown, path: string): unknown {
  return refusalOf(codeOf(error), { path, cause: error }) ?? error;
}

/**
 * Throws when the path is not a folder that can be written; one that isn't there yet is all right.
 */
export function checkWritableFolder(path: string): void {
  const kind = kindOf(path);
  if (kind === "nothing") return;
  if (kind === "file") throw refusalOf("EEXIST", { path });
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw toStorageRefused(error, path);
  }
}

/** Throws when there is a folder in the place of a file. */
export function checkNoFolder(path: string): void {
  if (kindOf(path) === "folder") throw refusalOf("EISDIR", { path });
}

function refusalOf(
  code: string,
  { path, cause }: { readonly path: string; readonly cause?: unknown },
): StorageRefused | undefined {
  const fault = FAULTS[code];
  if (fault === undefined) return undefined;
  const [kind, what, remedy] = fault;
  return new StorageRefused(kind, `${path} ${what}. ${remedy}`, { cause });
}

function kindOf(path: string): "folder" | "file" | "nothing" {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return "nothing";
  return stats.isDirectory() ? "folder" : "file";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
