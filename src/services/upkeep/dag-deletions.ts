// Deleting a DAG: it disappears at once, and what it has left is removed afterwards, which takes
// minutes where it had thousands of runs. What is left is noted first, so that whoever looks next
// goes on with what another could not finish.

import type { DagRecord } from "../../model/records.ts";
import { versionsWithMachine } from "../../model/scheduling/version-retention.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import { forgetAssets } from "../assets/register-assets.ts";
import { deleteBackfills } from "../backfills/sweep-backfills.ts";
import { deleteDagCodes } from "../dag-processing/notes/dag-codes.ts";
import { forgetFavorite } from "../favorites.ts";

/** Runs of a DAG up to which its deletion is over before a caller that waits gives up. */
const QUICK_RUNS = 100;

/** No function lives longer (Lambda quotas), so that two are never at the same deletion. */
const LEASE_MS = 15 * 60_000;
const POLL_MS = 1_000;

type Deleting = Pick<
  Platform,
  "metadata" | "schedules" | "stateMachines" | "xcoms" | "logs" | "clock" | "runner"
>;

/** Takes the DAG away and notes what is to be removed. Repeating is safe. */
export async function beginDeletion(
  { metadata, schedules, clock }: Deleting,
  dag: DagRecord,
): Promise<void> {
  const { dagId, file } = dag;
  await metadata.deletions.put({
    dagId,
    requestedAt: new Date(clock.now()).toISOString(),
    machines: versionsWithMachine(dag),
  });
  await schedules.remove(dagId);
  if (await metadata.files.get(file)) await metadata.files.delete(file);
  await metadata.dags.forget(dagId);
}

/** Whether the caller may wait for the removal of what the DAG has left. */
export async function isQuick({ metadata, runner }: Deleting, dagId: string): Promise<boolean> {
  // A process that lives on has the time.
  return runner.limit === undefined || (await metadata.runs.count({ dagId })) <= QUICK_RUNS;
}

/**
 * Removes what a DAG has left, if it is being deleted and nobody else is at it; false if somebody
 * is. The note goes last, so that a removal that was cut off is done again.
 */
export async function completeDeletion(platform: Deleting, dagId: string): Promise<boolean> {
  const { metadata, schedules, stateMachines, xcoms, logs, clock } = platform;
  const found = await metadata.deletions.get(dagId);
  if (!found) return true;
  const { revision, leasedUntil, ...deletion } = found;
  if (leasedUntil !== undefined && Date.parse(leasedUntil) > clock.now()) return false;
  const lease = { ...deletion, leasedUntil: new Date(clock.now() + LEASE_MS).toISOString() };
  if (!(await metadata.deletions.put(lease, { revision }))) return false;
  try {
    await schedules.remove(dagId);
    for (const hash of deletion.machines) await stateMachines.remove({ dagId, hash });
    await xcoms.deleteDag(dagId);
    await logs.deleteDag(dagId);
    await deleteBackfills(platform, dagId);
    await forgetAssets(platform, dagId);
    await metadata.dagAccess.delete(dagId);
    await deleteDagCodes(metadata, dagId);
    await forgetFavorite(metadata, dagId);
    await metadata.dags.delete(dagId);
  } catch (problem) {
    await metadata.deletions.put(deletion);
    throw problem;
  }
  await metadata.deletions.delete(dagId);
  return true;
}

/** Returns when nothing is left of an earlier DAG of this id: a new one may begin. */
export async function awaitDeletion(platform: Deleting, dagId: string): Promise<void> {
  while (!(await completeDeletion(platform, dagId))) await platform.clock.sleep(POLL_MS);
}

/** Goes on with every deletion; what fails is tried again at the next call. */
export async function completeDeletions(
  platform: Deleting & Pick<Platform, "report">,
): Promise<void> {
  for await (const { dagId } of itemsOf(platform.metadata.deletions.list)) {
    try {
      await completeDeletion(platform, dagId);
    } catch (problem) {
      platform.report.error(`What DAG "${dagId}" has left was not removed: ${String(problem)}`);
    }
  }
}
