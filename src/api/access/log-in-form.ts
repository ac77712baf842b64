// The form by which people log in in a browser.
import type { Context } from "hono";
import { html } from "hono/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

export interface LogInForm {
  /** Where to go then, on this server. */
  readonly next: string;
  /** Why the attempt before has failed. */
  readonly problem?: {
    readonly status: ContentfulStatusCode;
    readonly message: string;
    readonly headers: Readonly<Record<string, string>>;
  };
  /** Whether people may log in by OpenID Connect. */
  readonly hasElsewhere: boolean;
}

export function showForm(
  c: Context,
  { next, problem, hasElsewhere }: LogInForm,
): Response | Promise<Response> {
  const elsewhere = `/auth/oidc/login?${new URLSearchParams({ next })}`;
  const page = html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Log in to Stepwind</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 20rem; margin: 15vh auto; padding: 0 1rem; }
  label { display: block; margin: 1rem 0; }
  input { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .4rem; }
  button { font: inherit; padding: .4rem 1rem; }
  [role="alert"] { color: #b00020; }
</style>
<main>
  <h1>Stepwind</h1>
  ${problem ? html`<p role="alert">${problem.message}</p>` : ""}
  <form method="post" action="/auth/login">
    <input type="hidden" name="next" value="${next}">
    <label>User <input name="username" autocomplete="username" required autofocus></label>
    <label>Password
      <input name="password" type="password" autocomplete="current-password" required></label>
    <button>Log in</button>
  </form>
  ${hasElsewhere ? html`<p><a href="${elsewhere}">Log in with single sign-on</a></p>` : ""}
</main>
</html>`;
  return c.html(page, problem?.status ?? 200, {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    ...problem?.headers,
  });
}
