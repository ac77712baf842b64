// /monitor/health and /version: whether the product is up, and which one it is.
import type { ApiContext } from "../../context.ts";
import { type Operations, operation } from "../../operation.ts";
import { componentHealth } from "./component-health.ts";

export const monitorOperations: Operations = (context) => [
  operation("get_health", { permission: "open", handle: () => healthOf(context) }),

  operation("get_version", {
    permission: "open",
    handle: async () => ({ version: context.version, git_version: null }),
  }),
];

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
