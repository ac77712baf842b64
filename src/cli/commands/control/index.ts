// The commands that change what runs, for both families: clear, set-state, delete-run.
import { Argument, type Command } from "commander";
import { placesOf, type Session } from "../../session.ts";
import { confOption } from "../options.ts";
import {
  addClearing,
  addRelatives,
  type ClearOptions,
  type RelativesOptions,
  RUN_WORDS,
  toMapIndex,
} from "./options.ts";

const loadMarks = () => import("./set-state.ts");

export function addTaskControl(tasks: Command, session: Session): void {
  const clear = tasks
    .command("clear")
    .description("have tasks of a run run again; asks first")
    .argument("<dag_id>")
    .argument("[run]", RUN_WORDS, "latest")
    .option("-t, --task-regex <regex>", "id of a task, or a pattern of ids (default: all)")
    .option("--map-index <n>", "only this index of a mapped task", toMapIndex);
  addClearing(addRelatives(clear)).action(
    async (dagId: string, run: string, options: ClearOptions, command: Command) => {
      const { clear: doClear } = await import("./clear.ts");
      await doClear(session, placesOf(session, command), { dagId, run, ...options });
    },
  );
  const setState = tasks
    .command("set-state")
    .description("say what a task of a run has come to; what runs is stopped")
    .argument("<dag_id>")
    .argument("<run>", RUN_WORDS)
    .argument("<task_id>")
    .addArgument(new Argument("<state>").choices(["success", "failed", "skipped"]))
    .option("--map-index <n>", "only this index of a mapped task", toMapIndex)
    .option("--dry-run", "only show what would be marked");
  addRelatives(setState).action(
    async (
      dagId: string,
      run: string,
      taskId: string,
      state: string,
      options: RelativesOptions & { mapIndex?: number; dryRun?: boolean },
      command: Command,
    ) => {
      const { setTaskState } = await loadMarks();
      const mark = { dagId, run, taskId, state, ...options };
      await setTaskState(session, placesOf(session, command), mark);
    },
  );
}

export function addRunControl(dags: Command, session: Session): void {
  const clear = dags
    .command("clear")
    .description("have a whole run run again; asks first")
    .argument("<dag_id>")
    .argument("[run]", RUN_WORDS, "latest");
  addClearing(clear)
    .addOption(confOption())
    .action(async (dagId: string, run: string, options: ClearOptions, command: Command) => {
      const { clear: doClear } = await import("./clear.ts");
      await doClear(session, placesOf(session, command), { dagId, run, ...options });
    });
  dags
    .command("set-state")
    .description("say what a run has come to; what runs is stopped")
    .argument("<dag_id>")
    .argument("<run>", RUN_WORDS)
    .addArgument(new Argument("<state>").choices(["success", "failed", "queued"]))
    .action(async (dagId: string, run: string, state: string, _: unknown, command: Command) => {
      const { setRunState } = await loadMarks();
      await setRunState(session, placesOf(session, command), { dagId, run, state });
    });
  dags
    .command("delete-run")
    .description("remove a run that has ended, with its results and logs")
    .argument("<dag_id>")
    .argument("<run>", RUN_WORDS)
    .option("-y, --yes", "don't ask")
    .action(async (dagId: string, run: string, { yes }: { yes?: boolean }, command: Command) => {
      const { deleteRun } = await loadMarks();
      const isSure = yes ?? false;
      await deleteRun(session, placesOf(session, command), { dagId, run, isSure });
    });
}
