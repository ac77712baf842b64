// Makes the facts of records that a database of an earlier release has: in the background, a few at
// a time, and faster while a listing waits for them. How far it has got is stored, so a start goes
// on where the last one has stopped.
import { setTimeout as sleep } from "node:timers/promises";
import type { SqliteDatabase } from "../database.ts";
import { integer, type Row, text } from "../rows.ts";

/** Records that are done in one commit; some 5 ms of work. */
const AT_A_TIME = 250;
/** Between two commits while nobody waits, in ms. */
const PAUSE_MS = 25;

/** Where the records are. */
export interface FactSource {
  /** Rows with "place" and "record" from the one place to the other, in their order. */
  read(first: number, last: number, limit: number): readonly Row[];
  /** Called while a write is made. */
  put(record: string): void;
}

export interface FactBuild {
  /** Resolves when all are made; from then on the build is in a hurry. */
  finished(): Promise<void>;
}

export interface FactBuilds {
  /** Goes on with the build of the name. */
  add(name: string, source: FactSource): FactBuild;
  /** Whether everything is made. */
  isFinished(name: string): boolean;
  /** To be called before the database is closed. */
  stop(): void;
}

export function createFactBuilds(db: SqliteDatabase): FactBuilds {
  const select = db.prepare("SELECT next, last FROM fact_builds WHERE name = ?");
  const advance = db.prepare("UPDATE fact_builds SET next = ? WHERE name = ?");
  const stopping = new AbortController();
  const finished = new Set<string>();

  const isLeft = (name: string) =>
    db.read(() => {
      const row = select.get(name) ?? {};
      return integer(row, "next") <= integer(row, "last");
    });

  const doSome = (name: string, { read, put }: FactSource) =>
    db.write(() => {
      const row = select.get(name) ?? {};
      const [next, last] = [integer(row, "next"), integer(row, "last")];
      const found = read(next, last, AT_A_TIME);
      for (const each of found) put(text(each, "record"));
      const reached = found.at(-1);
      advance.run(reached ? integer(reached, "place") + 1 : last + 1, name);
    });

  return {
    add(name, source) {
      const hurry = new AbortController();
      const wake = AbortSignal.any([hurry.signal, stopping.signal]);
      const run = async () => {
        while (!stopping.signal.aborted && (await isLeft(name))) {
          await doSome(name, source);
          await pause(wake);
        }
        if (!stopping.signal.aborted) finished.add(name);
      };
      let running: Promise<void> | undefined;
      const start = () => {
        running ??= run().catch((error: unknown) => {
          // The next one who asks has it go on.
          running = undefined;
          if (!stopping.signal.aborted) throw error;
        });
        return running;
      };
      // Who asks for a listing learns of a failure; nobody does now.
      void pause(wake).then(() => (stopping.signal.aborted ? undefined : start().catch(() => {})));
      return {
        finished() {
          hurry.abort();
          return start();
        },
      };
    },
    isFinished: (name) => finished.has(name),
    stop: () => stopping.abort(),
  };
}

/** Returns early, and without an error, when it is woken. */
async function pause(wake: AbortSignal): Promise<void> {
  if (wake.aborted) return;
  await sleep(PAUSE_MS, undefined, { ref: false, signal: wake }).catch(() => undefined);
}
