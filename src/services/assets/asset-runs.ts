// Which run a DAG that waits for assets has next (Airflow: _create_dag_runs_asset_triggered). That
// it is being made is recorded before it is.
import { triggeringEvent } from "../../model/assets/evaluate.ts";
import type { AssetRunRecord } from "../../model/assets/records.ts";
import { assetConditionOf } from "../../model/assets/schedules.ts";
import { runIdFor, timestampOfEvent } from "../../model/ids.ts";
import type { DagRunRecord } from "../../model/records.ts";
import { isOrdinary } from "../../model/scheduling/planner.ts";
import type { Stored } from "../../ports/metadata.ts";
import type { Platform } from "../../ports/platform.ts";
import { planPartitionRuns } from "../partitions/partition-runs.ts";
import {
  type AssetPlanQuery,
  type AssetRunContext,
  completeRun,
  queuedEvents,
} from "./complete-run.ts";
import { resolveCondition } from "./resolve-assets.ts";

/** Characters behind the moment in a run's id, as in Airflow. */
const ID_LENGTH = 8;

/**
 * The runs that the queued events make, new and queued: one at most, or one for each partition that
 * has all. Costs nothing for a DAG that doesn't wait for assets. Repeating is safe.
 */
export async function planAssetRuns(
  context: AssetRunContext & Pick<Platform, "report">,
  query: AssetPlanQuery,
): Promise<readonly DagRunRecord[]> {
  const { dag, document } = query;
  const { schedule } = document;
  if (assetConditionOf(schedule) === undefined || dag.isStale) return [];
  if (schedule.kind === "partitioned-assets") return planPartitionRuns(context, query, schedule);
  const run = await planAssetRun(context, query);
  return run ? [run] : [];
}

async function planAssetRun(
  context: AssetRunContext,
  query: AssetPlanQuery,
): Promise<DagRunRecord | undefined> {
  for (;;) {
    const stored = await context.metadata.assetRuns.get(query.dag.dagId);
    const { making } = stored ?? {};
    if (stored && making) return completeRun(context, query, { ...stored, making });
    const begun = await beginRun(context, query, stored);
    if (begun === "none") return undefined;
  }
}

/** Records that a run is being made; "none" if none is due. */
async function beginRun(
  { metadata }: AssetRunContext,
  query: AssetPlanQuery,
  stored: Stored<AssetRunRecord> | undefined,
): Promise<"begun" | "none"> {
  const { dag, document } = query;
  const { dagId, versionHash } = dag;
  const condition = assetConditionOf(document.schedule);
  if (dag.isPaused || !condition || !hasRoom(query)) return "none";
  const events = await queuedEvents(metadata, dagId);
  if (events.length === 0) return "none";
  const resolved = await resolveCondition(metadata, condition);
  const newest = triggeringEvent(condition, events, resolved);
  if (!newest) return "none";
  const runAfter = timestampOfEvent(newest.key);
  // A run consumes each event once, so no other run has this id.
  const random = newest.key.slice(-ID_LENGTH);
  const runId = runIdFor("asset_triggered", { runAfter, logicalDate: null, random });
  const making = { runId, runAfter, versionHash };
  await metadata.assetRuns.put({ dagId, making }, { revision: stored?.revision ?? "" });
  return "begun";
}

/** Airflow: max_active_runs counts queued and running runs, without those of a backfill. */
function hasRoom({ dag, document, activeRuns }: AssetPlanQuery): boolean {
  const active = activeRuns.filter((run) => isOrdinary(run, dag.backfillId));
  return active.length < document.maxActiveRuns;
}
