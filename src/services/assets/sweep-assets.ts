// What the upkeep does for assets: plans the DAGs that wait for events which nobody has woken them
// for, and activates assets whose name or URI has become free.
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Scheduler } from "../runs/scheduler.ts";
import { updateDag } from "../update-dag.ts";

type SweepContext = Pick<Platform, "metadata" | "report"> & {
  readonly scheduler: Pick<Scheduler, "schedule">;
};

/**
 * Repeating is safe; one query where no DAG names assets, and one for each DAG that waits for some.
 */
export async function sweepAssets(context: SweepContext): Promise<void> {
  const { metadata, report, scheduler } = context;
  for await (const { dagId, isScheduled, conflicts = [] } of itemsOf(metadata.dagAssets.list)) {
    try {
      if (conflicts.length > 0) await registerAgain(context, dagId);
      else if (!isScheduled || !(await isWaiting(context, dagId))) continue;
      await scheduler.schedule(dagId);
    } catch (problem) {
      report.error(`DAG "${dagId}" could not be planned: ${String(problem)}`);
    }
  }
}

async function isWaiting({ metadata }: SweepContext, dagId: string): Promise<boolean> {
  const { items } = await metadata.assetEvents.listQueued({ dagId, limit: 1 });
  if (items.length > 0) return true;
  return (await metadata.assetRuns.get(dagId))?.making !== undefined;
}

/** Planning registers the assets of a DAG whose record names another version than the live one. */
async function registerAgain({ metadata }: SweepContext, dagId: string): Promise<void> {
  await updateDag(metadata.dags, dagId, (dag) => {
    if (dag?.assetsVersion === undefined) return undefined;
    return { ...dag, assetsVersion: "" };
  });
}
