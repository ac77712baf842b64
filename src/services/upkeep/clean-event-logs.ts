// Removes old entries of the event log (Airflow: db clean, log), also those of DAGs that are gone.
import type { EventLogRange } from "../../ports/event-logs.ts";
import type { Platform } from "../../ports/platform.ts";

/** Entries that are removed at a time. */
const BATCH = 100;

/** How many there were, and whether that is all; the time may be up before. Repeating is safe. */
export async function cleanEventLogs(
  { metadata: { eventLogs }, clock }: Pick<Platform, "metadata" | "clock">,
  {
    before,
    dagIds,
    isDry,
    until,
  }: {
    /** Epoch ms. */
    readonly before: number;
    /** Absent: those of all DAGs, and of none. */
    readonly dagIds?: readonly string[];
    readonly isDry: boolean;
    readonly until: number;
  },
): Promise<{ readonly count: number; readonly isDone: boolean }> {
  const whens = { to: new Date(before - 1).toISOString() };
  const ranges: readonly EventLogRange[] = dagIds?.map((dagId) => ({ dagId, whens })) ?? [
    { whens },
  ];
  let count = 0;
  for (const range of ranges) {
    if (isDry) {
      count += await eventLogs.count(range);
      continue;
    }
    for (let after: string | undefined; ; ) {
      const page = await eventLogs.list({
        ...range,
        oldestFirst: true,
        limit: BATCH,
        ...(after === undefined ? {} : { after }),
      });
      await eventLogs.delete(page.items);
      count += page.items.length;
      after = page.next;
      if (after === undefined) break;
      if (clock.now() >= until) return { count, isDone: false };
    }
  }
  return { count, isDone: true };
}
