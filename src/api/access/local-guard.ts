// Keeps web pages of strangers away from an API on this machine, which asks for no password: a page
// may neither reach it under a name of its own (DNS rebinding) nor send it changes (cross-site
// requests).
import type { MiddlewareHandler } from "hono";
import { ADMIN_ACCESS } from "../../model/access/principal-access.ts";
import type { Api, ApiEnv } from "../context.ts";
import { Problem } from "../problems.ts";
import { clientOf } from "./principal.ts";
import { hostOf, isChange, isFromElsewhere } from "./same-origin.ts";

const LOCAL_NAMES: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);
/**
 * Refuses requests to another host's name than this machine's, and changes that another site's page
 * asks for. All others come from this machine's user.
 */
const guardLocalhost =
  (user: string | null): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const host = hostOf(c);
    if (!LOCAL_NAMES.has(host.replace(/:\d+$/, "").toLowerCase())) {
      throw new Problem(403, `Host "${host}" is not this machine; use 127.0.0.1 or localhost`);
    }
    if (isChange(c) && isFromElsewhere(c)) {
      const origin = c.req.header("origin") ?? "unknown";
      throw new Problem(403, `Changes from pages of another site (${origin}) are refused`);
    }
    c.set("principal", { name: user, client: clientOf(c), ...ADMIN_ACCESS });
    await next();
  };

/**
 * Lets this machine's user in without a log-in, who may do everything. Airflow's clients ask for a
 * token all the same: they get one that nobody checks (Airflow: simple_auth_manager_all_admins).
 */
export function addLocalAccess(app: Api, user: string | null): void {
  app.use(guardLocalhost(user));
  for (const path of ["/auth/token", "/auth/token/cli"]) {
    app.post(path, async (c) => {
      const { createLocalToken } = await import("./json-web-tokens.ts");
      return c.json({ access_token: await createLocalToken(user ?? "anonymous") }, 201);
    });
  }
  app.get("/auth/login", (c) => c.redirect("/", 307));
  app.get("/auth/logout", (c) => c.redirect("/", 307));
}
