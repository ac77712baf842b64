// Log-in for an API that strangers can reach: one user, whose password the deployment keeps secret,
// gets tokens that expire. Paths and answers are those of Airflow's auth manager and of FastAPI.
import { scrypt, timingSafeEqual, type webcrypto } from "node:crypto";
import { promisify } from "node:util";
import type { MiddlewareHandler } from "hono";
import { z } from "zod";
import type { Clock } from "../../ports/platform.ts";
import type { Api, ApiEnv } from "../context.ts";
import { Problem } from "../problems.ts";
import { readBody } from "../requests/body.ts";
import { createToken, importTokenKey, verifyToken } from "./json-web-tokens.ts";
import { clientOf } from "./principal.ts";

export interface AuthenticationOptions {
  /** The user's password; undefined while none is set: then nobody is let in. */
  readonly password: () => Promise<string | undefined>;
  readonly clock: Pick<Clock, "now">;
}

const USERNAME = "admin";
const KEY_BYTES = 32;

/** Airflow answers these to everybody. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/api/v2/version", "/api/v2/monitor/health"]);

const LOGIN_BODY = z.strictObject({ username: z.string(), password: z.string() });

/**
 * Adds POST /auth/token, which gives a token for a day, and refuses all other requests that come
 * without one. Another password makes the tokens of the one before it void.
 */
export function addAuthentication(app: Api, { password, clock }: AuthenticationOptions): void {
  let known: { readonly password: string; readonly keys: Promise<Keys> } | undefined;

  /** Deriving the keys is slow on purpose, so it is done once per password. */
  async function currentKeys(): Promise<Keys | undefined> {
    const current = await password();
    if (!current) return undefined;
    if (known?.password !== current) known = { password: current, keys: toKeys(current) };
    return known.keys;
  }

  const guard: MiddlewareHandler<ApiEnv> = async (c, next) => {
    const isOpen = OPEN_PATHS.has(c.req.path);
    if (!isOpen) {
      const token = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
      const keys = await currentKeys();
      const user = token && keys && (await verifyToken(token, keys.forTokens, clock.now()));
      if (user !== USERNAME) {
        c.header("WWW-Authenticate", "Bearer");
        return c.json({ detail: token ? "Invalid JWT token" : "Not authenticated" }, 401);
      }
    }
    c.set("principal", { name: isOpen ? null : USERNAME, client: clientOf(c) });
    return next();
  };

  app.post("/auth/token", async (c) => {
    const given = await readBody(c, LOGIN_BODY);
    const keys = await currentKeys();
    if (!keys) throw new Problem(503, "Nobody can log in: no password is set for this deployment");
    const isRight = timingSafeEqual(await derive(given.password), keys.derived);
    if (!isRight || given.username !== USERNAME) throw new Problem(401, "Invalid credentials");
    return c.json({ access_token: await createToken(USERNAME, keys.forTokens, clock.now()) }, 201);
  });
  app.use(guard);
}

/**
 * What follows from a password: the bytes that passwords are compared by, and the same as a key for
 * tokens.
 */
interface Keys {
  readonly derived: Uint8Array<ArrayBuffer>;
  readonly forTokens: webcrypto.CryptoKey;
}

async function toKeys(password: string): Promise<Keys> {
  const derived = await derive(password);
  return { derived, forTokens: await importTokenKey(derived) };
}

function derive(password: string): Promise<Buffer<ArrayBuffer>> {
  const run = promisify<string, string, number, Buffer<ArrayBuffer>>(scrypt);
  return run(password, "stepwind api token", KEY_BYTES);
}
