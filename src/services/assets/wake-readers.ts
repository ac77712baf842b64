// Wakes the scheduler for DAGs that wait for assets, with a message. A burst of events wakes it
// once a second, so that a run consumes many of them.
import type { Platform } from "../../ports/platform.ts";

/** Between two wake-ups of a DAG, in ms (Airflow: scheduler_idle_sleep_time). */
const WAKE_EVERY_MS = 1_000;

type WakeContext = Pick<Platform, "metadata" | "triggers" | "clock">;

/** To be called when the events are queued. Repeating is safe. */
export async function wakeReaders(context: WakeContext, dagIds: readonly string[]): Promise<void> {
  for (const dagId of dagIds) await wakeReader(context, dagId);
}

/**
 * Nothing where a wake-up is on its way: it finds the events. One that is lost is made up for by
 * the upkeep.
 */
async function wakeReader(
  { metadata, triggers, clock }: WakeContext,
  dagId: string,
): Promise<void> {
  const now = clock.now();
  const last = await metadata.assetWakes.get(dagId);
  const lastAt = last ? Date.parse(last.at) : -Infinity;
  if (lastAt > now) return;
  const dueAt = Math.max(now, lastAt + WAKE_EVERY_MS);
  const at = new Date(dueAt).toISOString();
  const revision = last?.revision ?? "";
  // Who was faster sends the message.
  if (!(await metadata.assetWakes.put({ dagId, at }, { revision }))) return;
  await triggers.set({ plan: dagId, dueAt });
}
