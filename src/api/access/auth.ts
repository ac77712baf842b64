// Log-in for an API that strangers can reach: users get tokens that expire and can be revoked.
// Paths and answers are those of Airflow's auth managers and of FastAPI.
import type { Context, MiddlewareHandler } from "hono";
import { z } from "zod";
import type { OidcSettings } from "../../model/access/oidc-settings.ts";
import type { Metadata } from "../../ports/metadata.ts";
import type { Platform } from "../../ports/platform.ts";
import type { AccessServices } from "../../services/access/access-services.ts";
import { PERMISSION_HEADER } from "../answer-headers.ts";
import type { Api, ApiEnv } from "../context.ts";
import { Problem } from "../problems.ts";
import { readBody } from "../requests/body.ts";
import { createLogIn } from "./log-in.ts";
import { readCookie, writeCookie } from "./log-in-cookies.ts";
import { addLogInPages } from "./log-in-pages.ts";
import { addOidcPages } from "./oidc/pages.ts";
import { clientOf } from "./principal.ts";
import { isChange, isFromElsewhere } from "./same-origin.ts";
import {
  CLI_TOKEN_SECONDS,
  createSignIn,
  type SignIn,
  type SignInOptions,
  TOKEN_SECONDS,
} from "./sign-in.ts";
import type { SecretOptions } from "./token-keys.ts";

export interface AuthenticationOptions extends Pick<Platform, "clock" | "report">, SecretOptions {
  readonly metadata: Pick<Metadata, "access" | "users">;
  readonly access: AccessServices;
  /** By which people log in elsewhere. */
  readonly oidc?: OidcSettings;
  readonly machine?: NonNullable<SignInOptions["machine"]>;
  /** Where a request comes from; absent where nobody can say. */
  readonly addressOf?: (c: Context) => string | undefined;
}

/** Airflow answers these to everybody. */
const OPEN_PATHS: ReadonlySet<string> = new Set([
  "/api/v2/version",
  "/api/v2/monitor/health",
  "/api/v2/auth/login",
  "/api/v2/auth/logout",
]);

/** Their addresses are secrets themselves. */
const WEBHOOKS = "/webhooks/";

const LOGIN_BODY = z.strictObject({ username: z.string(), password: z.string() });

/**
 * Adds POST /auth/token, which gives a token for a day, the same for an hour for command lines, the
 * pages to log in and out, and DELETE /auth/token, which makes all tokens void; refuses all other
 * requests that come without a token or a cookie. Another password of the deployment makes the
 * tokens of the one before it void.
 */
export function addAuthentication(app: Api, options: AuthenticationOptions): void {
  const { password, oidc, addressOf = () => undefined } = options;
  const signIn = createSignIn(options);
  const logIn = createLogIn({ ...options, hasAdmin: password !== undefined }, signIn.keys);

  const giveToken = (seconds: number) => async (c: Context) => {
    const { username, password: given } = await readBody(c, LOGIN_BODY);
    await logIn({ username, password: given, address: addressOf(c) });
    return c.json({ access_token: await signIn.issue(username, seconds) }, 201);
  };
  app.post("/auth/token", giveToken(TOKEN_SECONDS));
  app.post("/auth/token/cli", giveToken(CLI_TOKEN_SECONDS));
  addLogInPages(app, { logIn, signIn, addressOf, hasElsewhere: oidc !== undefined });
  if (oidc) addOidcPages(app, { ...options, settings: oidc, signIn });
  app.use(createGuard(signIn));
  app.delete("/auth/token", async (c) => {
    if (!c.var.principal.isAdmin)
      throw new Problem(403, "Forbidden", { [PERMISSION_HEADER]: "the role Admin" });
    await signIn.revokeAll();
    options.report.info("All tokens of the API were revoked");
    return c.body(null, 204);
  });
}

/** A token in the header counts before the cookie, as it does to Airflow. */
function createGuard(signIn: SignIn): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    if (OPEN_PATHS.has(c.req.path) || c.req.path.startsWith(WEBHOOKS)) {
      c.set("principal", { name: null, client: clientOf(c), isAdmin: false, may: () => false });
      return next();
    }
    const bearer = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const cookie = bearer === undefined ? readCookie(c) : undefined;
    const token = bearer ?? cookie;
    const found = token === undefined ? undefined : await signIn.identify(token);
    if (found === undefined || typeof found === "string") return refuse(c, found);
    // A browser sends the cookie for whatever page makes it ask.
    if (cookie !== undefined && isChange(c) && isFromElsewhere(c)) {
      throw new Problem(403, "Changes from pages of another site are refused");
    }
    c.set("principal", { name: found.name, client: clientOf(c), ...found.access });
    await next();
    const renewed =
      cookie === undefined || !found.token ? undefined : await signIn.renew(found.token);
    if (renewed !== undefined) writeCookie(c, renewed);
  };
}

/** Airflow: resolve_user_from_token. */
function refuse(c: Context, why: "expired" | "invalid" | undefined): Response {
  if (why === "invalid") return c.json({ detail: "Invalid JWT token" }, 403);
  c.header("WWW-Authenticate", "Bearer");
  return c.json({ detail: why === "expired" ? "Token Expired" : "Not authenticated" }, 401);
}
