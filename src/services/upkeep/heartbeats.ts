// Heartbeats: when each component did its work last, for the API's health (Airflow:
// latest_scheduler_heartbeat). They are written where a component works anyway and at most once a
// minute by a process, never per task.
import type { HeartbeatRecord } from "../../model/upkeep/records.ts";
import type { Platform } from "../../ports/platform.ts";

const SHORTEST_MS = 60_000;

/** Returns what notes that the component has done its work just now. */
export function createHeartbeat(
  { metadata, clock }: Pick<Platform, "metadata" | "clock">,
  component: HeartbeatRecord["component"],
): () => Promise<void> {
  let last = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = clock.now();
    if (now - last < SHORTEST_MS) return;
    await metadata.heartbeats.put({ component, at: new Date(now).toISOString() });
    last = now;
  };
}
