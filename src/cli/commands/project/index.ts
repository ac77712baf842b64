// Commands about the project as a whole: init, standalone, version.
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseRetention, type Retention } from "../../../model/scheduling/history-retention.ts";
import { stayHere } from "../../server/server-wish.ts";
import { placesOf, type Session } from "../../session.ts";
import { packageVersion } from "../../version.ts";
import type { StandaloneWish } from "./standalone.ts";

interface StandaloneOptions extends Omit<StandaloneWish, "dagsArePausedAtCreation"> {
  readonly dagsArePausedAtCreation: string;
}

export function addProjectCommands(program: Command, session: Session): void {
  program.commandsGroup("Start here:");
  program
    .command("init")
    .description("make a small project: a DAG, package.json, tsconfig.json")
    .argument("[dir]", "folder to make it in", ".")
    .action(async (dir: string, _: unknown, command: Command) => {
      stayHere(placesOf(session, command), "init");
      const { init } = await import("./init.ts");
      await init(session, dir);
    });
  program
    .command("standalone")
    .description("run everything: scheduler, workers and API, until Ctrl-C")
    .option("--port <port>", "port of the API, 0 for any free one", toPort, 8080)
    .option("--host <host>", "address to listen on; others than 127.0.0.1 need users")
    .option("--require-login", "users log in on this machine, too", false)
    .option("--parallelism <n>", "tasks that run at the same time", toCount, 32)
    .addOption(
      new Option(
        "--retention <days>",
        "remove history by age: runs=90,logs=30,xcoms=30,versions=90",
      )
        .env("STEPWIND_RETENTION")
        .argParser(toRetention),
    )
    .addOption(
      new Option(
        "--dags-are-paused-at-creation [true|false]",
        "new DAGs that say nothing of it start paused, as in Airflow",
      )
        .env("STEPWIND_DAGS_ARE_PAUSED_AT_CREATION")
        .choices(["true", "false"])
        .preset("true")
        .default("false"),
    )
    .option("--isolate-tasks", "a fresh worker thread for each try of a task", false)
    .action(async (options: StandaloneOptions, command: Command) => {
      const places = placesOf(session, command);
      stayHere(places, "standalone");
      const { standalone } = await import("./standalone.ts");
      const dagsArePausedAtCreation = options.dagsArePausedAtCreation === "true";
      await standalone(session, places, { ...options, dagsArePausedAtCreation });
    });
  program
    .command("version")
    .description("print the version; with a server that is named, its version as well")
    .action(async (_: unknown, command: Command) => {
      session.terminal.out(`${packageVersion()}\n`);
      const places = placesOf(session, command);
      if (places.server === undefined) return;
      const { showServerVersion } = await import("./server-version.ts");
      await showServerVersion(session, places);
    });
}

function toPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("A port is a number from 0 to 65535.");
}

function toRetention(text: string): Retention {
  try {
    return parseRetention(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function toCount(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a number from 1 to 9999.");
}
