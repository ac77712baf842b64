// Who a request is from: its token or cookie, checked against what is stored of the user.
import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import { type Access, ADMIN_ACCESS } from "../../model/access/principal-access.ts";
import type { Metadata } from "../../ports/metadata.ts";
import type { Clock } from "../../ports/platform.ts";
import type { AccessServices } from "../../services/access/access-services.ts";
import { isApiToken } from "../../services/access/api-tokens.ts";
import { ADMIN_NAME } from "../../services/access/users.ts";
import { createToken, type VerifiedToken, verifyToken } from "./json-web-tokens.ts";
import { createRevokedTokens } from "./revoked-tokens.ts";
import { createTokenKeys, type SecretOptions, type TokenKeys } from "./token-keys.ts";
import { createTokenSecrets } from "./token-secrets.ts";

/** Airflow: api_auth.jwt_expiration_time. */
export const TOKEN_SECONDS = 24 * 60 * 60;
/** Airflow: api_auth.jwt_cli_expiration_time. */
export const CLI_TOKEN_SECONDS = 60 * 60;
/** A page's log-in ends then, however often its token was renewed. */
const LONGEST_LOG_IN_SECONDS = 7 * TOKEN_SECONDS;

export interface SignInOptions extends SecretOptions {
  readonly metadata: Pick<Metadata, "access">;
  readonly clock: Pick<Clock, "now">;
  readonly access: AccessServices;
  /** By which commands of this machine are let in, who may do everything. */
  readonly machine?: { readonly user: string; readonly token: string };
}

/** Who has asked. */
export interface SignedIn {
  readonly name: string;
  readonly access: Access;
  /** Absent for an API token. */
  readonly token?: VerifiedToken;
}

export interface SignIn {
  /** The keys, or why nobody can log in. */
  readonly keys: () => Promise<TokenKeys | string>;
  /** Airflow tells tokens that are over from those that are not good. */
  identify(token: string): Promise<SignedIn | "expired" | "invalid">;
  /** A token for a user who has just proved who it is; `seconds` until it is over. */
  issue(username: string, seconds: number): Promise<string>;
  /** A token in place of one that is half over; undefined where it isn't, or may not be renewed. */
  renew(token: VerifiedToken): Promise<string | undefined>;
  /** Makes one token void. */
  revoke(token: string): Promise<void>;
  /** Makes all tokens void that there are. */
  revokeAll(): Promise<void>;
}

export function createSignIn(options: SignInOptions): SignIn {
  const { clock, access, password, machine } = options;
  const secrets = createTokenSecrets(options);
  const revoked = createRevokedTokens(options);
  const keys = createTokenKeys(options, secrets.get);
  const hasAdmin = password !== undefined;

  /** Undefined where there is no such user, or none who may log in. */
  async function find(
    username: string,
  ): Promise<{ readonly access: Access; readonly epoch: number } | undefined> {
    if (hasAdmin && username === ADMIN_NAME) return { access: ADMIN_ACCESS, epoch: 0 };
    const known = await access.directory.find(username);
    return known && { access: known.access, epoch: known.user.epoch };
  }

  async function identifyJwt(token: string): Promise<SignedIn | "expired" | "invalid"> {
    const current = await keys();
    if (typeof current === "string") return "invalid";
    const verified = await verifyToken(token, current.key, clock.now());
    if (typeof verified === "string") return verified;
    if (verified.epoch !== (await secrets.get()).epoch) return "invalid";
    const name = verified.user;
    const found = await find(name);
    if (!found || found.epoch !== verified.userEpoch) return "invalid";
    if (await revoked.has(verified.id)) return "invalid";
    return { name, access: found.access, token: verified };
  }

  async function identifyApiToken(text: string): Promise<SignedIn | "invalid"> {
    const username = await access.apiTokens.verify(text);
    const found = username === undefined ? undefined : await access.directory.find(username);
    return username !== undefined && found ? { name: username, access: found.access } : "invalid";
  }

  async function issueAt(
    username: string,
    { seconds, loggedInAt }: { readonly seconds: number; readonly loggedInAt: number },
  ): Promise<string> {
    const [current, { epoch }, found] = await Promise.all([keys(), secrets.get(), find(username)]);
    if (typeof current === "string" || !found) throw new Error(`No token for user "${username}"`);
    const id = randomUUID();
    const { epoch: userEpoch } = found;
    return createToken(
      { user: username, epoch, userEpoch, id, loggedInAt },
      { key: current.key, nowMs: clock.now(), seconds },
    );
  }

  return {
    keys,
    async identify(token) {
      if (machine && isSame(token, machine.token)) {
        return { name: machine.user, access: ADMIN_ACCESS };
      }
      return isApiToken(token) ? identifyApiToken(token) : identifyJwt(token);
    },
    issue: (username, seconds) =>
      issueAt(username, { seconds, loggedInAt: Math.floor(clock.now() / 1_000) }),
    async renew({ user, issuedAt, expiresAt, loggedInAt }) {
      const now = clock.now() / 1_000;
      const isYoung = now < (issuedAt + expiresAt) / 2;
      const left = Math.floor(loggedInAt + LONGEST_LOG_IN_SECONDS - now);
      const seconds = Math.min(TOKEN_SECONDS, left);
      if (isYoung || now + seconds <= expiresAt) return undefined;
      return issueAt(user, { seconds, loggedInAt });
    },
    async revoke(token) {
      const found = await identifyJwt(token);
      if (typeof found !== "string" && found.token) await revoked.add(found.token);
    },
    revokeAll: () => secrets.nextEpoch(),
  };
}

/** Takes as long wherever they differ. */
function isSame(given: string, known: string): boolean {
  const [left, right] = [given, known].map((text) => createHash("sha256").update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
