// Makes the run that a DAG's record in `assetRuns` says is being made: it takes its events off the
// queue, and then is made. Whoever finds a run that is being made completes it, so no death loses
// or doubles an event or a run.
import type { AssetRunRecord, QueuedAssetEvent } from "../../model/assets/records.ts";
import type { DagDocument } from "../../model/document.ts";
import type { DagRecord, DagRunRecord } from "../../model/records.ts";
import type { Stored } from "../../ports/metadata.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import { createRun } from "../deadlines/create-run.ts";

export type AssetRunContext = Pick<Platform, "metadata" | "clock">;

export interface AssetPlanQuery {
  readonly dag: DagRecord;
  readonly document: DagDocument;
  /** As the planner gets them. */
  readonly activeRuns: readonly DagRunRecord[];
}

/** Of one of the DAG's partitions, or of a DAG without any. */
export async function queuedEvents(
  { assetEvents }: Platform["metadata"],
  dagId: string,
  partitionKey?: string,
): Promise<readonly QueuedAssetEvent[]> {
  const events: QueuedAssetEvent[] = [];
  const of = partitionKey === undefined ? { dagId } : { dagId, partitionKey };
  for await (const event of itemsOf((page) => assetEvents.listQueued({ ...of, ...page }))) {
    // Those of a schedule that the DAG had before stay where they are.
    if (event.partitionKey === partitionKey) events.push(event);
  }
  return events;
}

/**
 * The run takes its events off the queue, and then is made. Answers it if it is queued and wasn't
 * known. Repeating is safe.
 */
export async function completeRun(
  context: AssetRunContext,
  { document, activeRuns }: AssetPlanQuery,
  { dagId, revision, making }: Stored<AssetRunRecord> & Required<Pick<AssetRunRecord, "making">>,
): Promise<DagRunRecord | undefined> {
  const { metadata, clock } = context;
  const { runId, runAfter, versionHash, partitionKey, partitionDate } = making;
  const run: DagRunRecord = {
    dagId,
    runId,
    runType: "asset_triggered",
    state: "queued",
    logicalDate: null,
    dataIntervalStart: null,
    dataIntervalEnd: null,
    runAfter,
    ...(partitionKey === undefined ? {} : { partitionKey }),
    ...(partitionDate === undefined ? {} : { partitionDate }),
    queuedAt: new Date(clock.now()).toISOString(),
    conf: {},
    triggeredBy: "asset",
    versionHash,
    clearNumber: 0,
  };
  if (!(await metadata.runs.get(dagId, runId))) {
    const events = await queuedEvents(metadata, dagId, partitionKey);
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
