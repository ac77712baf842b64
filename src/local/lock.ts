// One process per home folder. The operating system holds the lock (an exclusive transaction of SQLite on a file
// of its own), so it ends with the process however that ends, and a reused process id fools nobody.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isBusy } from "./sqlite/errors.ts";

/** Long enough to outlast a `readServer` that happens to look at the same moment. */
const PATIENCE_MS = 250;

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

/** Takes the folder, made if need be, for this process; throws LockHeld when another one, or this one, has it. */
export function acquireLock(folder: string): Lock {
  mkdirSync(folder, { recursive: true });
  const db = new DatabaseSync(lockFile(folder), { timeout: PATIENCE_MS });
  try {
    db.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if (isBusy(error)) throw new LockHeld(resolve(folder), readInfo(folder));
    throw error;
  }
  const info: ServerInfo = { pid: process.pid, startedAt: new Date().toISOString() };
  writeInfo(folder, info);
  return {
    announce({ url }) {
      writeInfo(folder, { ...info, url });
    },
    release() {
      if (!db.isOpen) return;
      rmSync(infoFile(folder), { force: true });
      db.close();
    },
  };
}

/** The process that works in the folder now; undefined when none does, whatever a killed one has left behind. */
export function readServer(folder: string): ServerInfo | undefined {
  return isLocked(folder) ? readInfo(folder) : undefined;
}

function isLocked(folder: string): boolean {
  if (!existsSync(lockFile(folder))) return false;
  const db = new DatabaseSync(lockFile(folder), { readOnly: true, timeout: 0 });
  try {
    db.exec("SELECT count(*) FROM sqlite_schema");
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    db.close();
  }
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
  writeFileSync(temporary, JSON.stringify(info));
  renameSync(temporary, infoFile(folder));
}

function readInfo(folder: string): ServerInfo | undefined {
  try {
    return JSON.parse(readFileSync(infoFile(folder), "utf8"));
  } catch {
    return undefined; // not written yet, or just removed
  }
}
