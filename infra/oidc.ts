// Log-in by OpenID Connect: what the API server is told of the provider. The client's secret is not among
// it: the server reads that from Parameter Store.
import { readOidcSettings } from "../src/model/access/oidc-settings.ts";

/** Below the deployment's own path in Parameter Store. */
export const CLIENT_SECRET = "api/oidc-client-secret";

export interface OidcProps {
  /** Address of the provider, as in its discovery document: https://… */
  readonly issuer: string;
  /** The client's name there. */
  readonly clientId: string;
  /** Roles of the deployment by group there, such as `{ "data-team": ["User"] }`. */
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  /** Of people without such a group; they are refused when absent. */
  readonly defaultRole?: string;
  /** The claim that has the groups; "groups" when absent. */
  readonly groupsClaim?: string;
  /** The claim that has the user's name; "preferred_username" when absent. */
  readonly usernameClaim?: string;
  /** "openid profile email" when absent. */
  readonly scope?: string;
  /** Address under which people reach the API, where it isn't the function's URL. */
  readonly baseUrl?: string;
}

/** Throws for what the API server would not take. */
export function oidcEnvironment(oidc: OidcProps | undefined): Readonly<Record<string, string>> {
  if (!oidc) return {};
  const { issuer, clientId, roles, defaultRole, groupsClaim, usernameClaim, scope, baseUrl } = oidc;
  const given = {
    ISSUER: issuer,
    CLIENT_ID: clientId,
    ROLES: roles && JSON.stringify(roles),
    DEFAULT_ROLE: defaultRole,
    GROUPS_CLAIM: groupsClaim,
    USERNAME_CLAIM: usernameClaim,
    SCOPE: scope,
    BASE_URL: baseUrl,
  };
  const environment = Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value === undefined ? [] : [[`STEPWIND_OIDC_${name}`, value]],
    ),
  );
  if (!readOidcSettings(environment)) throw new Error("oidc.issuer is empty; write its address");
  return environment;
}
