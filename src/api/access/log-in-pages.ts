// Log-in and log-out for browsers: a form, and the token in a cookie that pages' code can't read.
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Api } from "../context.ts";
import { Problem } from "../problems.ts";
import type { Attempt } from "./log-in.ts";
import { showForm } from "./log-in-form.ts";
import { isSafeUrl } from "./safe-urls.ts";
import { isFromElsewhere } from "./same-origin.ts";
import { type SignIn, TOKEN_SECONDS } from "./sign-in.ts";

/** Airflow: COOKIE_NAME_JWT_TOKEN. */
const COOKIE = "_token";
const FORM = "/auth/login";

interface LogInPages {
  readonly logIn: (attempt: Attempt) => Promise<void>;
  readonly signIn: SignIn;
  readonly addressOf: (c: Context) => string | undefined;
}

/** Adds GET and POST /auth/login, and GET /auth/logout. */
export function addLogInPages(app: Api, { logIn, signIn, addressOf }: LogInPages): void {
  app.get(FORM, (c) => showForm(c, { next: nextOf(c, c.req.query("next")) }));
  app.post(FORM, async (c) => {
    if (isFromElsewhere(c))
      throw new Problem(403, "Log-ins from pages of another site are refused");
    const form = await c.req.parseBody();
    const [username, password, asked] = ["username", "password", "next"].map((name) => {
      const value = form[name];
      return typeof value === "string" ? value : "";
    });
    const next = nextOf(c, asked);
    try {
      await logIn({ username: username ?? "", password: password ?? "", address: addressOf(c) });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return showForm(c, { next, problem });
    }
    writeCookie(c, await signIn.issue(username ?? "", TOKEN_SECONDS));
    return c.redirect(next, 303);
  });
  app.get("/auth/logout", async (c) => {
    const bearer = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    for (const token of [bearer, readCookie(c)]) {
      if (token !== undefined) await signIn.revoke(token);
    }
    deleteCookie(c, COOKIE, { path: "/", httpOnly: true, secure: isSecure(c), sameSite: "Lax" });
    return c.redirect(FORM, 307);
  });
}

export function readCookie(c: Context): string | undefined {
  return getCookie(c, COOKIE) || undefined;
}

export function writeCookie(c: Context, token: string): void {
  setCookie(c, COOKIE, token, { path: "/", httpOnly: true, secure: isSecure(c), sameSite: "Lax" });
}

/** Whether the browser reaches us by https, also by way of a proxy that ends it. */
function isSecure(c: Context): boolean {
  return new URL(c.req.url).protocol === "https:" || c.req.header("x-forwarded-proto") === "https";
}

function nextOf(c: Context, asked: string | undefined): string {
  return asked && isSafeUrl(c, asked) ? asked : "/";
}
