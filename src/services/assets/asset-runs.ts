// Makes the run of a DAG that waits for assets (Airflow: _create_dag_runs_asset_triggered). That the
// run is being made is recorded first; then it takes its events off the queue; then it is made. Whoever
// finds a run that is being made completes it, so no death loses or doubles an event or a run.
import { triggeringEvent } from "../../model/assets/evaluate.ts";
import type { AssetRunRecord, QueuedAssetEvent } from "../../model/assets/records.ts";
import { assetConditionOf } from "../../model/assets/schedules.ts";
import type { DagDocument } from "../../model/document.ts";
import { runIdFor, timestampOfEvent } from "../../model/ids.ts";
import type { DagRecord, DagRunRecord } from "../../model/records.ts";
import { isOrdinary } from "../../model/scheduling/planner.ts";
import type { Stored } from "../../ports/metadata.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import { createRun } from "../deadlines/create-run.ts";
import { resolveCondition } from "./resolve-assets.ts";

type AssetRunContext = Pick<Platform, "metadata" | "clock">;

/** Characters behind the moment in a run's id, as in Airflow. */
const ID_LENGTH = 8;

export interface AssetPlanQuery {
  readonly dag: DagRecord;
  readonly document: DagDocument;
  /** As the planner gets them. */
  readonly activeRuns: readonly DagRunRecord[];
}

/**
 * The run that the queued events make, new and queued; undefined for none. Costs nothing for a DAG
 * that doesn't wait for assets. Repeating is safe.
 */
export async function planAssetRun(
  context: AssetRunContext,
  query: AssetPlanQuery,
): Promise<DagRunRecord | undefined> {
  const { dag, document } = query;
  if (assetConditionOf(document.schedule) === undefined || dag.isStale) return undefined;
  for (;;) {
    const stored = await context.metadata.assetRuns.get(dag.dagId);
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

async function queuedEvents(
  { assetEvents }: Platform["metadata"],
  dagId: string,
): Promise<readonly QueuedAssetEvent[]> {
  const events: QueuedAssetEvent[] = [];
  for await (const event of itemsOf((page) => assetEvents.listQueued({ dagId, ...page }))) {
    events.push(event);
  }
  return events;
}

async function completeRun(
  context: AssetRunContext,
  { document, activeRuns }: AssetPlanQuery,
  { dagId, revision, making }: Stored<AssetRunRecord> & Required<Pick<AssetRunRecord, "making">>,
): Promise<DagRunRecord | undefined> {
  const { metadata, clock } = context;
  const { runId, runAfter, versionHash } = making;
  const run: DagRunRecord = {
    dagId,
    runId,
    runType: "asset_triggered",
    state: "queued",
    logicalDate: null,
    dataIntervalStart: null,
    dataIntervalEnd: null,
    runAfter,
    queuedAt: new Date(clock.now()).toISOString(),
    conf: {},
    triggeredBy: "asset",
    versionHash,
    clearNumber: 0,
  };
  if (!(await metadata.runs.get(dagId, runId))) {
    const events = await queuedEvents(metadata, dagId);
    // Refused where somebody else has made the run.
    const isClaimed = await metadata.assetEvents.claim({ dagId, runId, revision, events });
    if (isClaimed) await createRun(context, run, document);
  }
  await metadata.assetRuns.put({ dagId }, { revision });
  const made = await metadata.runs.get(dagId, runId);
  return made?.state === "queued" && !activeRuns.some((each) => each.runId === runId)
    ? made
    : undefined;
}
