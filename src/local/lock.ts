// One process per home folder. The operating system holds the lock (an exclusive transaction of
// SQLite on a file of its own), so it ends with the process however that ends, and a process id
// that is used again misleads nobody.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isBusy, toOpeningError } from "./sqlite/errors.ts";
import {
  checkNoFolder,
  checkWritableFolder,
  StorageRefused,
  toStorageRefused,
} from "./storage-refused.ts";

/** Long enough to outlast a `readServer` that happens to look at the same moment. */
const PATIENCE_MS = 250;

/** A connection that nothing refers to is collected, and its lock goes with it. */
const held = new Set<DatabaseSync>();

/** What is known of the process that holds a folder. */
export interface ServerInfo {
  readonly pid: number;
  readonly startedAt: string;
  /** Absent until it serves. */
  readonly url?: string;
}

export interface Lock {
  /** Makes the address known to `readServer`. */
  announce(server: { readonly url: string }): void;
  /** Repeating is safe. */
  release(): void;
}

/** Another process works in the folder. */
export class LockHeld extends Error {
  override readonly name = "LockHeld";
  readonly server: ServerInfo | undefined;

  constructor(folder: string, server: ServerInfo | undefined) {
    const url = server?.url === undefined ? "" : `, ${server.url}`;
    const process = server === undefined ? "" : ` (process ${server.pid}${url})`;
    super(`Another stepwind${process} is running in ${folder}; stop it or use another --home`);
    this.server = server;
  }
}

/**
 * Takes the folder, made if need be, for this process. Throws LockHeld when another process, or
 * this one, has it, and StorageRefused when the folder can't be written.
 */
export function acquireLock(folder: string): Lock {
  prepareFolder(folder);
  const db = openLocked(folder);
  held.add(db);
  const info: ServerInfo = { pid: process.pid, startedAt: new Date().toISOString() };
  try {
    writeInfo(folder, info);
  } catch (error) {
    held.delete(db);
    db.close();
    throw error;
  }
  return {
    announce({ url }) {
      writeInfo(folder, { ...info, url });
    },
    release() {
      if (!db.isOpen) return;
      rmSync(infoFile(folder), { force: true });
      held.delete(db);
      db.close();
    },
  };
}

/**
 * The process that works in the folder now; undefined when none does, whatever a killed one has
 * left behind.
 */
export function readServer(folder: string): ServerInfo | undefined {
  return isLocked(folder) ? readInfo(folder) : undefined;
}

/** Makes the folder, and refuses one that this process may not write to. */
function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw toStorageRefused(error, resolve(folder));
  }
  checkWritableFolder(resolve(folder));
  checkNoFolder(lockFile(folder));
}

function openLocked(folder: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(lockFile(folder), { timeout: PATIENCE_MS });
    db.exec("BEGIN EXCLUSIVE");
    return db;
  } catch (error) {
    db?.close();
    if (isBusy(error)) throw new LockHeld(resolve(folder), readInfo(folder));
    throw toLockError(error, folder);
  }
}

function isLocked(folder: string): boolean {
  if (!existsSync(lockFile(folder))) return false;
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(lockFile(folder), { readOnly: true, timeout: 0 });
    db.exec("SELECT count(*) FROM sqlite_schema");
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw toLockError(error, folder);
  } finally {
    db?.close();
  }
}

/** The lock file holds nothing, so that a damaged one may simply go. */
function toLockError(error: unknown, folder: string): unknown {
  const file = resolve(lockFile(folder));
  const refused = toOpeningError(error, file);
  if (!(refused instanceof StorageRefused) || refused.fault !== "damaged") return refused;
  return new StorageRefused("damaged", `${file} is damaged. Delete it; it holds no data`, {
    cause: error,
  });
}

function lockFile(folder: string): string {
  return join(folder, "lock.db");
}

function infoFile(folder: string): string {
  return join(folder, "server.json");
}

/** By renaming, so that a reader never sees half of it. */
function writeInfo(folder: string, info: ServerInfo): void {
  const temporary = `${infoFile(folder)}.tmp`;
  try {
    writeFileSync(temporary, JSON.stringify(info));
    renameSync(temporary, infoFile(folder));
  } catch (error) {
    throw toStorageRefused(error, resolve(infoFile(folder)));
  }
}

function readInfo(folder: string): ServerInfo | undefined {
  try {
    return JSON.parse(readFileSync(infoFile(folder), "utf8"));
  } catch {
    return undefined; // not written yet, or just removed
  }
}
