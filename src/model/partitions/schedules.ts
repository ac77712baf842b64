// Which schedules know of partitions.
import type { DagDocument, Schedule } from "../document.ts";
import { PythonError } from "../python/errors.ts";
import { timetableOf } from "../timetables/create.ts";
import { partitionDateIn } from "./asset-schedules.ts";
import { findPartitionKeyFlaw } from "./mappers.ts";

/** Whether partitions tell the DAG's runs apart (Airflow: Timetable.partitioned). */
export function isPartitioned(schedule: Schedule | undefined): boolean {
  return schedule?.kind === "cron-partition" || schedule?.kind === "partitioned-assets";
}

/** Whether a run of the DAG may be for a partition that a caller names. */
function takesPartitionKey(schedule: Schedule): boolean {
  return isPartitioned(schedule) || schedule.kind === "partitioned-at-runtime";
}

/** The partition that a run is asked for. */
export type ResolvedPartition =
  /** `date` is epoch ms; absent where the key stands for no time. */
  { readonly date?: number } | { readonly problem: string };

/**
 * What a partition key stands for; a problem in the words of Airflow where the DAG has no such
 * partition (Airflow: validate_partition_key, resolve_partition_date).
 */
export function resolvePartition(document: DagDocument, key: string): ResolvedPartition {
  const { dagId, schedule } = document;
  if (!takesPartitionKey(schedule)) {
    const problem = `Dag '${dagId}' is not a partitioned Dag and does not accept a partition_key.`;
    return { problem };
  }
  const flaw = findPartitionKeyFlaw(key);
  if (flaw !== undefined) return { problem: `partition_key ${flaw}` };
  try {
    const date =
      schedule.kind === "partitioned-assets"
        ? partitionDateIn(schedule, key)
        : timetableOf(document).partitions?.dateOf(key);
    return date === undefined ? {} : { date };
  } catch (problem) {
    if (!(problem instanceof PythonError)) throw problem;
    const told = `Partition key '${key}' is no partition of Dag '${dagId}': ${problem.message}`;
    return { problem: told };
  }
}
