// The stepwind command: Airflow's command words. Reads the command line and turns errors into
// messages and exit codes; each family of commands is in commands/, and what a command needs is
// loaded when it runs.
import { Command, CommanderError } from "commander";
import { hasBlockedThreads } from "../workers/pool/blocked-threads.ts";
import { addAccessCommands } from "./commands/access/index.ts";
import { addAssetsCommands } from "./commands/asset/index.ts";
import { addBackfillCommands } from "./commands/backfill/index.ts";
import { addDagsCommands } from "./commands/dag/index.ts";
import { addDbCommands } from "./commands/db/index.ts";
import { addAwsCommands } from "./commands/deployment/index.ts";
import { addMcpCommand } from "./commands/mcp/index.ts";
import { addPoolsCommands } from "./commands/pool/index.ts";
import { addProjectCommands } from "./commands/project/index.ts";
import { addStoredCommands } from "./commands/stored/index.ts";
import { addTasksCommands } from "./commands/task/index.ts";
import { addWebhooksCommands } from "./commands/webhook/index.ts";
import { createSession, type Session } from "./session.ts";
import { toFailure } from "./terminal/errors.ts";
import { exitAtOnce } from "./terminal/exit-at-once.ts";
import { createProcessTerminal, type Terminal } from "./terminal/terminal.ts";
import { packageVersion } from "./version.ts";

const TEACHING = `
Examples:
  stepwind init my-project                  make a small project in a new folder
  stepwind dags test hello_world            run a DAG once, here in the terminal
  stepwind standalone                       run all DAGs on their schedules
  stepwind dags trigger hello_world --wait  start a run now and watch it
  stepwind push                             upload the DAG folder to a deployment on AWS

Where things are:
  ./dags       DAG files; a file that exports a Dag is deployed by being there
  ./.stepwind  runs, results, logs of tasks; delete it to start from nothing

A server elsewhere: stepwind login --url …, then --url or STEPWIND_URL with each command.
A deployment on AWS can also be named by STEPWIND_STACK.

Exit codes: 0 done, 1 refused or failed, 2 the command line is wrong.
"stepwind dags --help" and "stepwind tasks --help" show the commands about DAGs and tasks.`;

/**
 * Runs the command line; answers the exit code: 0 done, 1 refused or failed, 2 the command line
 * itself is wrong.
 */
export async function main(
  argv: readonly string[],
  terminal: Terminal = createProcessTerminal(),
): Promise<number> {
  const session = createSession(terminal);
  const program = createProgram(session);
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: "user" });
    return session.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { message, hint, exitCode } = toFailure(error);
    const { red, bold } = session.paint;
    terminal.err(`${red("error")} ${bold(message)}\n`);
    if (hint !== undefined) terminal.err(`${hint.replaceAll(/^/gm, "      ")}\n`);
    return exitCode;
  }
}

/**
 * To be called when `main` has answered: a thread that can't be ended would keep the process alive.
 */
export function endProcess(exitCode: number): void {
  if (hasBlockedThreads()) exitAtOnce(exitCode);
}

/** All commands; what they do is loaded when they run. */
export function createProgram(session: Session): Command {
  const { terminal, paint } = session;
  const program = new Command("stepwind")
    .description("Airflow's DAGs, written in TypeScript, with no servers: one command runs them.")
    .usage("<command>")
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      getOutHasColors: () => terminal.hasColors,
      getErrHasColors: () => terminal.hasColors,
      getOutHelpWidth: () => terminal.columns() || 100,
      outputError: (text, write) => write(`${paint.red("error")} ${text.replace(/^error: /, "")}`),
    })
    .configureHelp({ styleTitle: (text) => paint.bold(text), showGlobalOptions: true })
    .helpCommand(false)
    .showSuggestionAfterError()
    .showHelpAfterError("Show what is possible with --help")
    .option("--home <dir>", "where runs, results and logs are kept (STEPWIND_HOME; .stepwind)")
    .option("--dags <dir>", "folder of the DAG files (STEPWIND_DAGS_FOLDER; dags)")
    .option(
      "--url <url>",
      "a server to talk to, also a deployment's (STEPWIND_URL; the one that runs here)",
    )
    .version(packageVersion(), "-V, --version", "print the version")
    .addHelpText("after", TEACHING);
  addProjectCommands(program, session);
  addDagsCommands(program, session);
  addTasksCommands(program, session);
  addBackfillCommands(program, session);
  addPoolsCommands(program, session);
  addStoredCommands(program, session);
  addAssetsCommands(program, session);
  addWebhooksCommands(program, session);
  addMcpCommand(program, session);
  addDbCommands(program, session);
  addAccessCommands(program, session);
  addAwsCommands(program, session);
  return program;
}
