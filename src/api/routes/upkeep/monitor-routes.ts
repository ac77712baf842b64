// /monitor/health and /version: whether the product is up, and which one it is.
import type { HeartbeatRecord } from "../../../model/upkeep/records.ts";
import { toIso } from "../../../model/values/time.ts";
import type { ApiContext } from "../../context.ts";
import { type Operations, operation } from "../../operation.ts";
import { toWireDate } from "../../responses/wire.ts";

export const monitorOperations: Operations = (context) => [
  operation("get_health", { permission: "open", handle: () => healthOf(context) }),

  operation("get_version", {
    permission: "open",
    handle: async () => ({ version: context.version, git_version: null }),
  }),
];

/** What one component says of itself. */
interface Health {
  readonly status: "healthy" | "unhealthy" | null;
  readonly heartbeat: string | null;
}

async function healthOf(context: ApiContext) {
  const [hasMetadata, scheduler, processor] = await Promise.all([
    context.platform.metadata.dags.list({ limit: 1 }).then(
      () => true,
      () => false,
    ),
    componentHealth(context, "scheduler"),
    componentHealth(context, "dag_processor"),
  ]);
  return {
    metadatabase: { status: hasMetadata ? "healthy" : "unhealthy" },
    scheduler: { status: scheduler.status, latest_scheduler_heartbeat: scheduler.heartbeat },
    triggerer: { status: null, latest_triggerer_heartbeat: null },
    dag_processor: {
      status: processor.status,
      latest_dag_processor_heartbeat: processor.heartbeat,
    },
  };
}

/** By its last heartbeat, or because whoever answers this is the component itself. */
async function componentHealth(
  { platform: { metadata, clock }, heartbeatSeconds }: ApiContext,
  component: HeartbeatRecord["component"],
): Promise<Health> {
  const now = clock.now();
  if (heartbeatSeconds === undefined) return { status: "healthy", heartbeat: toIso(now) };
  // Metadata that can't be read are told of beside this.
  const found = await metadata.heartbeats.get(component).catch(() => undefined);
  if (!found) return { status: "unhealthy", heartbeat: null };
  const isFresh = Date.parse(found.at) + heartbeatSeconds * 1_000 >= now;
  return { status: isFresh ? "healthy" : "unhealthy", heartbeat: toWireDate(found.at) };
}
