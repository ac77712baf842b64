// Log-in by OpenID Connect in the template: what the API server is told, and what it may read.
import { expect, test } from "vitest";
import { buildFunctions } from "./built-functions.ts";
import { synthesize } from "./synthesized.ts";

const OIDC = {
  issuer: "https://id.example",
  clientId: "stepwind",
  roles: { "data-team": ["User"] },
  groupsClaim: "teams",
} as const;

function environments(of: ReturnType<typeof synthesize>): readonly string[] {
  return of
    .ofType("AWS::Lambda::Function")
    .map(([, { Properties }]) => JSON.stringify(Properties.Environment ?? {}))
    .filter((text) => text.includes("STEPWIND_OIDC"));
}

test("the API server alone is told of the provider, and may read the client's secret", () => {
  buildFunctions();
  const stack = synthesize({ oidc: OIDC });
  const [environment, ...others] = environments(stack);
  expect(others).toEqual([]);
  expect(JSON.parse(environment ?? "{}").Variables).toMatchObject({
    STEPWIND_OIDC_ISSUER: "https://id.example",
    STEPWIND_OIDC_CLIENT_ID: "stepwind",
    STEPWIND_OIDC_ROLES: '{"data-team":["User"]}',
    STEPWIND_OIDC_GROUPS_CLAIM: "teams",
  });
  const readers = stack
    .ofType("AWS::IAM::Policy")
    .filter(([, resource]) => JSON.stringify(resource).includes("api/oidc-client-secret"));
  expect(readers.map(([id]) => id)).toEqual([expect.stringMatching(/ApiServer/i)]);
  const { OidcRedirectUri: output } = stack.template.findOutputs("OidcRedirectUri");
  expect(JSON.stringify(output?.Value)).toContain("auth/oidc/callback");
  expect(JSON.stringify(stack.template.toJSON())).not.toContain("STEPWIND_OIDC_CLIENT_SECRET");
}, 180_000);

test("without it nothing of it is there", () => {
  buildFunctions();
  const stack = synthesize();
  expect(environments(stack)).toEqual([]);
  expect(stack.template.findOutputs("OidcRedirectUri")).toEqual({});
  expect(JSON.stringify(stack.template.toJSON())).not.toContain("oidc");
}, 180_000);

test("an address of its own leads people back there", () => {
  buildFunctions();
  const stack = synthesize({ oidc: { ...OIDC, baseUrl: "https://airflow.example" } });
  expect(stack.template.findOutputs("OidcRedirectUri")).toMatchObject({
    OidcRedirectUri: { Value: "https://airflow.example/auth/oidc/callback" },
  });
}, 180_000);

test("a provider without TLS, or without a client, is refused when the stack is made", () => {
  expect(() => synthesize({ oidc: { ...OIDC, issuer: "http://id.example" } })).toThrow(
    'STEPWIND_OIDC_ISSUER is "http://id.example"; write an https:// address',
  );
  expect(() => synthesize({ oidc: { ...OIDC, clientId: "" } })).toThrow("CLIENT_ID");
  expect(() => synthesize({ oidc: { ...OIDC, issuer: "" } })).toThrow("oidc.issuer is empty");
});
