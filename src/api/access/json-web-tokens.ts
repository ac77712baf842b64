// The JSON Web Tokens (RFC 7519) of the log-in: signed with HS256 by the deployment's secret.
import type { webcrypto } from "node:crypto";
import { sign, verify } from "hono/jwt";
import { z } from "zod";

/** The only algorithm: a token cannot choose another one, nor "none". */
const ALGORITHM = "HS256";

const CLAIMS = z.object({
  sub: z.string(),
  exp: z.number(),
  epoch: z.number(),
  iat: z.number().default(0),
  user_epoch: z.number().default(0),
  auth_time: z.number().optional(),
  jti: z.string().optional(),
});

/** Whose token it is, and what it counts for. */
export interface TokenHolder {
  readonly user: string;
  /** Of the deployment's tokens; those of earlier ones are void. */
  readonly epoch: number;
  /** Of the user's tokens, likewise. */
  readonly userEpoch: number;
  /** Names this token among all. */
  readonly id: string;
  /** When the user has given a password for it or for one before it, epoch s. */
  readonly loggedInAt: number;
}

export interface VerifiedToken extends TokenHolder {
  /** Epoch s. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** The key for createToken and verifyToken; it can't be read out again. */
export function importTokenKey(bytes: Uint8Array<ArrayBuffer>): Promise<webcrypto.CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign", "verify"]);
}

interface Issue {
  readonly key: webcrypto.CryptoKey;
  readonly nowMs: number;
  readonly seconds: number;
}

/** A token for the holder. `nowMs` is the moment of issue; it counts for `seconds`. */
export function createToken(holder: TokenHolder, { key, nowMs, seconds }: Issue): Promise<string> {
  const issued = Math.floor(nowMs / 1_000);
  const claims = {
    sub: holder.user,
    iat: issued,
    exp: issued + seconds,
    epoch: holder.epoch,
    user_epoch: holder.userEpoch,
    auth_time: holder.loggedInAt,
    jti: holder.id,
  };
  return sign(claims, key, ALGORITHM);
}

/** A token that opens nothing that isn't open: its key is thrown away. It is over after a day. */
export async function createLocalToken(user: string): Promise<string> {
  const exp = Math.floor(Date.now() / 1_000) + 24 * 60 * 60;
  return sign({ sub: user, exp }, crypto.randomUUID(), ALGORITHM);
}

/**
 * What the token says; "expired" for one that was good, "invalid" for a token that is forged or not
 * a token at all.
 */
export async function verifyToken(
  token: string,
  key: webcrypto.CryptoKey,
  nowMs: number,
): Promise<VerifiedToken | "expired" | "invalid"> {
  // Times are compared below, with the platform's clock and not the system's.
  const checks = { alg: ALGORITHM, exp: false, iat: false, nbf: false } as const;
  const payload = await verify(token, key, checks).catch(orInvalid);
  const claims = CLAIMS.safeParse(payload);
  if (!claims.success) return "invalid";
  const { sub: user, epoch, user_epoch: userEpoch, jti: id = "", iat, exp } = claims.data;
  if (exp * 1_000 <= nowMs) return "expired";
  return {
    user,
    epoch,
    userEpoch,
    id,
    loggedInAt: claims.data.auth_time ?? iat,
    issuedAt: iat,
    expiresAt: exp,
  };
}

const STATE = z.object({
  kind: z.literal("oidc"),
  exp: z.number(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  next: z.string(),
});

/** What is kept of a log-in elsewhere until the browser comes back. */
type LogInState = Omit<z.infer<typeof STATE>, "kind" | "exp">;

/** It opens nothing: it has no user. */
export function createStateToken(state: LogInState, issue: Issue): Promise<string> {
  const exp = Math.floor(issue.nowMs / 1_000) + issue.seconds;
  return sign({ ...state, kind: "oidc", exp }, issue.key, ALGORITHM);
}

/** Undefined for a text that isn't one, or is over. */
export async function verifyStateToken(
  token: string,
  key: webcrypto.CryptoKey,
  nowMs: number,
): Promise<LogInState | undefined> {
  const checks = { alg: ALGORITHM, exp: false, iat: false, nbf: false } as const;
  const found = STATE.safeParse(await verify(token, key, checks).catch(orInvalid));
  return found.success && found.data.exp * 1_000 > nowMs ? found.data : undefined;
}

/**
 * Errors of hono/jwt that report a bad token have names of their own; any other error is a fault.
 */
function orInvalid(error: unknown): undefined {
  if (error instanceof Error && error.name.startsWith("Jwt")) return undefined;
  throw error;
}
