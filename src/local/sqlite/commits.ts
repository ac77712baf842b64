// Group commit: all writes of one turn of the event loop share one transaction, hence one fsync. While the disk
// is full or fails, writes wait in their order and are done again until they are through.
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import type { Reporter } from "../../ports/platform.ts";
import { toOutage, toReadableError } from "./errors.ts";

/** How long an outage lasts before the writes are tried again. */
const RETRY_DELAY_MS = 1_000;

export interface CommitOptions {
  /** The database file, for messages. */
  readonly file: string;
  /** Told once when writing stops working, and once when it works again. */
  readonly report?: Reporter | undefined;
  readonly sleep?: ((delayMs: number) => Promise<unknown>) | undefined;
}

export interface GroupCommit {
  /**
   * Does the change at the end of this turn and answers its result once that is durable. A change that throws is
   * undone and rejects alone. It may be done several times (each time after a rollback), so it touches nothing but the database.
   */
  write<T>(change: () => T): Promise<T>;
  /** Commits what is waiting, at once; what can't be written then rejects, as does everything later. */
  close(): void;
}

interface Write {
  /** Does the change; answers what tells the caller, to be called when the change is durable. */
  attempt(): () => void;
  reject(error: unknown): void;
}

/** The connection is ours alone from here on. */
export function createGroupCommit(db: DatabaseSync, options: CommitOptions): GroupCommit {
  const { file, report, sleep = wait } = options;
  const begin = db.prepare("BEGIN IMMEDIATE");
  const commit = db.prepare("COMMIT");
  const rollback = db.prepare("ROLLBACK");
  const savepoint = db.prepare("SAVEPOINT write");
  const release = db.prepare("RELEASE write");
  const undo = db.prepare("ROLLBACK TO write");

  let waiting: Write[] = [];
  let isFlushDue = false;
  let hasOutage = false;
  let isClosed = false;

  function attempt(write: Write): () => void {
    savepoint.run();
    try {
      const tell = write.attempt();
      release.run();
      return tell;
    } catch (error) {
      if (toOutage(error) !== undefined || !db.isTransaction) throw error;
      undo.run();
      release.run();
      return () => write.reject(toReadableError(error, file));
    }
  }

  function flush(): void {
    isFlushDue = false;
    if (waiting.length === 0) return;
    let outcomes: (() => void)[];
    try {
      begin.run();
      outcomes = waiting.map(attempt);
      commit.run();
    } catch (error) {
      if (db.isTransaction) rollback.run();
      const outage = toOutage(error);
      if (outage !== undefined) {
        waitOut(outage);
        return;
      }
      outcomes = waiting.map((write) => () => write.reject(toReadableError(error, file)));
    }
    waiting = [];
    if (hasOutage) {
      hasOutage = false;
      report?.info(`${file} can be written again; everything that waited is stored`);
    }
    for (const tell of outcomes) tell();
  }

  function waitOut(outage: string): void {
    if (!hasOutage) {
      hasOutage = true;
      const remedy = outage === "disk full" ? `; free space in ${dirname(file)}` : "";
      report?.error(
        `${file}: ${outage}. Waiting to write ${waiting.length} changes; nothing is lost${remedy}`,
      );
    }
    if (isClosed) return;
    isFlushDue = true;
    void sleep(RETRY_DELAY_MS).then(() => {
      if (!isClosed) flush();
    });
  }

  return {
    write(change) {
      if (isClosed) return Promise.reject(new Error(`${file} is closed`));
      return new Promise((resolve, reject) => {
        waiting.push({
          attempt() {
            const result = change();
            return () => resolve(result);
          },
          reject,
        });
        if (isFlushDue) return;
        isFlushDue = true;
        setImmediate(flush);
      });
    },
    close() {
      isClosed = true;
      flush();
      for (const write of waiting)
        write.reject(new Error(`${file} was closed before it could be written`));
      waiting = [];
    },
  };
}
