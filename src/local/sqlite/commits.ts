// Group commit: writes of one turn of the event loop share one transaction, hence one fsync, and so
// do those of the next turns as long as each brings some. While the disk is full or fails, writes
// wait in their order and are done again until they are through.
import { dirname } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import type { Reporter } from "../../ports/platform.ts";
import { toOutage, toReadableError } from "./errors.ts";

/** How long an outage lasts before the writes are tried again. */
const RETRY_DELAY_MS = 1_000;
/**
 * Turns of the event loop that writes wait for others at most. Measured in turn on two busy cores:
 * with 0, a fan-out of 1,000 made some 560 commits instead of 60 and took 1.4 times as long.
 */
const MOST_TURNS = 8;

export interface CommitOptions {
  /** The database file, for messages. */
  readonly file: string;
  /** Told once when writing stops working, and once when it works again. */
  readonly report?: Reporter | undefined;
  readonly sleep?: ((delayMs: number) => Promise<unknown>) | undefined;
}

export interface GroupCommit {
  /**
   * Does the change within a few turns and answers its result once that is durable. A change
   * that throws is undone and rejects alone. It may be done several times (each time after a
   * rollback), so it touches nothing but the database.
   */
  write<T>(change: () => T): Promise<T>;
  /** Calls back after each commit, until what it answers is called. */
  listen(heard: () => void): () => void;
  /**
   * Commits what is waiting, at once; what can't be written then rejects, as does everything later.
   */
  close(): void;
}

interface Write {
  /** Does the change; answers what tells the caller, to be called when the change is durable. */
  attempt(): () => void;
  reject(error: unknown): void;
}

/** The connection is ours alone from here on. */
export function createGroupCommit(db: DatabaseSync, options: CommitOptions): GroupCommit {
  return new QueuedWrites(db, options);
}

class QueuedWrites implements GroupCommit {
  readonly #options: CommitOptions;
  readonly #transaction: Transaction;
  readonly #listeners = new Set<() => void>();
  #waiting: Write[] = [];
  #isFlushDue = false;
  #hasOutage = false;
  #isClosed = false;

  constructor(db: DatabaseSync, options: CommitOptions) {
    this.#options = options;
    this.#transaction = new Transaction(db, options.file);
  }

  write<T>(change: () => T): Promise<T> {
    if (this.#isClosed) return Promise.reject(new Error(`${this.#options.file} is closed`));
    return new Promise((resolve, reject) => {
      const attempt = () => {
        const result = change();
        return () => resolve(result);
      };
      this.#waiting.push({ attempt, reject });
      if (this.#isFlushDue) return;
      this.#isFlushDue = true;
      setImmediate(() => this.#gather(0, 0));
    });
  }

  listen(heard: () => void): () => void {
    this.#listeners.add(heard);
    return () => this.#listeners.delete(heard);
  }

  /** A lone write has nobody to wait for. With several, tasks are at work that write soon again. */
  #gather(before: number, turns: number): void {
    const { length } = this.#waiting;
    const hasGrown = length > 1 && length > before;
    if (!hasGrown || turns === MOST_TURNS) this.#flush();
    else setImmediate(() => this.#gather(length, turns + 1));
  }

  close(): void {
    this.#isClosed = true;
    this.#flush();
    const problem = `${this.#options.file} was closed before it could be written`;
    for (const write of this.#waiting) write.reject(new Error(problem));
    this.#waiting = [];
  }

  #flush(): void {
    this.#isFlushDue = false;
    if (this.#waiting.length === 0) return;
    const done = this.#transaction.run(this.#waiting);
    if ("outage" in done) {
      this.#waitOut(done.outage);
      return;
    }
    this.#waiting = [];
    if (this.#hasOutage) {
      this.#hasOutage = false;
      const { file, report } = this.#options;
      report?.info(`${file} can be written again; everything that waited is stored`);
    }
    for (const tell of done.outcomes) tell();
    for (const heard of this.#listeners) heard();
  }

  #waitOut(outage: string): void {
    const { file, report, sleep = wait } = this.#options;
    if (!this.#hasOutage) {
      this.#hasOutage = true;
      const remedy = outage === "disk full" ? `; free space in ${dirname(file)}` : "";
      const changes = `Waiting to write ${this.#waiting.length} changes; nothing is lost`;
      report?.error(`${file}: ${outage}. ${changes}${remedy}`);
    }
    if (this.#isClosed) return;
    this.#isFlushDue = true;
    void sleep(RETRY_DELAY_MS).then(() => {
      if (!this.#isClosed) this.#flush();
    });
  }
}

interface Outcomes {
  readonly outcomes: readonly (() => void)[];
}

interface Outage {
  readonly outage: string;
}

/** One transaction for many writes, each of which may fail for itself. */
class Transaction {
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #begin: StatementSync;
  readonly #end: StatementSync;
  readonly #rollback: StatementSync;
  readonly #savepoint: StatementSync;
  readonly #release: StatementSync;
  readonly #undo: StatementSync;

  constructor(db: DatabaseSync, file: string) {
    this.#db = db;
    this.#file = file;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#end = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
    this.#savepoint = db.prepare("SAVEPOINT write");
    this.#release = db.prepare("RELEASE write");
    this.#undo = db.prepare("ROLLBACK TO write");
  }

  /** What tells each caller the outcome; or the outage because of which nothing was written. */
  run(writes: readonly Write[]): Outcomes | Outage {
    // Undoing one change alone takes a savepoint around each, and hardly ever does one throw.
    const done = this.#commit(writes, (write) => write.attempt());
    if (!("failure" in done)) return done;
    const again = this.#commit(writes, (write) => this.#attemptAlone(write));
    if (!("failure" in again)) return again;
    const error = toReadableError(again.failure, this.#file);
    return { outcomes: writes.map((write) => () => write.reject(error)) };
  }

  /** All or nothing; answers what was thrown if that was no outage. */
  #commit(
    writes: readonly Write[],
    attempt: (write: Write) => () => void,
  ): Outcomes | Outage | { readonly failure: unknown } {
    try {
      this.#begin.run();
      const outcomes = writes.map(attempt);
      this.#end.run();
      return { outcomes };
    } catch (failure) {
      if (this.#db.isTransaction) this.#rollback.run();
      const outage = toOutage(failure);
      return outage === undefined ? { failure } : { outage };
    }
  }

  #attemptAlone(write: Write): () => void {
    this.#savepoint.run();
    try {
      const tell = write.attempt();
      this.#release.run();
      return tell;
    } catch (error) {
      if (toOutage(error) !== undefined || !this.#db.isTransaction) throw error;
      this.#undo.run();
      this.#release.run();
      return () => write.reject(toReadableError(error, this.#file));
    }
  }
}
