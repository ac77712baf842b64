// What the upkeep does for backfills: plans the DAGs of those that go on, should the process that
// was at one have died, and removes what was left of those that never began.
import { backfillIdText, backfillKey, backfillPrefix, backfillSkipsKey } from "../../model/ids.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Scheduler } from "../runs/scheduler.ts";
import { removeUnbegun } from "./create-backfill.ts";

/** After that nobody is still making it (Lambda quotas). */
const LONGEST_CREATION_MS = 15 * 60_000;

type SweepContext = Pick<Platform, "metadata" | "clock" | "report"> & {
  readonly scheduler: Pick<Scheduler, "schedule">;
};

/** Repeating is safe; one query where there is no backfill. */
export async function sweepBackfills(context: SweepContext): Promise<void> {
  const { metadata, clock, report, scheduler } = context;
  for await (const { dagId, id, createdAt } of itemsOf(metadata.activeBackfills.list)) {
    try {
      const dag = await metadata.dags.get(dagId);
      if (dag?.backfillId === id) {
        await scheduler.schedule(dagId);
      } else if (Date.parse(createdAt) + LONGEST_CREATION_MS < clock.now()) {
        const record = await metadata.backfills.get(backfillKey({ dagId, id }));
        if (record?.completedAt === undefined) await removeUnbegun(metadata, { dagId, id });
        else await metadata.activeBackfills.delete(backfillIdText(id));
      }
    } catch (problem) {
      report.error(`Backfill ${id} of DAG "${dagId}" could not be planned: ${String(problem)}`);
    }
  }
}

/** Removes all backfills of a DAG that is being deleted. Repeating is safe. */
export async function deleteBackfills(
  { metadata }: Pick<Platform, "metadata">,
  dagId: string,
): Promise<void> {
  const prefix = backfillPrefix(dagId);
  for (;;) {
    const { items } = await metadata.backfills.list({ prefix });
    if (items.length === 0) return;
    for (const { id } of items) {
      await deleteSkips(metadata, id);
      await removeUnbegun(metadata, { dagId, id });
    }
  }
}

async function deleteSkips(
  { backfillSkips }: Pick<Platform["metadata"], "backfillSkips">,
  id: number,
): Promise<void> {
  const prefix = backfillSkipsKey(id);
  for (;;) {
    const { items } = await backfillSkips.list({ prefix });
    if (items.length === 0) return;
    for (const { first } of items) await backfillSkips.delete(backfillSkipsKey(id, first));
  }
}
