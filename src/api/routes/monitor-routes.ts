// /monitor/health and /version: whether the product is up, and which one it is.
import { toIso } from "../../model/values/time.ts";
import type { Api, ApiContext } from "../context.ts";
import { accepts } from "../requests/accepts.ts";

export function addMonitorRoutes(app: Api, { platform, version }: ApiContext): void {
  app.get("/monitor/health", accepts(), async (c) => {
    const hasMetadata = await platform.metadata.dags.list({ limit: 1 }).then(
      () => true,
      () => false,
    );
    const now = toIso(platform.clock.now());
    // Nothing here has a heart of its own that could stop: who answers this also schedules and
    // reads DAG files.
    return c.json({
      metadatabase: { status: hasMetadata ? "healthy" : "unhealthy" },
      scheduler: { status: "healthy", latest_scheduler_heartbeat: now },
      triggerer: { status: null, latest_triggerer_heartbeat: null },
      dag_processor: { status: "healthy", latest_dag_processor_heartbeat: now },
    });
  });

  app.get("/version", accepts(), (c) => c.json({ version, git_version: null }));
}
