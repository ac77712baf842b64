// The API server: Airflow's REST API v2 over the services. The product is its `fetch`; entry points give it a port, a
// Lambda event or, in the CLI without a server, a call.
import { Hono } from "hono";
import type { Platform } from "../ports/platform.ts";
import { type AuthenticationOptions, addAuthentication } from "./auth.ts";
import type { ApiContext } from "./context.ts";
import { addDagRoutes } from "./dag-routes.ts";
import { addImportErrorRoutes } from "./import-error-routes.ts";
import { guardLocalhost } from "./local-guard.ts";
import { addMonitorRoutes } from "./monitor-routes.ts";
import { toAnswer } from "./problems.ts";
import { addRunRoutes } from "./run-routes.ts";
import { addTaskInstanceRoutes } from "./task-instance-routes.ts";
import { addXComRoutes } from "./xcom-routes.ts";

export interface ApiServerOptions {
  /** Version of the product, for /version; "unknown" when absent. */
  readonly version?: string;
  /** Absolute path of the DAG folder, for `fileloc`. */
  readonly dagsFolder?: string;
  /** The user's password, for an API that strangers can reach. */
  readonly password?: AuthenticationOptions["password"];
}

/** Asks for a token when there is a password; otherwise answers only requests to this machine's own names. */
export function createApiServer(
  platform: Platform,
  services: ApiContext["services"],
  options: ApiServerOptions = {},
): Hono {
  const { version = "unknown", dagsFolder, password } = options;
  const context: ApiContext = {
    platform,
    services,
    version,
    ...(dagsFolder === undefined ? {} : { dagsFolder }),
  };
  const api = new Hono();
  addMonitorRoutes(api, context);
  addDagRoutes(api, context);
  addRunRoutes(api, context);
  addTaskInstanceRoutes(api, context);
  addXComRoutes(api, context);
  addImportErrorRoutes(api, context);

  const app = new Hono();
  if (password) addAuthentication(app, { password, clock: platform.clock });
  else app.use(guardLocalhost);
  app.route("/api/v2", api);
  app.notFound((c) => c.json({ detail: "Not Found" }, 404));
  app.onError((error, c) => {
    const answer = toAnswer(error);
    if (answer) return c.json(answer.body, answer.status);
    platform.report.error(`${c.req.method} ${c.req.path} failed: ${error.stack ?? error.message}`);
    return c.json({ detail: "Internal Server Error" }, 500);
  });
  return app;
}
