// One call of the command: where it writes, and the options that every command has.
import { isAbsolute, join } from "node:path";
import type { Command } from "commander";
import { credentialsOf, type ServerPlace, serverWish, timeoutOf } from "./server/server-wish.ts";
import { createPaint, type Paint } from "./terminal/paint.ts";
import type { Terminal } from "./terminal/terminal.ts";

export interface Session {
  readonly terminal: Terminal;
  readonly paint: Paint;
  /**
   * What the process is to exit with; a command sets it when the answer is neither "done" nor an
   * error.
   */
  exitCode: number;
}

/** Options of the command itself, which apply to all of its subcommands. */
export interface Places extends ServerPlace {
  /** Absolute. */
  readonly home: string;
  /** Whether the home folder was named, by --home. */
  readonly hasHome: boolean;
  /** Absolute. */
  readonly dagsFolder: string;
  readonly env: Terminal["env"];
  /** Where the person will find the DAG folder: as written, "dags" by default. */
  readonly dagsFolderText: string;
}

export function createSession(terminal: Terminal): Session {
  return { terminal, paint: createPaint(terminal.hasColors), exitCode: 0 };
}

/** Option, then environment, then default. */
export function placesOf({ terminal, paint }: Session, command: Command): Places {
  const options = command.optsWithGlobals<{
    readonly home?: string;
    readonly dags?: string;
    readonly url?: string;
  }>();
  const { home, dags } = options;
  const { env, cwd } = terminal;
  const absolute = (path: string) => (isAbsolute(path) ? path : join(cwd, path));
  const dagsFolderText = dags ?? (env.STEPWIND_DAGS_FOLDER || "dags");
  return {
    home: absolute(home ?? (env.STEPWIND_HOME || ".stepwind")),
    hasHome: home !== undefined,
    dagsFolder: absolute(dagsFolderText),
    dagsFolderText,
    env,
    server: serverWish(options, env),
    credentials: credentialsOf(env),
    timeout: timeoutOf(env),
    tell: (text) => terminal.err(`${paint.dim(text)}\n`),
  };
}
