// One call of the command: where it writes, and the options that every command has.
import { isAbsolute, join } from "node:path";
import type { Command } from "commander";
import { Failure } from "./terminal/failure.ts";
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
    url: toServerUrl(url ?? (env.STEPWIND_URL || undefined)),
  };
}

/** Refuses what no request can be sent to. */
function toServerUrl(url: string | undefined): string | undefined {
  if (url === undefined || /^https?:$/.test(URL.parse(url)?.protocol ?? "")) return url;
  throw new Failure(`"${url}" is not the address of a server`, {
    hint: "It must start with http:// or https://, such as http://127.0.0.1:8080",
    exitCode: 2,
  });
}
