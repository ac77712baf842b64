// Keeps web pages of strangers away from an API on this machine, which asks for no password: a page
// may neither reach it under a name of its own (DNS rebinding) nor send it changes (cross-site
// requests).
import type { MiddlewareHandler } from "hono";
import { ADMIN_ACCESS } from "../../model/access/principal-access.ts";
import type { ApiEnv } from "../context.ts";
import { Problem } from "../problems.ts";
import { clientOf } from "./principal.ts";

const LOCAL_NAMES: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);
const READS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses requests to another host's name than this machine's, and changes that another site's page
 * asks for. All others come from this machine's user.
 */
export const guardLocalhost =
  (user: string | null): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const host = c.req.header("host") ?? new URL(c.req.url).host;
    if (!LOCAL_NAMES.has(host.replace(/:\d+$/, "").toLowerCase())) {
      throw new Problem(403, `Host "${host}" is not this machine; use 127.0.0.1 or localhost`);
    }
    const origin = c.req.header("origin");
    const isStrange =
      (origin !== undefined && !isOwnOrigin(origin, host)) ||
      c.req.header("sec-fetch-site") === "cross-site";
    if (isStrange && !READS.has(c.req.method)) {
      throw new Problem(
        403,
        `Changes from pages of another site (${origin ?? "unknown"}) are refused`,
      );
    }
    c.set("principal", { name: user, client: clientOf(c), ...ADMIN_ACCESS });
    await next();
  };

function isOwnOrigin(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
