// Orphans: active runs that somebody should have been at for a while. Whether they really are left,
// the engine knows.
import type { DagRunRecord } from "../records.ts";

/** How often they are looked for (Airflow: orphaned_tasks_check_interval). */
export const ADOPTION_INTERVAL_SECONDS = 300;

/** A younger run may be between two steps of its start. */
const SHORTEST_AGE_MS = 60_000;

/** The running and queued runs that are old enough to be orphans. */
export function findOld<Run extends Pick<DagRunRecord, "queuedAt" | "startDate">>(
  activeRuns: readonly Run[],
  now: number,
): readonly Run[] {
  return activeRuns.filter(
    ({ startDate, queuedAt }) => Date.parse(startDate ?? queuedAt) <= now - SHORTEST_AGE_MS,
  );
}
