// Commands about the metadata: db clean.
import type { Command } from "commander";
import { CLEAN_TABLES } from "../../../model/scheduling/history-retention.ts";
import { placesOf, type Session } from "../../session.ts";

interface CleanFlags {
  readonly cleanBeforeTimestamp: string;
  readonly tables?: string;
  readonly dagIds?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function addDbCommands(program: Command, session: Session): void {
  program.commandsGroup("History:");
  const db = program.command("db").description("the metadata: remove old history");
  db.command("clean")
    .description("remove runs, logs, XComs, events and versions of DAGs that are old")
    .requiredOption("--clean-before-timestamp <date>", "what ended before goes; ISO 8601")
    .option("-t, --tables <names>", `some of ${CLEAN_TABLES.join(",")} (default: all)`)
    .option("--dag-ids <ids>", "only of these DAGs, separated by commas")
    .option("--dry-run", "only count what would be removed")
    .option("--skip-archive", "taken for Airflow's sake: nothing is archived here")
    .option("-y, --yes", "don't ask")
    .action(async (flags: CleanFlags, command: Command) => {
      const { cleanDb } = await import("./clean.ts");
      await cleanDb(session, placesOf(session, command), {
        before: flags.cleanBeforeTimestamp,
        tables: listOf(flags.tables),
        dagIds: listOf(flags.dagIds),
        isDry: flags.dryRun ?? false,
        isSure: flags.yes ?? false,
      });
    });
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(",")
    .map((part) => part.trim())
    .filter(Boolean);
}
