// The OpenID provider: loaded and asked for its settings at the first log-in.
import * as openid from "openid-client";
import { isLoopback, type OidcSettings } from "../../../model/access/oidc-settings.ts";
import type { ElsewhereProfile } from "../../../services/access/identities.ts";

/** What the provider's answer is checked against. */
export interface OidcChecks {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface OidcClient {
  /** Where the browser is to go. */
  begin(redirectUri: string): Promise<{ readonly address: string; readonly checks: OidcChecks }>;
  /** Who has logged in. Throws for an answer that isn't one to the request. */
  finish(answer: URL, checks: OidcChecks): Promise<ElsewhereProfile>;
}

/** Without a secret, as a public client. */
export async function createOidcClient(
  settings: OidcSettings,
  clientSecret: string | undefined,
): Promise<OidcClient> {
  const { issuer, clientId, scope } = settings;
  const url = new URL(issuer);
  const config = await openid.discovery(
    url,
    clientId,
    undefined,
    clientSecret === undefined ? openid.None() : openid.ClientSecretBasic(clientSecret),
    // A provider on this machine has nobody in between.
    isLoopback(url) ? { execute: [openid.allowInsecureRequests] } : {},
  );
  return {
    async begin(redirectUri) {
      const checks = {
        state: openid.randomState(),
        nonce: openid.randomNonce(),
        verifier: openid.randomPKCECodeVerifier(),
      };
      const address = openid.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope,
        state: checks.state,
        nonce: checks.nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(checks.verifier),
        code_challenge_method: "S256",
      });
      return { address: address.href, checks };
    },
    async finish(answer, { state, nonce, verifier }) {
      const tokens = await openid.authorizationCodeGrant(config, answer, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (!claims) throw new Error("The provider has given no id token");
      const more = config.serverMetadata().userinfo_endpoint
        ? await openid.fetchUserInfo(config, tokens.access_token, claims.sub)
        : {};
      return toProfile({ ...more, ...claims }, { ...settings, issuer: claims.iss });
    },
  };
}

function toProfile(
  claims: Readonly<Record<string, unknown>>,
  { issuer, usernameClaim, groupsClaim, roles, defaultRole }: OidcSettings,
): ElsewhereProfile {
  const text = (name: string) => {
    const value = claims[name];
    return typeof value === "string" ? value : "";
  };
  const groups = [claims[groupsClaim]].flat().filter((each) => typeof each === "string");
  const mapped = groups.flatMap((group) =>
    Object.hasOwn(roles, group) ? (roles[group] ?? []) : [],
  );
  const username = text(usernameClaim);
  if (username === "") throw new Error(`The provider's claims have no "${usernameClaim}"`);
  return {
    username,
    identity: { issuer, subject: text("sub") },
    email: text("email"),
    firstName: text("given_name"),
    lastName: text("family_name"),
    roles:
      mapped.length > 0 ? [...new Set(mapped)] : defaultRole === undefined ? [] : [defaultRole],
  };
}
