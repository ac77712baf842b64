// The run that a DAG's schedule goes on from: found by logical date, or by partition where those
// tell the DAG's runs apart.
import type { DagDocument } from "../../model/document.ts";
import { isPartitioned } from "../../model/partitions/schedules.ts";
import type { DagRunRecord } from "../../model/records.ts";
import type { Metadata } from "../../ports/metadata.ts";

/** The newest scheduled or backfill run; undefined before the first. */
export function latestAutomatedRun(
  { runs }: Pick<Metadata, "runs">,
  { dagId, schedule }: Pick<DagDocument, "dagId" | "schedule">,
): Promise<DagRunRecord | undefined> {
  return isPartitioned(schedule) ? runs.getLatestPartition(dagId) : runs.getLatestAutomated(dagId);
}
