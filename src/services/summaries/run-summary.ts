// A run at a glance: the states of its tasks, its instances on the line of time, what failed first,
// and how its version differs from that of the last success.
import { instancesOfRun } from "../../model/mapping/instances.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../../model/records.ts";
import {
  firstLineOf,
  letterOf,
  type TaskStates,
  taskStatesOf,
} from "../../model/summaries/run-outcome.ts";
import type { Metadata } from "../../ports/metadata.ts";
import type { Version, Versions } from "../dag-processing/versions.ts";
import type { ListedDag } from "./directory.ts";

export interface RunSummary {
  readonly states: TaskStates;
  /** How many instances are in each state, by its letter. */
  readonly counts: Readonly<Record<string, number>>;
  /** Those that have failed, first ones first. */
  readonly failed: readonly TaskInstanceRecord[];
  /** Those that have begun, by start. */
  readonly begun: readonly TaskInstanceRecord[];
}

const MOST_FAILED = 20;
const MOST_BEGUN = 5_000;

export function summarizeRun(
  { document }: Pick<Version, "document">,
  run: DagRunRecord,
  records: readonly TaskInstanceRecord[],
): RunSummary {
  const instances = instancesOfRun(document, records, run);
  const counts: Record<string, number> = {};
  for (const { state } of instances) {
    const letter = letterOf(state);
    counts[letter] = (counts[letter] ?? 0) + 1;
  }
  const failed = instances
    .filter(({ state }) => state === "failed")
    .sort((a, b) => ((a.endDate ?? "~") < (b.endDate ?? "~") ? -1 : 1))
    .slice(0, MOST_FAILED);
  const begun = instances
    .filter(({ startDate, tryNumber }) => startDate !== undefined && tryNumber > 0)
    .sort((a, b) => ((a.startDate ?? "") < (b.startDate ?? "") ? -1 : 1))
    .slice(0, MOST_BEGUN);
  return { states: taskStatesOf(document, records), counts, failed, begun };
}

/** The first line of why it failed. */
export function causeOf({ message }: TaskInstanceRecord): string | undefined {
  return firstLineOf(message);
}

export interface VersionChange {
  readonly from: number;
  readonly to: number;
}

/** Numbers of the version of the last success before the run, and of the run, where they differ. */
export async function versionChange(
  {
    metadata,
    versions,
  }: { readonly metadata: Pick<Metadata, "runs">; readonly versions: Versions },
  {
    run,
    version,
    listed,
  }: {
    readonly run: DagRunRecord;
    readonly version: Version;
    readonly listed: ListedDag | undefined;
  },
): Promise<VersionChange | undefined> {
  const before = listed?.activity.runs.find(
    ({ state, runAfter }) => state === "success" && runAfter < run.runAfter,
  );
  if (!before) return undefined;
  const success = await metadata.runs.get(run.dagId, before.runId);
  if (!success || success.versionHash === run.versionHash) return undefined;
  const { number } = await versions.get(run.dagId, success.versionHash);
  return { from: number, to: version.number };
}
