// Log-in by OpenID Connect on the deployment: its function asks a real provider, with the secret from
// Parameter Store, and people come back to the function's URL.
import { expect, inject, test } from "vitest";
import { logInAt } from "../../../api/access/oidc-provider.ts";
import { isMiniStack } from "../../ministack.ts";
import { openCloud } from "../cloud.ts";
import { reachableAddress } from "../endpoints/function-url.ts";

// LocalStack's functions run in containers, from which the provider on this machine isn't reached.
test.skipIf(!(await isMiniStack()))(
  "people of the provider get the roles of their groups",
  async () => {
    const { apiUrl } = inject("deployed");
    const address = (await reachableAddress(apiUrl)).replace(/\/$/, "");
    const redirectUri = `${apiUrl}auth/oidc/callback`;
    const get = (path: string, cookie = "") =>
      fetch(`${address}${path}`, { redirect: "manual", headers: { cookie } });
    const cookiesOf = (response: Response) =>
      response.headers.getSetCookie().map((each) => each.split(";")[0] ?? "");

    const form = await (await get("/auth/login")).text();
    expect(form).toContain("/auth/oidc/login");
    const begun = await get("/auth/oidc/login?next=/docs");
    expect(begun.status).toBe(303);
    const asked = new URL(begun.headers.get("location") ?? "");
    expect(asked.searchParams.get("redirect_uri")).toBe(redirectUri);
    expect(asked.searchParams.get("code_challenge_method")).toBe("S256");
    const [state = ""] = begun.headers.getSetCookie();
    expect(state).toMatch(/^_oidc=.+; HttpOnly; Secure; SameSite=Lax$/);

    const led = await logInAt(asked.href, { account: "ann", redirectUri });
    const path = led.slice(apiUrl.length - 1);
    expect((await get(path)).status, "another browser").toBe(401);
    const done = await get(path, cookiesOf(begun).join("; "));
    expect([done.status, done.headers.get("location")]).toEqual([303, "/docs"]);
    const session = cookiesOf(done).find((each) => each.startsWith("_token=")) ?? "";
    expect((await get("/api/v2/dags", session)).status).toBe(200);
    expect((await get("/auth/fab/v1/users", session)).status).toBe(403);
    expect(await openCloud().metadata.users.get("ann")).toMatchObject({
      roles: ["User"],
      firstName: "ANN",
      identity: { subject: "ann" },
    });

    const other = await get("/auth/oidc/login");
    const bob = await logInAt(other.headers.get("location") ?? "", { account: "bob", redirectUri });
    const refused = await get(bob.slice(apiUrl.length - 1), cookiesOf(other).join("; "));
    expect([refused.status, await refused.text()]).toEqual([
      401,
      expect.stringContaining("has no group with a role here"),
    ]);
  },
);
