// Removes old events of assets (Airflow: db clean, asset_event). Runs that have consumed them have
// fewer after that.
import type { Platform } from "../../ports/platform.ts";

/** Events that are removed at a time. */
const BATCH = 100;

/** How many there were, and whether that is all; the time may be up before. Repeating is safe. */
export async function cleanAssetEvents(
  { metadata, clock }: Pick<Platform, "metadata" | "clock">,
  {
    before,
    isDry,
    until,
  }: { readonly before: number; readonly isDry: boolean; readonly until: number },
): Promise<{ readonly count: number; readonly isDone: boolean }> {
  const timestamps = { to: new Date(before - 1).toISOString() };
  let count = 0;
  for (let after: string | undefined; ; ) {
    const page = await metadata.assetEvents.list({
      timestamps,
      oldestFirst: true,
      limit: BATCH,
      ...(after === undefined ? {} : { after }),
    });
    count += page.items.length;
    if (!isDry) await metadata.assetEvents.delete(page.items);
    if (page.next === undefined) return { count, isDone: true };
    if (!isDry && clock.now() >= until) return { count, isDone: false };
    after = page.next;
  }
}
