// Whether a component of the product is up: by its last heartbeat, or because it lives in the
// process that answers.
import type { HeartbeatRecord } from "../../../model/upkeep/records.ts";
import { toIso } from "../../../model/values/time.ts";
import type { ApiContext } from "../../context.ts";
import { toWireDate } from "../../responses/wire.ts";

export interface Health {
  readonly status: "healthy" | "unhealthy" | null;
  /** Null where none was ever seen. */
  readonly heartbeat: string | null;
}

export async function componentHealth(
  { platform: { metadata, clock }, heartbeatSeconds }: ApiContext,
  component: HeartbeatRecord["component"],
): Promise<Health> {
  const now = clock.now();
  if (heartbeatSeconds === undefined) return { status: "healthy", heartbeat: toIso(now) };
  // Whether the metadata can be read is said beside this.
  const found = await metadata.heartbeats.get(component).catch(() => undefined);
  if (!found) return { status: "unhealthy", heartbeat: null };
  const isFresh = Date.parse(found.at) + heartbeatSeconds * 1_000 >= now;
  return { status: isFresh ? "healthy" : "unhealthy", heartbeat: toWireDate(found.at) };
}
