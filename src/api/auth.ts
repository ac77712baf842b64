// Log-in for an API that strangers can reach: one user, whose password the deployment keeps secret, gets tokens that
// expire. Paths and answers are those of Airflow's auth manager and of FastAPI.
import { createHmac, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { Hono, MiddlewareHandler } from "hono";
import { z } from "zod";
import type { Clock } from "../ports/platform.ts";
import { Problem } from "./problems.ts";
import { readBody } from "./read-request.ts";

export interface AuthenticationOptions {
  /** The user's password; undefined while none is set: then nobody is let in. */
  readonly password: () => Promise<string | undefined>;
  readonly clock: Pick<Clock, "now">;
}

const USERNAME = "admin";
/** Airflow: api_auth.jwt_expiration_time. */
const TOKEN_SECONDS = 24 * 60 * 60;
const HEADER = encode({ alg: "HS256", typ: "JWT" });
const KEY_BYTES = 32;

/** Airflow answers these to everybody. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/api/v2/version", "/api/v2/monitor/health"]);

const LOGIN_BODY = z.strictObject({ username: z.string(), password: z.string() });
const CLAIMS = z.object({ sub: z.literal(USERNAME), exp: z.number() });

/**
 * Adds POST /auth/token, which gives a token for a day, and refuses all other requests that come without one. Another
 * password makes the tokens of the one before it void.
 */
export function addAuthentication(app: Hono, { password, clock }: AuthenticationOptions): void {
  let known: { readonly password: string; readonly key: Promise<Buffer> } | undefined;

  /** Slow on purpose, so it is done once per password. */
  async function currentKey(): Promise<Buffer | undefined> {
    const current = await password();
    if (!current) return undefined;
    if (known?.password !== current) known = { password: current, key: toKey(current) };
    return known.key;
  }

  const guard: MiddlewareHandler = async (c, next) => {
    if (!OPEN_PATHS.has(c.req.path)) {
      const token = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
      const key = await currentKey();
      if (!token || !key || !isValid(token, key, clock.now())) {
        c.header("WWW-Authenticate", "Bearer");
        return c.json({ detail: token ? "Invalid JWT token" : "Not authenticated" }, 401);
      }
    }
    return next();
  };

  app.post("/auth/token", async (c) => {
    const given = await readBody(c, LOGIN_BODY);
    const key = await currentKey();
    if (!key) throw new Problem(503, "Nobody can log in: no password is set for this deployment");
    const isRight = timingSafeEqual(await toKey(given.password), key);
    if (!isRight || given.username !== USERNAME) throw new Problem(401, "Invalid credentials");
    return c.json({ access_token: toToken(key, clock.now()) }, 201);
  });
  app.use(guard);
}

/** The key that tokens are signed with. */
function toKey(password: string): Promise<Buffer> {
  const derive = promisify<string, string, number, Buffer>(scrypt);
  return derive(password, "stepwind api token", KEY_BYTES);
}

/** A JSON Web Token (RFC 7519, HS256). */
function toToken(key: Buffer, now: number): string {
  const issued = Math.floor(now / 1_000);
  const claims = encode({ sub: USERNAME, iat: issued, exp: issued + TOKEN_SECONDS });
  return `${HEADER}.${claims}.${sign(`${HEADER}.${claims}`, key).toString("base64url")}`;
}

/** Only the header that we write is taken, so there is no choice of algorithms. */
function isValid(token: string, key: Buffer, now: number): boolean {
  const [header, claims = "", signature = "", ...more] = token.split(".");
  if (header !== HEADER || more.length > 0) return false;
  const expected = sign(`${HEADER}.${claims}`, key);
  const given = Buffer.from(signature, "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
  const parsed = CLAIMS.safeParse(JSON.parse(Buffer.from(claims, "base64url").toString()));
  return parsed.success && parsed.data.exp * 1_000 > now;
}

function sign(text: string, key: Buffer): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
