// stepwind tasks …: commands about tasks and what became of them in a run.
import { type Command, InvalidArgumentError } from "commander";
import type { JsonObject } from "../../../model/values/json.ts";
import { placesOf, type Session } from "../../session.ts";
import type { Output } from "../../terminal/table.ts";
import { addTaskControl } from "../control/index.ts";
import { outputOption, toJsonObject } from "../options.ts";

const RUN_WORDS = 'id or logical date of the run, or "latest"';

export function addTasksCommands(program: Command, session: Session): void {
  const tasks = program
    .command("tasks")
    .usage("<command>")
    .helpCommand(false)
    .summary("list, logs, respond, states-for-dag-run, clear, set-state")
    .description("Look at tasks, and at what became of them in a run; have them run again.");
  const load = () => import("./task-commands.ts");

  tasks
    .command("list")
    .description("tasks of a DAG")
    .argument("<dag_id>")
    .addOption(outputOption())
    .action(async (dagId: string, { output }: { output: Output }, command: Command) => {
      await (await load()).listTasks(session, placesOf(session, command), { dagId, output });
    });
  tasks
    .command("logs")
    .description("what a task wrote; without a task, what each one did")
    .argument("<dag_id>")
    .argument("[run]", RUN_WORDS, "latest")
    .argument("[task_id]")
    .argument("[try]", "number of the try (default: the last one)", toTry)
    .option("-f, --follow", "go on until the task has ended")
    .addOption(outputOption())
    .action(
      async (
        dagId: string,
        run: string,
        taskId: string | undefined,
        tryNumber: number | undefined,
        options: { follow?: boolean; output: Output },
        command: Command,
      ) => {
        const { showLogs, showLogsOfRun } = await import("./task-logs.ts");
        const { follow = false, output } = options;
        const places = placesOf(session, command);
        if (taskId === undefined)
          await showLogsOfRun(session, places, { dagId, run, follow, output });
        else await showLogs(session, places, { dagId, run, taskId, tryNumber, follow, output });
      },
    );
  tasks
    .command("states-for-dag-run")
    .description("states of all tasks in a run")
    .argument("<dag_id>")
    .argument("[run]", RUN_WORDS, "latest")
    .addOption(outputOption())
    .action(
      async (dagId: string, run: string, { output }: { output: Output }, command: Command) => {
        await (await load()).showStates(session, placesOf(session, command), {
          dagId,
          run,
          output,
        });
      },
    );
  addTaskControl(tasks, session);
  addRespondCommand(tasks, session);
}

function addRespondCommand(tasks: Command, session: Session): void {
  tasks
    .command("respond")
    .description("answer the question that a task asks; without options, show what is asked")
    .argument("<dag_id>")
    .argument("<run>", RUN_WORDS)
    .argument("[task_id]")
    .argument("[options...]", "what is chosen, such as Approve")
    .option("--params <json>", "what is filled in, a JSON object", toJsonObject, {})
    .option("--map-index <number>", "of a mapped task", toMapIndex, -1)
    .addOption(outputOption())
    .action(
      async (
        dagId: string,
        run: string,
        taskId: string | undefined,
        chosen: readonly string[],
        options: { params: JsonObject; mapIndex: number; output: Output },
        command: Command,
      ) => {
        const { respond } = await import("./respond.ts");
        const places = placesOf(session, command);
        await respond(session, places, { dagId, run, taskId, chosen, ...options });
      },
    );
}

function toMapIndex(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("A map index is a number from 0.");
}

function toTry(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("A try is a number from 1.");
}
