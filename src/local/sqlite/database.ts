// The connection to the metadata database: opened durably, brought to the newest schema, with
// cached statements, reads that run at once and writes that share commits.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { RecentMap } from "../../model/values/recent-map.ts";
import { checkNoFolder, StorageRefused } from "../storage-refused.ts";
import { type CommitOptions, createGroupCommit } from "./commits.ts";
import { toOpeningError, toReadableError } from "./errors.ts";
import { addConditionTest } from "./listings/condition-test.ts";
import { MIGRATIONS, migrate } from "./schema.ts";

export interface SqliteDatabase {
  /** Nothing is kept when it is closed. */
  readonly isInMemory: boolean;
  /** The same statement for the same text. */
  prepare(sql: string): StatementSync;
  /** Like `prepare`, for texts of which there are many: each is kept while it is in use. */
  prepareRecent(sql: string): StatementSync;
  /** Runs at once and sees what is committed; a write still under way is not seen. */
  read<T>(query: () => T): Promise<T>;
  /** See GroupCommit: resolves when the change is durable. */
  write<T>(change: () => T): Promise<T>;
  /** Calls back after each commit, until what it answers is called. */
  listen(heard: () => void): () => void;
  /** Writes what is waiting, then closes. */
  close(): Promise<void>;
}

/**
 * Creates the file with its folder if need be. WAL with synchronous=FULL: a commit survives the
 * loss of power. Throws StorageRefused for a file that is damaged, can't be opened or has a newer
 * schema.
 */
export function openConnection(file: string, migrations = MIGRATIONS): DatabaseSync {
  if (file !== ":memory:") {
    mkdirSync(dirname(file), { recursive: true });
    checkNoFolder(file);
  }
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { timeout: 1_000 });
    addConditionTest(db);
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    migrate(db, { file, migrations });
    return db;
  } catch (error) {
    db?.close();
    throw toOpeningError(error, file);
  }
}

/** Statements of listings that are kept. */
const MOST_RECENT = 200;

export interface DatabaseOptions extends CommitOptions {
  /** Called once, with what to tell the person, when a read or a write meets damage in the file. */
  readonly onDamage?: ((damage: StorageRefused) => void) | undefined;
}

/** Takes over the connection: nothing else may use it. */
export function createSqliteDatabase(db: DatabaseSync, options: DatabaseOptions): SqliteDatabase {
  const commits = createGroupCommit(db, options);
  const statements = new Map<string, StatementSync>();
  const recent = new RecentMap<string, StatementSync>(MOST_RECENT);
  let isDamaged = false;

  function noticeDamage(error: unknown): never {
    if (error instanceof StorageRefused && error.fault === "damaged" && !isDamaged) {
      isDamaged = true;
      options.onDamage?.(error);
    }
    throw error;
  }

  function readably<T>(query: () => T): T {
    try {
      return query();
    } catch (error) {
      return noticeDamage(toReadableError(error, options.file));
    }
  }

  return {
    isInMemory: options.file === ":memory:",
    prepare(sql) {
      const cached = statements.get(sql);
      if (cached !== undefined) return cached;
      const statement = readably(() => db.prepare(sql));
      statements.set(sql, statement);
      return statement;
    },
    prepareRecent(sql) {
      const statement = recent.get(sql) ?? readably(() => db.prepare(sql));
      recent.set(sql, statement);
      return statement;
    },
    read: async (query) => readably(query),
    write: (change) => commits.write(change).catch(noticeDamage),
    listen: (heard) => commits.listen(heard),
    async close() {
      commits.close();
      if (db.isOpen) db.close();
    },
  };
}
