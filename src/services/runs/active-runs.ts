// The active runs of a DAG as far as planning needs them. A thousand runs may be queued, and each
// end of a run plans, so that reading all of them would cost a million reads in the end.
import type { DagRunRecord } from "../../model/records.ts";
import { isOrdinary, startableFrom } from "../../model/scheduling/planner.ts";
import type { Metadata } from "../../ports/metadata.ts";

export interface ActiveQuery {
  readonly dagId: string;
  /** Runs that may go on at the same time (Airflow: max_active_runs). */
  readonly limit: number;
  /** Epoch ms. */
  readonly now: number;
  /** Id of the backfill that is going on. */
  readonly backfillId?: number | undefined;
}

const ACTIVE = ["queued", "running"] as const;

/**
 * All running runs, and the queued ones in their order up to as many as could start now. Runs that
 * can't start yet, and those of the backfill that is going on, are passed over.
 */
export async function activeRunsToPlan(
  { runs }: Pick<Metadata, "runs">,
  { dagId, limit, now, backfillId }: ActiveQuery,
): Promise<readonly DagRunRecord[]> {
  const found = new Map<string, DagRunRecord>();
  let candidates = 0;
  for (let after: string | undefined; ; ) {
    const page = await runs.list({
      dagId,
      states: ACTIVE,
      oldestFirst: true,
      limit: limit + 1,
      ...(after === undefined ? {} : { after }),
    });
    for (const run of page.items) {
      found.set(run.runId, run);
      if (isOrdinary(run, backfillId) && isCandidate(run, now)) candidates += 1;
    }
    if (page.next === undefined) return [...found.values()];
    if (candidates >= limit) break;
    after = page.next;
  }
  // Others may be running behind all these: their `runAfter` is later.
  for (const run of await runs.listRunning(dagId)) found.set(run.runId, run);
  return [...found.values()];
}

function isCandidate(run: DagRunRecord, now: number): boolean {
  return run.state === "running" || startableFrom(run) <= now;
}
