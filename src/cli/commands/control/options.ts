// Options of the commands that change what runs: which tasks, which runs, whether to ask.
import { type Command, InvalidArgumentError } from "commander";
import type { JsonObject } from "../../../model/values/json.ts";
import { parseMomentToIso } from "../../../model/values/time.ts";

export interface RelativesOptions {
  readonly upstream?: boolean;
  readonly downstream?: boolean;
  readonly past?: boolean;
  readonly future?: boolean;
}

export interface ClearOptions extends RelativesOptions {
  readonly taskRegex?: string;
  readonly mapIndex?: number;
  readonly startDate?: string;
  readonly endDate?: string;
  readonly onlyFailed?: boolean;
  readonly onlyRunning?: boolean;
  readonly latestVersion?: boolean;
  readonly note?: string;
  /** Takes the place of the run's. */
  readonly conf?: JsonObject;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export const RUN_WORDS = 'id or logical date of the run, or "latest"';

export function addRelatives(command: Command): Command {
  return command
    .option("-u, --upstream", "all tasks above as well")
    .option("-d, --downstream", "all tasks below as well")
    .option("--past", "in the runs of earlier logical dates as well")
    .option("--future", "in the runs of later logical dates as well");
}

/** Which runs by their dates, which instances, and how. */
export function addClearing(command: Command): Command {
  return command
    .option("-s, --start-date <date>", "runs from this logical date on, instead of one run", toDate)
    .option("-e, --end-date <date>", "runs up to this logical date, instead of one run", toDate)
    .option("-f, --only-failed", "only what has failed, or has not run for that")
    .option("-r, --only-running", "only what runs")
    .option("--latest-version", "go on with the DAG's newest version, not with the run's own")
    .option("--note <text>", "a note for what is cleared")
    .option("--dry-run", "only show what would be cleared")
    .option("-y, --yes", "don't ask");
}

export function toMapIndex(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("A map index is a number from 0.");
}

function toDate(text: string): string {
  const date = parseMomentToIso(text);
  if (date !== undefined) return date;
  throw new InvalidArgumentError("It must be an ISO date, such as 2026-01-31T06:00:00Z.");
}
