// What an operator says of log-ins by OpenID Connect, in the environment.
import { parseJson } from "../connections/secret-masker.ts";

export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** Absent, or a promise of undefined, for a public client, which PKCE alone protects. */
  readonly clientSecret?: string | (() => Promise<string | undefined>);
  /** The server's own address, where it isn't the one of requests, as behind a proxy. */
  readonly baseUrl?: string;
  readonly scope: string;
  readonly usernameClaim: string;
  readonly groupsClaim: string;
  /** Roles by group (Airflow: AUTH_ROLES_MAPPING). */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  /** Of users without a group that is in `roles`; absent: they are refused. */
  readonly defaultRole?: string;
}

/** Undefined where no issuer is named. Throws for settings that can't be right. */
export function readOidcSettings(
  env: Readonly<Record<string, string | undefined>>,
): OidcSettings | undefined {
  const of = (name: string) => env[`STEPWIND_OIDC_${name}`] || undefined;
  const issuer = of("ISSUER");
  if (issuer === undefined) return undefined;
  const clientId = of("CLIENT_ID");
  if (clientId === undefined) throw new Error("STEPWIND_OIDC_ISSUER needs STEPWIND_OIDC_CLIENT_ID");
  checkAddress("STEPWIND_OIDC_ISSUER", issuer);
  const baseUrl = of("BASE_URL");
  if (baseUrl !== undefined) checkAddress("STEPWIND_OIDC_BASE_URL", baseUrl);
  const clientSecret = of("CLIENT_SECRET");
  const defaultRole = of("DEFAULT_ROLE");
  return {
    issuer,
    clientId,
    ...(clientSecret === undefined ? {} : { clientSecret }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    scope: of("SCOPE") ?? "openid profile email",
    usernameClaim: of("USERNAME_CLAIM") ?? "preferred_username",
    groupsClaim: of("GROUPS_CLAIM") ?? "groups",
    roles: readRoles(of("ROLES")),
    ...(defaultRole === undefined ? {} : { defaultRole }),
  };
}

/** Without TLS, anybody between could be the issuer. */
function checkAddress(name: string, text: string): void {
  const url = URL.parse(text);
  if (url?.protocol === "https:" || (url && isLoopback(url))) return;
  throw new Error(`${name} is "${text}"; write an https:// address`);
}

export function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function readRoles(text: string | undefined): OidcSettings["roles"] {
  if (text === undefined) return {};
  const roles = parseRoles(text);
  if (roles) return roles;
  const example = '{"data-team": ["User"]}';
  throw new Error(`STEPWIND_OIDC_ROLES is JSON of roles by group, such as ${example}`);
}

/** Undefined for another text. */
function parseRoles(text: string): OidcSettings["roles"] | undefined {
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const isOne = (each: unknown) => typeof each === "string";
  const entries = Object.entries(value).map(
    ([group, roles]): [string, readonly string[]] | undefined =>
      Array.isArray(roles) && roles.every(isOne) ? [group, roles] : undefined,
  );
  const whole = entries.filter((entry) => entry !== undefined);
  return whole.length === entries.length ? Object.fromEntries(whole) : undefined;
}
