// The JSON Web Tokens (RFC 7519) of the log-in: signed with HS256 by the deployment's password, and
// valid for a day.
import type { webcrypto } from "node:crypto";
import { sign, verify } from "hono/jwt";
import { z } from "zod";

/** Airflow: api_auth.jwt_expiration_time. */
const TOKEN_SECONDS = 24 * 60 * 60;

/** The only algorithm: a token cannot choose another one, nor "none". */
const ALGORITHM = "HS256";

const CLAIMS = z.object({ sub: z.string(), exp: z.number(), epoch: z.number() });

/** Whose token it is, and of which epoch of the deployment's tokens. */
export interface TokenHolder {
  readonly user: string;
  readonly epoch: number;
}

/** The key for createToken and verifyToken; it can't be read out again. */
export function importTokenKey(bytes: Uint8Array<ArrayBuffer>): Promise<webcrypto.CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign", "verify"]);
}

/** A token for the holder. `nowMs` is the moment of issue. */
export function createToken(
  { user, epoch }: TokenHolder,
  key: webcrypto.CryptoKey,
  nowMs: number,
): Promise<string> {
  const issued = Math.floor(nowMs / 1_000);
  return sign({ sub: user, iat: issued, exp: issued + TOKEN_SECONDS, epoch }, key, ALGORITHM);
}

/**
 * The holder whom the token names; undefined for a token that is forged, expired or not a token at
 * all.
 */
export async function verifyToken(
  token: string,
  key: webcrypto.CryptoKey,
  nowMs: number,
): Promise<TokenHolder | undefined> {
  // Times are compared below, with the platform's clock and not the system's.
  const checks = { alg: ALGORITHM, exp: false, iat: false, nbf: false } as const;
  const payload = await verify(token, key, checks).catch(orInvalid);
  const claims = CLAIMS.safeParse(payload);
  if (!claims.success || claims.data.exp * 1_000 <= nowMs) return undefined;
  const { sub: user, epoch } = claims.data;
  return { user, epoch };
}

/**
 * Errors of hono/jwt that report a bad token have names of their own; any other error is a fault.
 */
function orInvalid(error: unknown): undefined {
  if (error instanceof Error && error.name.startsWith("Jwt")) return undefined;
  throw error;
}
