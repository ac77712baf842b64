// One call of the command: where it writes, and the options that every command has.
import { isAbsolute, join } from "node:path";
import type { Command } from "commander";
import { createPaint, type Paint } from "./terminal/paint.ts";
import type { Terminal } from "./terminal/terminal.ts";

export interface Session {
  readonly terminal: Terminal;
  readonly paint: Paint;
  /** What the process is to exit with; a command sets it when the answer is neither "done" nor an error. */
  exitCode: number;
}

/** Options that stand on the command itself and hold for all of its subcommands. */
export interface Places {
  /** Absolute. */
  readonly home: string;
  /** Absolute. */
  readonly dagsFolder: string;
  /** Where the person will find the DAG folder: as written, "dags" by default. */
  readonly dagsFolderText: string;
  /** Address of a server to talk to, whatever runs here. */
  readonly url: string | undefined;
}

export function createSession(terminal: Terminal): Session {
  return { terminal, paint: createPaint(terminal.hasColors), exitCode: 0 };
}

/** Option, then environment, then default. */
export function placesOf({ terminal }: Session, command: Command): Places {
  const { home, dags, url } = command.optsWithGlobals<{
    readonly home?: string;
    readonly dags?: string;
    readonly url?: string;
  }>();
  const { env, cwd } = terminal;
  const absolute = (path: string) => (isAbsolute(path) ? path : join(cwd, path));
  const dagsFolderText = dags ?? (env.STEPWIND_DAGS_FOLDER || "dags");
  return {
    home: absolute(home ?? (env.STEPWIND_HOME || ".stepwind")),
    dagsFolder: absolute(dagsFolderText),
    dagsFolderText,
    url: url ?? (env.STEPWIND_URL || undefined),
  };
}
