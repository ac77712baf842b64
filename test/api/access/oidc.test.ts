// Log-in by OpenID Connect at a real provider: discovery, PKCE, state and nonce, groups to roles.
import { expect, onTestFinished, test } from "vitest";
import { type OidcSettings, readOidcSettings } from "../../../src/model/access/oidc-settings.ts";
import { createAccessProduct } from "./access-product.ts";
import { CLIENT, logInAt, startOidcProvider } from "./oidc-provider.ts";

const CALLBACK = "https://api.example/auth/oidc/callback";
async function startProvider(): Promise<string> {
  const provider = await startOidcProvider();
  onTestFinished(() => provider.close());
  provider.serve(CALLBACK);
  return provider.issuer;
}

async function setUp(settings: Partial<OidcSettings> = {}) {
  const issuer = await startProvider();
  const oidc = readOidcSettings({
    STEPWIND_OIDC_ISSUER: issuer,
    STEPWIND_OIDC_CLIENT_ID: CLIENT.id,
    STEPWIND_OIDC_CLIENT_SECRET: CLIENT.secret,
    STEPWIND_OIDC_ROLES: '{"data-team": ["User"]}',
  });
  if (!oidc) throw new Error("There are settings");
  const product = await createAccessProduct({
    tokenSecret: async () => "a secret of this deployment's own, of 32 bytes",
    oidc: { ...oidc, ...settings },
  });
  const cookiesOf = (response: Response) =>
    response.headers.getSetCookie().map((each) => each.split(";")[0] ?? "");
  return { ...product, issuer, cookiesOf };
}

const logIn = (address: string, account: string) =>
  logInAt(address, { account, redirectUri: CALLBACK });

test("a first log-in makes a user with the roles of the groups, and the next one finds it", async () => {
  const { send, cookiesOf, metadata } = await setUp();
  const form = await (await send("/auth/login?next=/dags")).text();
  expect(form).toContain("/auth/oidc/login?next=%2Fdags");
  for (const count of [1, 2]) {
    const begun = await send("/auth/oidc/login?next=/dags");
    const address = begun.headers.get("location") ?? "";
    expect(new URL(address).searchParams.get("code_challenge_method")).toBe("S256");
    const location = await logIn(address, "ann");
    const cookie = cookiesOf(begun).join("; ");
    const done = await send(location.slice("https://api.example".length), { headers: { cookie } });
    expect([done.status, done.headers.get("location")]).toEqual([303, "/dags"]);
    const session = cookiesOf(done).find((each) => each.startsWith("_token=")) ?? "";
    const see = (path: string) => send(path, { headers: { cookie: session } });
    expect((await see("/api/v2/dags")).status).toBe(200);
    expect((await see("/auth/fab/v1/users")).status).toBe(403);
    expect(await metadata.users.get("ann")).toMatchObject({
      firstName: "ANN",
      roles: ["User"],
      loginCount: count,
      identity: { subject: "ann" },
    });
  }
});

test("an answer to another browser's log-in, to an old one or with another code is refused", async () => {
  const { send, cookiesOf, state, metadata } = await setUp();
  const begun = await send("/auth/oidc/login");
  const location = await logIn(begun.headers.get("location") ?? "", "ann");
  const path = location.slice("https://api.example".length);
  const cookie = cookiesOf(begun).join("; ");
  const other = cookiesOf(await send("/auth/oidc/login")).join("; ");
  const refused = async (to: string, headers: Readonly<Record<string, string>>) => {
    const answer = await send(to, { headers });
    expect(answer.status).toBe(401);
    expect(cookiesOf(answer).some((each) => each.startsWith("_token="))).toBe(false);
  };
  await refused(path, {});
  await refused(path, { cookie: other });
  await refused(path, { cookie: "_oidc=x.y.z" });
  await refused(path.replace(/code=[^&]+/, "code=x"), { cookie });
  await refused(path.replace(/state=[^&]+/, "state=x"), { cookie });
  await refused("/auth/oidc/callback?error=access_denied", { cookie });
  state.now += 600_000;
  await refused(path, { cookie });
  expect(await metadata.users.get("ann")).toBeUndefined();
});

test("the cookie of a log-in that has begun opens nothing", async () => {
  const { send, cookiesOf } = await setUp();
  const [cookie = ""] = cookiesOf(await send("/auth/oidc/login"));
  const token = cookie.replace(/^_oidc=/, "");
  expect((await send("/api/v2/dags", { token })).status).toBe(403);
});

test("who has no role here, or the name of another user, is refused with the reason", async () => {
  const { send, cookiesOf, createUser, warnings } = await setUp();
  await createUser("ann", ["Admin"]);
  for (const [account, reason] of [
    ["ann", "The name `ann` is that of another user here"],
    ["bob", "User `bob` has no group with a role here"],
  ] as const) {
    const begun = await send("/auth/oidc/login");
    const location = await logIn(begun.headers.get("location") ?? "", account);
    const cookie = cookiesOf(begun).join("; ");
    const answer = await send(location.slice("https://api.example".length), {
      headers: { cookie },
    });
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain(reason);
    expect(warnings.at(-1)).toContain(reason);
  }
});

test("settings that can't be right are refused at the start", () => {
  const read = (more: object) => () =>
    readOidcSettings({
      STEPWIND_OIDC_ISSUER: "https://id.example",
      STEPWIND_OIDC_CLIENT_ID: "x",
      ...more,
    });
  expect(readOidcSettings({})).toBeUndefined();
  expect(read({ STEPWIND_OIDC_CLIENT_ID: "" })).toThrow("needs STEPWIND_OIDC_CLIENT_ID");
  expect(read({ STEPWIND_OIDC_ISSUER: "http://id.example" })).toThrow("write an https:// address");
  expect(read({ STEPWIND_OIDC_ROLES: "User" })).toThrow("JSON of roles by group");
});

test("a secret that is stored elsewhere is read again, and another one counts at once", async () => {
  const state: { secret: string | undefined } = { secret: "one of before" };
  const { send, cookiesOf } = await setUp({ clientSecret: async () => state.secret });
  const end = async () => {
    const begun = await send("/auth/oidc/login");
    const location = await logIn(begun.headers.get("location") ?? "", "ann");
    const cookie = cookiesOf(begun).join("; ");
    return (await send(location.slice("https://api.example".length), { headers: { cookie } }))
      .status;
  };
  expect(await end()).toBe(401);
  state.secret = CLIENT.secret;
  expect(await end()).toBe(303);
});
