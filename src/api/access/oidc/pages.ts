// Log-in by OpenID Connect: the code flow with PKCE. What has to be kept between the two requests is in a
// signed cookie, so that any process can go on.
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { OidcSettings } from "../../../model/access/oidc-settings.ts";
import type { Clock, Reporter } from "../../../ports/platform.ts";
import type { AccessServices } from "../../../services/access/access-services.ts";
import { signInElsewhere } from "../../../services/access/identities.ts";
import { RequestRefused } from "../../../services/request-refused.ts";
import type { Api } from "../../context.ts";
import { Problem } from "../../problems.ts";
import { createStateToken, verifyStateToken } from "../json-web-tokens.ts";
import { isSecure, nextOf, writeCookie } from "../log-in-cookies.ts";
import { showForm } from "../log-in-form.ts";
import { type SignIn, TOKEN_SECONDS } from "../sign-in.ts";
import type { OidcClient } from "./client.ts";

const STATE_COOKIE = "_oidc";
const STATE_PATH = "/auth/oidc";
/** A log-in elsewhere takes no longer. */
const STATE_SECONDS = 600;

export interface OidcPages {
  readonly settings: OidcSettings;
  readonly signIn: SignIn;
  readonly access: AccessServices;
  readonly clock: Pick<Clock, "now">;
  readonly report: Reporter;
}

/** Adds GET /auth/oidc/login and GET /auth/oidc/callback. */
export function addOidcPages(app: Api, pages: OidcPages): void {
  const connect = createConnect(pages.settings);
  app.get(`${STATE_PATH}/login`, (c) => begin(c, pages, connect));
  app.get(`${STATE_PATH}/callback`, async (c) => {
    deleteCookie(c, STATE_COOKIE, { path: STATE_PATH });
    try {
      return await finish(c, pages, connect);
    } catch (error) {
      pages.report.warn(`Log-in by OpenID Connect failed: ${String(error)}`);
      const isOurs = error instanceof Problem || error instanceof RequestRefused;
      const message = isOurs ? error.message : "The log-in failed; the server's log says why";
      return showForm(c, { next: "/", problem: new Problem(401, message), hasElsewhere: true });
    }
  });
}

/** One client for as long as its secret is the same. */
function createConnect(settings: OidcSettings): () => Promise<OidcClient> {
  const { clientSecret } = settings;
  let known:
    | { readonly secret: string | undefined; readonly client: Promise<OidcClient> }
    | undefined;
  return async () => {
    const secret = typeof clientSecret === "function" ? await clientSecret() : clientSecret;
    if (known && known.secret === secret) return known.client;
    const client = import("./client.ts").then(({ createOidcClient }) =>
      createOidcClient(settings, secret),
    );
    known = { secret, client };
    // An issuer that couldn't be reached is asked again.
    client.catch(() => {
      if (known?.client === client) known = undefined;
    });
    return client;
  };
}

async function begin(
  c: Context,
  { settings, signIn, clock }: OidcPages,
  connect: () => Promise<OidcClient>,
): Promise<Response> {
  const keys = await signIn.keys();
  if (typeof keys === "string") throw new Problem(503, `Nobody can log in: ${keys}`);
  const { address, checks } = await (await connect()).begin(redirectUri(c, settings));
  const value = await createStateToken(
    { ...checks, next: nextOf(c, c.req.query("next")) },
    { key: keys.key, nowMs: clock.now(), seconds: STATE_SECONDS },
  );
  setCookie(c, STATE_COOKIE, value, {
    path: STATE_PATH,
    httpOnly: true,
    secure: isSecure(c),
    sameSite: "Lax",
    maxAge: STATE_SECONDS,
  });
  return c.redirect(address, 303);
}

async function finish(
  c: Context,
  { settings, signIn, access, clock }: OidcPages,
  connect: () => Promise<OidcClient>,
): Promise<Response> {
  const keys = await signIn.keys();
  const cookie = getCookie(c, STATE_COOKIE);
  const state =
    typeof keys === "string" || cookie === undefined
      ? undefined
      : await verifyStateToken(cookie, keys.key, clock.now());
  if (state === undefined) throw new Problem(401, "The log-in took too long, or began elsewhere");
  const answer = new URL(redirectUri(c, settings));
  answer.search = new URL(c.req.url).search;
  const profile = await (await connect()).finish(answer, state);
  const username = await signInElsewhere(access, profile);
  writeCookie(c, await signIn.issue(username, TOKEN_SECONDS));
  return c.redirect(state.next, 303);
}

function redirectUri(c: Context, { baseUrl }: OidcSettings): string {
  return new URL(`${STATE_PATH}/callback`, baseUrl ?? c.req.url).href;
}
