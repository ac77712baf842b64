// Log-in and log-out for browsers: a form, and the token in a cookie that pages' code can't read.
import type { Context } from "hono";
import type { Api } from "../context.ts";
import { Problem } from "../problems.ts";
import type { Attempt } from "./log-in.ts";
import { nextOf, readCookie, removeCookie, writeCookie } from "./log-in-cookies.ts";
import { showForm } from "./log-in-form.ts";
import { isFromElsewhere } from "./same-origin.ts";
import { type SignIn, TOKEN_SECONDS } from "./sign-in.ts";

const FORM = "/auth/login";

interface LogInPages {
  readonly logIn: (attempt: Attempt) => Promise<void>;
  readonly signIn: SignIn;
  readonly addressOf: (c: Context) => string | undefined;
  /** Whether people may log in elsewhere. */
  readonly hasElsewhere: boolean;
}

/** Adds GET and POST /auth/login, and GET /auth/logout. */
export function addLogInPages(
  app: Api,
  { logIn, signIn, addressOf, hasElsewhere }: LogInPages,
): void {
  app.get(FORM, (c) => showForm(c, { next: nextOf(c, c.req.query("next")), hasElsewhere }));
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
      return showForm(c, { next, problem, hasElsewhere });
    }
    writeCookie(c, await signIn.issue(username ?? "", TOKEN_SECONDS));
    return c.redirect(next, 303);
  });
  app.get("/auth/logout", async (c) => {
    const bearer = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    for (const token of [bearer, readCookie(c)]) {
      if (token !== undefined) await signIn.revoke(token);
    }
    removeCookie(c);
    return c.redirect(FORM, 307);
  });
}
