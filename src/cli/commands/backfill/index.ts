// stepwind backfill …: runs of a DAG over a range of its schedule.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { JsonObject } from "../../../model/values/json.ts";
import { placesOf, type Session } from "../../session.ts";
import type { Output } from "../../terminal/table.ts";
import { outputOption, toDate, toJsonObject } from "../options.ts";

interface CreateFlags {
  readonly dagId: string;
  readonly fromDate: string;
  readonly toDate: string;
  readonly dagRunConf?: JsonObject;
  readonly runBackwards?: boolean;
  readonly maxActiveRuns: number;
  readonly reprocessBehavior: string;
  readonly runOnLatestVersion?: boolean;
  readonly dryRun?: boolean;
  readonly wait: boolean;
}

export function addBackfillCommands(program: Command, session: Session): void {
  program.commandsGroup("DAGs and runs:");
  const backfill = program
    .command("backfill")
    .usage("<command>")
    .helpCommand(false)
    .summary("create, list, pause, unpause, cancel")
    .description("Run a DAG for the dates of a range that its schedule has had.");
  addCreate(backfill, session);
  backfill
    .command("list")
    .description("backfills of a DAG, the oldest first")
    .requiredOption("--dag-id <dag_id>", "whose")
    .addOption(outputOption())
    .action(async (flags: { dagId: string; output: Output }, command: Command) => {
      await (await load()).listBackfills(session, placesOf(session, command), flags);
    });
  for (const [action, description] of CHANGES) {
    backfill
      .command(action)
      .description(description)
      .argument("<backfill_id>", "its number, which create and list show", toId)
      .action(async (id: number, _: object, command: Command) => {
        await (await load()).changeBackfill(session, placesOf(session, command), { id, action });
      });
  }
}

const load = () => import("./backfill-commands.ts");

const CHANGES = [
  ["pause", "start none of its runs until it is unpaused; those that run go on"],
  ["unpause", "go on with its runs"],
  ["cancel", "fail its queued runs and make no more; those that run go on"],
] as const;

function addCreate(backfill: Command, session: Session): void {
  backfill
    .command("create")
    .description("run each date of the range, and wait for the end")
    .requiredOption("--dag-id <dag_id>", "what to run")
    .addOption(dateOption("--from-date <date>", "the first logical date, ISO 8601"))
    .addOption(dateOption("--to-date <date>", "the last one, which belongs to the range"))
    .addOption(
      new Option("--dag-run-conf <json>", "conf of all of its runs, a JSON object").argParser(
        toJsonObject,
      ),
    )
    .option("--run-backwards", "begin with the last date")
    .option("--max-active-runs <n>", "runs that go on at the same time", toCount, 10)
    .addOption(
      new Option("--reprocess-behavior <behavior>", "which runs that have ended to clear")
        .choices(["none", "completed", "failed"])
        .default("none"),
    )
    .option("--run-on-latest-version", "clear runs onto the newest version (the default)")
    .option("--no-run-on-latest-version", "let runs that are cleared keep their version")
    .option("--dry-run", "only list the dates, with what would become of each")
    .option("--no-wait", "return when it has begun")
    .action(async (flags: CreateFlags, command: Command) => {
      const { createBackfill } = await load();
      await createBackfill(session, placesOf(session, command), {
        body: {
          dag_id: flags.dagId,
          from_date: flags.fromDate,
          to_date: flags.toDate,
          run_backwards: flags.runBackwards ?? false,
          max_active_runs: flags.maxActiveRuns,
          reprocess_behavior: flags.reprocessBehavior,
          run_on_latest_version: flags.runOnLatestVersion ?? true,
          ...(flags.dagRunConf === undefined ? {} : { dag_run_conf: flags.dagRunConf }),
        },
        isDryRun: flags.dryRun ?? false,
        isWaited: flags.wait,
      });
    });
}

function dateOption(flags: string, description: string): Option {
  return new Option(flags, description).makeOptionMandatory().argParser(toDate);
}

function toCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number, at least 1.");
}

function toId(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be the number of a backfill.");
}
