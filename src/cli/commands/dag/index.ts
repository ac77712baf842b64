// stepwind dags …: commands about DAGs and their runs.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { JsonObject } from "../../../model/values/json.ts";
import { stayHere } from "../../server/server-wish.ts";
import { placesOf, type Session } from "../../session.ts";
import type { Output } from "../../terminal/table.ts";
import { addRunControl } from "../control/index.ts";
import { RUN_WORDS } from "../control/options.ts";
import { confOption, logicalDateOption, outputOption } from "../options.ts";

const STATES = ["queued", "running", "success", "failed"];

interface RunOptions {
  readonly conf?: JsonObject;
  /** ISO text or "none". */
  readonly logicalDate?: string;
}

export function addDagsCommands(program: Command, session: Session): void {
  program.commandsGroup("DAGs and runs:");
  const dags = program
    .command("dags")
    .usage("<command>")
    .helpCommand(false)
    .summary("list, trigger, test, simulate, pause, unpause, state, list-runs, …")
    .description("Look at DAGs, run them, change them.");
  addLooking(dags, session);
  addRunning(dags, session);
  addChanging(dags, session);
  addRunControl(dags, session);
}

const load = () => import("./dag-commands.ts");

function addLooking(dags: Command, session: Session): void {
  dags.commandsGroup("Look:");
  dags
    .command("list")
    .description("all DAGs with their schedules and next runs")
    .addOption(outputOption())
    .action(async ({ output }: { output: Output }, command: Command) => {
      await (await load()).listDags(session, placesOf(session, command), output);
    });
  dags
    .command("details")
    .description("everything that is known of a DAG")
    .argument("<dag_id>")
    .addOption(outputOption())
    .action(async (dagId: string, { output }: { output: Output }, command: Command) => {
      await (await load()).showDetails(session, placesOf(session, command), { dagId, output });
    });
  dags
    .command("next-execution")
    .description("when the schedule gives the next run")
    .argument("<dag_id>")
    .addOption(outputOption())
    .action(async (dagId: string, { output }: { output: Output }, command: Command) => {
      await (await load()).showNextExecution(session, placesOf(session, command), {
        dagId,
        output,
      });
    });
  dags
    .command("list-runs")
    .description("runs, the newest first")
    .argument("[dag_id]", "only of this DAG")
    .addOption(new Option("--state <state>", "only in this state").choices(STATES))
    .option("--limit <n>", "at most so many", toLimit, 25)
    .addOption(outputOption())
    .action(
      async (
        dagId: string | undefined,
        options: { state?: string; limit: number; output: Output },
        command: Command,
      ) => {
        const { listRuns } = await import("./run-commands.ts");
        await listRuns(session, placesOf(session, command), { dagId, ...options });
      },
    );
  dags
    .command("state")
    .description("state of a run")
    .argument("<dag_id>")
    .argument("[run]", "its id or logical date", "latest")
    .addOption(outputOption())
    .action(
      async (dagId: string, run: string, { output }: { output: Output }, command: Command) => {
        const { showState } = await import("./run-commands.ts");
        await showState(session, placesOf(session, command), { dagId, run, output });
      },
    );
  dags
    .command("list-import-errors")
    .description("mistakes in DAG files, with file, line and hint; exits with 1 if there are any")
    .addOption(outputOption())
    .action(async ({ output }: { output: Output }, command: Command) => {
      await (await load()).listImportErrors(session, placesOf(session, command), output);
    });
}

function addRunning(dags: Command, session: Session): void {
  dags.commandsGroup("Run:");
  dags
    .command("trigger")
    .description("start a run now")
    .argument("<dag_id>")
    .addOption(confOption())
    .option("-r, --run-id <id>", "name of the run")
    .addOption(logicalDateOption())
    .option("-k, --partition-key <key>", "the partition that it is for")
    .option("--from-run <run>", `${RUN_WORDS}, of which all but the tasks that run is taken over`)
    .option("--from-task <ids...>", "the tasks that run, with all that is below them")
    .option("-w, --wait", "watch it until it ends; exits with 1 if it fails")
    .addOption(outputOption())
    .action(
      async (
        dagId: string,
        options: RunOptions & {
          runId?: string;
          partitionKey?: string;
          fromRun?: string;
          fromTask?: string[];
          wait?: boolean;
          output: Output;
        },
        command: Command,
      ) => {
        const { trigger } = await import("./trigger.ts");
        await trigger(session, placesOf(session, command), { dagId, ...options });
      },
    );
  dags
    .command("test")
    .description("run a DAG once in this terminal, without a server and without leaving a trace")
    .argument("<file|dag_id>")
    .option("--dag-id <id>", "which DAG, if the file has several")
    .addOption(confOption())
    .addOption(logicalDateOption())
    .action(
      async (fileOrId: string, options: RunOptions & { dagId?: string }, command: Command) => {
        const places = placesOf(session, command);
        stayHere(places, "dags test");
        const { testDag } = await import("./dag-test.ts");
        await testDag(session, places, { fileOrId, ...options });
      },
    );
  dags
    .command("simulate")
    .description("the runs that a range of days would give, in virtual time; nothing is run")
    .argument("<file|dag_id>")
    .option("--dag-id <id>", "which DAG, if the file has several")
    .requiredOption("--from <date>", "the first logical date: a day or a moment")
    .requiredOption("--to <date>", "the last one, a day to its end")
    .option("--outcomes <file>", "JSON: what tasks do; without it they succeed after a minute")
    .addOption(outputOption())
    .action(
      async (
        fileOrId: string,
        options: { dagId?: string; from: string; to: string; outcomes?: string; output: Output },
        command: Command,
      ) => {
        const places = placesOf(session, command);
        stayHere(places, "dags simulate");
        const { simulateDag } = await import("./dag-simulate.ts");
        await simulateDag(session, places, { fileOrId, ...options });
      },
    );
  dags
    .command("compile")
    .description("print the state machine that a DAG file becomes (Amazon States Language)")
    .argument("<file>")
    .option("--dag-id <id>", "which DAG, if the file has several")
    .action(async (file: string, { dagId }: { dagId?: string }, command: Command) => {
      stayHere(placesOf(session, command), "dags compile");
      const { printCompiled } = await import("./compile.ts");
      await printCompiled(session, { file, dagId });
    });
}

function addChanging(dags: Command, session: Session): void {
  dags.commandsGroup("Change:");
  for (const isPaused of [true, false]) {
    dags
      .command(isPaused ? "pause" : "unpause")
      .description(
        isPaused ? "no new runs; the one going on goes on" : "runs on its schedule again",
      )
      .argument("<dag_id>")
      .action(async (dagId: string, _: unknown, command: Command) => {
        await (await load()).setPaused(session, placesOf(session, command), { dagId, isPaused });
      });
  }
  dags
    .command("delete")
    .description("forget a DAG with all of its runs")
    .argument("<dag_id>")
    .option("-y, --yes", "don't ask")
    .action(async (dagId: string, { yes }: { yes?: boolean }, command: Command) => {
      await (await load()).deleteDag(session, placesOf(session, command), {
        dagId,
        isSure: yes ?? false,
      });
    });
}

function toLimit(text: string): number {
  if (/^[1-9]\d{0,2}$|^1000$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a number from 1 to 1000.");
}
