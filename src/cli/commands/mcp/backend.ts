// What answers the tools: as for other commands the server that is named, the one that runs on the
// home folder, or what is recorded there.
import { type Connection, connect, type Purpose, runningServer } from "../../connect.ts";
import type { Places } from "../../session.ts";

export interface Backend {
  /** Runs the work of one call over a connection. */
  ask<T>(purpose: Purpose, work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Waits for what is going on. */
  close(): Promise<void>;
}

/**
 * A server that is named is connected to once, and a token is fetched or read again when it is
 * over. The home folder is looked at for each call: a server may have started or stopped. What is
 * recorded there is opened for one call at a time, so that it is free between them.
 */
export function createBackend(places: Places): Backend {
  let named: Promise<Connection> | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  function connectOnce(): Promise<Connection> {
    named ??= connect(places, "look").catch((error: unknown) => {
      named = undefined;
      throw error;
    });
    return named;
  }

  async function askOnce<T>(
    purpose: Purpose,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const connection = await connect(places, purpose);
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  return {
    async ask(purpose, work) {
      if (places.server !== undefined) return work(await connectOnce());
      if (await runningServer(places)) return askOnce(purpose, work);
      const result = turn.then(() => askOnce(purpose, work));
      turn = result.catch(() => {});
      return result;
    },
    async close() {
      await turn;
      await (await named?.catch(() => undefined))?.close();
    },
  };
}
