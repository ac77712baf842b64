// The metadata database of one machine: SQLite in the one process that holds the lock. Reads run at once and see
// what is committed; writes of the same turn of the event loop share one durable commit.
import type { Metadata } from "../../ports/metadata.ts";
import type { CommitOptions } from "./commits.ts";
import { createDagStore } from "./dags.ts";
import { createSqliteDatabase, openConnection, type SqliteDatabase } from "./database.ts";
import { createRunStore } from "./runs.ts";
import { createTaskInstanceStore } from "./task-instances.ts";
import { createValueStore } from "./values.ts";

export interface SqliteMetadata extends Metadata {
  /** Writes what is waiting, then closes the file. */
  close(): Promise<void>;
}

/**
 * `file` may be ":memory:". Throws for a damaged file and for one of a newer schema. While the disk is full, writes
 * stay pending, `report` is told once, and they go through when there is space again.
 */
export function createSqliteMetadata(options: CommitOptions): SqliteMetadata {
  return createMetadataOn(createSqliteDatabase(openConnection(options.file), options));
}

/** The metadata on a database that is open already. */
export function createMetadataOn(db: SqliteDatabase): SqliteMetadata {
  return {
    ...createDagStore(db),
    ...createRunStore(db),
    ...createTaskInstanceStore(db),
    ...createValueStore(db),
    close: () => db.close(),
  };
}
