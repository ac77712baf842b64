// Log-in for an API that strangers can reach: one user, whose password the deployment keeps secret,
// gets tokens that expire and can be revoked. Paths and answers are those of Airflow's auth manager
// and of FastAPI.
import { scrypt, timingSafeEqual, type webcrypto } from "node:crypto";
import { promisify } from "node:util";
import type { MiddlewareHandler } from "hono";
import { z } from "zod";
import { ADMIN_ACCESS } from "../../model/access/principal-access.ts";
import { findPasswordFlaw } from "../../model/password-rules.ts";
import type { Metadata } from "../../ports/metadata.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Api, ApiEnv } from "../context.ts";
import { Problem } from "../problems.ts";
import { readBody } from "../requests/body.ts";
import { createToken, importTokenKey, verifyToken } from "./json-web-tokens.ts";
import { createLogInGuard } from "./log-in-guard.ts";
import { clientOf } from "./principal.ts";
import { createTokenSecrets, type TokenSecrets } from "./token-secrets.ts";

export interface AuthenticationOptions extends Pick<Platform, "clock" | "report"> {
  readonly metadata: Pick<Metadata, "access">;
  /** The user's password; undefined while none is set: then nobody is let in. */
  readonly password: () => Promise<string | undefined>;
}

const USERNAME = "admin";
const KEY_BYTES = 32;
/** Of a name that is logged. */
const MAX_NAME_LENGTH = 100;

/** Airflow answers these to everybody. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/api/v2/version", "/api/v2/monitor/health"]);

const LOGIN_BODY = z.strictObject({ username: z.string(), password: z.string() });

/**
 * Adds POST /auth/token, which gives a token for a day, and DELETE /auth/token, which makes all
 * tokens void; refuses all other requests that come without a token. Another password makes the
 * tokens of the one before it void.
 */
export function addAuthentication(app: Api, options: AuthenticationOptions): void {
  const { clock, report } = options;
  const secrets = createTokenSecrets(options);
  const logIns = createLogInGuard(options);
  const currentKeys = createKeys(options, secrets.get);

  const guard: MiddlewareHandler<ApiEnv> = async (c, next) => {
    const isOpen = OPEN_PATHS.has(c.req.path);
    if (!isOpen) {
      const token = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
      const keys = token && (await currentKeys());
      const holder =
        token && keys instanceof Object && (await verifyToken(token, keys.forTokens, clock.now()));
      const isCurrent = holder && holder.epoch === (await secrets.get()).epoch;
      if (!isCurrent || holder.user !== USERNAME) {
        c.header("WWW-Authenticate", "Bearer");
        return c.json({ detail: token ? "Invalid JWT token" : "Not authenticated" }, 401);
      }
    }
    c.set("principal", { name: isOpen ? null : USERNAME, client: clientOf(c), ...ADMIN_ACCESS });
    return next();
  };

  app.post("/auth/token", async (c) => {
    const given = await readBody(c, LOGIN_BODY);
    const keys = await currentKeys();
    if (typeof keys === "string") throw new Problem(503, `Nobody can log in: ${keys}`);
    const { username } = given;
    const who = JSON.stringify(username.slice(0, MAX_NAME_LENGTH));
    await logIns.begin(username).catch((problem: unknown) => {
      if (problem instanceof Problem) report.warn(`Log-in failed: user ${who} has to wait`);
      throw problem;
    });
    // As much work for an unknown user as for a wrong password.
    const isRight = timingSafeEqual(await derive(given.password, keys.salt), keys.derived);
    if (!isRight || username !== USERNAME) {
      report.warn(`Log-in failed: user ${who} or the password is wrong`);
      throw new Problem(401, "Invalid credentials");
    }
    await logIns.succeed(username);
    const { epoch } = await secrets.get();
    const holder = { user: USERNAME, epoch };
    return c.json({ access_token: await createToken(holder, keys.forTokens, clock.now()) }, 201);
  });
  app.use(guard);
  app.delete("/auth/token", async (c) => {
    await secrets.nextEpoch();
    report.info("All tokens of the API were revoked");
    return c.body(null, 204);
  });
}

/**
 * What follows from a password: the bytes that passwords are compared by, and the same as a key for
 * tokens.
 */
interface Keys {
  readonly salt: string;
  readonly derived: Uint8Array<ArrayBuffer>;
  readonly forTokens: webcrypto.CryptoKey;
}

/**
 * Answers the current keys, or why nobody can log in. Deriving the keys is slow on purpose, so it
 * is done once per password.
 */
function createKeys(
  { password }: Pick<AuthenticationOptions, "password">,
  secrets: () => Promise<TokenSecrets>,
): () => Promise<Keys | string> {
  let known: { readonly from: string; readonly keys: Promise<Keys> } | undefined;
  return async () => {
    const current = await password();
    if (!current) return "no password is set for this deployment";
    const flaw = findPasswordFlaw(current);
    if (flaw !== undefined) return `the password of this deployment ${flaw}`;
    const { salt } = await secrets();
    const from = JSON.stringify([current, salt]);
    if (known?.from !== from) known = { from, keys: toKeys(current, salt) };
    return known.keys;
  };
}

async function toKeys(password: string, salt: string): Promise<Keys> {
  const derived = await derive(password, salt);
  return { salt, derived, forTokens: await importTokenKey(derived) };
}

function derive(password: string, salt: string): Promise<Buffer<ArrayBuffer>> {
  const run = promisify<string, Buffer, number, Buffer<ArrayBuffer>>(scrypt);
  return run(password, Buffer.from(salt, "base64"), KEY_BYTES);
}
