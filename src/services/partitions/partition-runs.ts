// Makes the runs of a DAG that waits for partitions of assets, one for each that has all (Airflow:
// scheduler_job_runner.py, _create_dagruns_for_partitioned_asset_dags). Like a run for assets
// without partitions, each is recorded before it is made. As in Airflow, runs are made however many
// the DAG has, and while it is paused: they wait in `queued`.
import { fingerprintOf, runIdFor } from "../../model/ids.ts";
import type { PartitionedAssetSchedule } from "../../model/partitions/asset-schedules.ts";
import type { DagRunRecord } from "../../model/records.ts";
import { toIso } from "../../model/values/time.ts";
import type { Platform } from "../../ports/platform.ts";
import {
  type AssetPlanQuery,
  type AssetRunContext,
  completeRun,
  queuedEvents,
} from "../assets/complete-run.ts";
import { type ReadyPartition, readyPartitions } from "./ready-partitions.ts";

type PartitionRunContext = AssetRunContext & Pick<Platform, "report">;

/** Characters behind the moment in a run's id, as in Airflow. */
const ID_LENGTH = 8;
/** Runs that are made in one pass; the rest is made in further ones. */
const MOST_AT_ONCE = 50;

/** The runs that are new and queued. Repeating is safe. */
export async function planPartitionRuns(
  context: PartitionRunContext,
  query: AssetPlanQuery,
  schedule: PartitionedAssetSchedule,
): Promise<readonly DagRunRecord[]> {
  const made = [await completeBegun(context, query)];
  const ready = await readyPartitions(context, query.dag.dagId, schedule);
  for (const partition of ready.slice(0, MOST_AT_ONCE)) {
    made.push(await makeRun(context, query, partition));
  }
  return made.flatMap((run) => run ?? []);
}

/** A run that is being made, be it by a process that has died. */
async function completeBegun(
  context: PartitionRunContext,
  query: AssetPlanQuery,
): Promise<DagRunRecord | undefined> {
  const stored = await context.metadata.assetRuns.get(query.dag.dagId);
  if (!stored?.making) return undefined;
  return completeRun(context, query, { ...stored, making: stored.making });
}

/** Undefined if somebody else makes it. */
async function makeRun(
  context: PartitionRunContext,
  query: AssetPlanQuery,
  { partitionKey, since, date }: ReadyPartition,
): Promise<DagRunRecord | undefined> {
  const { metadata, clock } = context;
  const { dagId, versionHash } = query.dag;
  const stored = await metadata.assetRuns.get(dagId);
  if (stored?.making) return undefined;
  // After the record: whoever has made the run in between has changed it, or taken the events.
  const [first] = await queuedEvents(metadata, dagId, partitionKey);
  if (first?.key !== since) return undefined;
  const runAfter = toIso(clock.now());
  // A run consumes each event once for a partition, so no other run has this id.
  const random = fingerprintOf([since, partitionKey]).slice(0, ID_LENGTH);
  const runId = runIdFor("asset_triggered", { runAfter, logicalDate: null, random });
  const partitionDate = date === undefined ? {} : { partitionDate: toIso(date) };
  const making = { runId, runAfter, versionHash, partitionKey, ...partitionDate };
  const revision = stored?.revision ?? "";
  if (!(await metadata.assetRuns.put({ dagId, making }, { revision }))) return undefined;
  return completeBegun(context, query);
}
