// The end of a backfill: its record says so first, then its DAG is free for another one.
import { isOfBackfill } from "../../model/backfill/plan.ts";
import type { BackfillRecord } from "../../model/backfill/records.ts";
import { failQueued } from "../../model/dag-run.ts";
import { backfillIdText } from "../../model/ids.ts";
import type { DagRunRecord } from "../../model/records.ts";
import type { Metadata } from "../../ports/metadata.ts";
import { type WakeContext, wakeWaiters } from "../tasks/waits/wake-waiters.ts";
import { updateDag } from "../update-dag.ts";

/** The queued runs of a cancelled backfill fail; those that run go on. Repeating is safe. */
export async function failQueuedRuns(
  context: WakeContext,
  record: BackfillRecord,
  active: readonly Pick<DagRunRecord, "runId">[],
): Promise<void> {
  const { metadata, clock } = context;
  const { dagId } = record;
  for (const runId of new Set([...record.open, ...active].map((each) => each.runId))) {
    const run = await metadata.runs.get(dagId, runId);
    if (!run || !isOfBackfill(record, run)) continue;
    const failed = await metadata.runs.update({
      dagId,
      runId,
      ...failQueued({ now: clock.now() }),
    });
    if (failed) await wakeWaiters(context, failed.awaitedBy);
  }
}

/** Repeating is safe. */
export async function finishBackfill(
  { dags, activeBackfills }: Pick<Metadata, "dags" | "activeBackfills">,
  { dagId, id }: BackfillRecord,
): Promise<void> {
  await freeDag(dags, { dagId, id });
  await activeBackfills.delete(backfillIdText(id));
}

/** The DAG has this backfill no more. Repeating is safe. */
export async function freeDag(
  dags: Metadata["dags"],
  { dagId, id }: Pick<BackfillRecord, "dagId" | "id">,
): Promise<void> {
  await updateDag(dags, dagId, (dag) => {
    if (dag?.backfillId !== id) return undefined;
    const { backfillId: _, ...others } = dag;
    return others;
  });
}
