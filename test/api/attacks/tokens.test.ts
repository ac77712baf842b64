// Tokens that are forged, over or revoked, of users: refused by every operation that isn't open, in
// the header and in the cookie. auth.test.ts tries the same with the deployment's own user, and
// log-ins by guessing; log-in-places.test.ts the time that unknown users take.
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { OPERATIONS } from "../../../src/api/document/generated/operations.ts";
import { FILES } from "../../../src/api/operation-files.ts";
import { createAccessProduct, PASSWORD } from "../access/access-product.ts";
import { documentedPermission } from "../access/operation-permissions.ts";

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const GUARDED = FILES.flatMap(({ ids }) => ids).filter((id) => documentedPermission(id) !== "open");

async function setUp() {
  const product = await createAccessProduct();
  await product.createUser("ann", ["Admin"]);
  const token = await product.logIn("ann");
  const [header = "", claims = "", signature = ""] = token.split(".");
  const decoded: Record<string, unknown> = JSON.parse(Buffer.from(claims, "base64url").toString());
  const statusOf = async (given: string) => {
    const statuses = new Set<number>();
    for (const headers of [{ authorization: `Bearer ${given}` }, { cookie: `_token=${given}` }]) {
      statuses.add((await product.send("/api/v2/dags", { headers })).status);
    }
    return [...statuses];
  };
  return { ...product, token, header, claims, signature, decoded, statusOf };
}

function hmac(key: string, text: string): string {
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}

test("a token counts, as it is", async () => {
  const { token, statusOf } = await setUp();
  expect(await statusOf(token)).toEqual([200]);
});

describe("forged tokens", () => {
  test.each(["none", "None", "nOnE", "NONE", "", "HS384", "HS512", "RS256", "ES256", "EdDSA"])(
    "with the algorithm %j",
    async (alg) => {
      const { claims, signature, statusOf } = await setUp();
      for (const end of ["", signature, "AA"]) {
        expect(await statusOf(`${encode({ alg, typ: "JWT" })}.${claims}.${end}`)).toEqual([403]);
      }
    },
  );

  test("with another key, and with keys that the token names itself", async () => {
    const { header, claims, statusOf } = await setUp();
    for (const key of ["", "secret", "null", "undefined", "a secret", PASSWORD, "ann"]) {
      expect(await statusOf(hmac(key, `${header}.${claims}`)), key).toEqual([403]);
    }
    const own = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    const jwk = own.publicKey.export({ format: "jwk" });
    for (const more of [
      { jwk },
      { kid: "../../../../dev/null" },
      { kid: "' UNION SELECT 'x" },
      { jku: "https://evil.example/keys" },
      { x5u: "https://evil.example/x" },
      { crit: ["exp"], exp: 1 },
    ]) {
      const text = `${encode({ alg: "RS256", typ: "JWT", ...more })}.${claims}`;
      const signed = sign("sha256", Buffer.from(text), own.privateKey).toString("base64url");
      expect(await statusOf(`${text}.${signed}`), JSON.stringify(more)).toEqual([403]);
      const symmetric = `${encode({ alg: "HS256", typ: "JWT", ...more })}.${claims}`;
      expect(await statusOf(hmac("", symmetric)), JSON.stringify(more)).toEqual([403]);
    }
  });

  test("with other claims under a signature that was good", async () => {
    const { header, decoded, signature, statusOf } = await setUp();
    for (const change of [
      { sub: "root" },
      { exp: 99_999_999_999 },
      { user_epoch: 99 },
      { epoch: 99 },
      { jti: "x" },
    ]) {
      const forged = `${header}.${encode({ ...decoded, ...change })}.${signature}`;
      expect(await statusOf(forged), JSON.stringify(change)).toEqual([403]);
    }
  });

  test("that are no tokens, however long", async () => {
    const { token, send } = await setUp();
    const began = performance.now();
    for (const forged of [
      "x",
      "..",
      `${token}.`,
      token.slice(1),
      `${token.slice(0, -4)}AAAA`,
      ".".repeat(200_000),
      "e".repeat(1_000_000),
      `stepwind.${"a".repeat(200_000)}`,
      `stepwind.ann.${"0".repeat(16)}.${"x".repeat(43)}`,
    ]) {
      const headers = { authorization: `Bearer ${forged}` };
      const { status } = await send("/api/v2/dags", { headers });
      expect(status, forged.slice(0, 40)).toBe(403);
    }
    for (const authorization of ["Basic YW5uOg==", "Bearer", `Bearer ${" ".repeat(50_000)}x y`]) {
      expect((await send("/api/v2/dags", { headers: { authorization } })).status).toBe(401);
    }
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});

test("without a token, no operation answers but the open ones", async () => {
  const { send } = await setUp();
  for (const id of GUARDED) {
    const { method, path } = OPERATIONS[id];
    const asked = path.replaceAll(/\{\w+\}/g, "1");
    const body = method === "get" ? {} : { body: "{}" };
    const answer = await send(asked, { method: method.toUpperCase(), ...body });
    expect(answer.status, id).toBe(401);
  }
});

describe("tokens that were good", () => {
  test("are over after their time", async () => {
    const { token, statusOf, state } = await setUp();
    state.now += 24 * 60 * 60 * 1_000;
    expect(await statusOf(token)).toEqual([401]);
  });

  test("are void when their user is changed, gone or out of use, and after a log-out", async () => {
    const { token, statusOf, send, logIn, createUser } = await setUp();
    const asAnn = (path: string, method: string, body?: unknown) =>
      send(path, { token, method, body });
    await createUser("bob", ["Admin"]);
    const bob = "/auth/fab/v1/users/bob";
    const end = async (change: () => Promise<Response>) => {
      const made = await logIn("bob");
      expect(await statusOf(made)).toEqual([200]);
      expect((await change()).ok).toBe(true);
      expect(await statusOf(made)).toEqual([403]);
    };
    await end(() => asAnn(bob, "PATCH", { password: PASSWORD }));
    await end(() => asAnn("/auth/users/bob/tokens", "DELETE"));
    await end(() => asAnn(bob, "PATCH", { active: false }));
    await asAnn(bob, "PATCH", { active: true });
    await end(() => asAnn(bob, "DELETE"));
    await createUser("bob", ["Admin"]);
    const before = await logIn("bob");
    await send("/auth/logout", { headers: { cookie: `_token=${before}` } });
    expect(await statusOf(before)).toEqual([403]);
    expect((await asAnn("/auth/token", "DELETE")).status).toBe(204);
    expect(await statusOf(token)).toEqual([403]);
  });

  test("of a user who is gone open nothing of another one with the same name", async () => {
    const { token, statusOf, send, logIn, createUser, state } = await setUp();
    await createUser("bob", ["Admin"]);
    const before = await logIn("bob");
    await send("/auth/fab/v1/users/bob", { token, method: "DELETE" });
    state.now += 1;
    await createUser("bob", ["Viewer"]);
    expect(await statusOf(before)).toEqual([403]);
  });

  test("of the API are over after their time, and void when they are revoked", async () => {
    const { token, statusOf, send, state } = await setUp();
    const make = async (seconds?: number) => {
      const body = { name: `ci ${seconds}`, ...(seconds === undefined ? {} : { seconds }) };
      const answer = await send("/auth/users/~/tokens", { token, body });
      const made: { readonly id: string; readonly access_token: string } = JSON.parse(
        await answer.text(),
      );
      expect(await statusOf(made.access_token)).toEqual([200]);
      return made;
    };
    const short = await make(60);
    const revoked = await make();
    const path = `/auth/users/~/tokens/${revoked.id}`;
    expect((await send(path, { token, method: "DELETE" })).status).toBe(204);
    expect(await statusOf(revoked.access_token)).toEqual([403]);
    const last = short.access_token.at(-1) === "A" ? "B" : "A";
    expect(await statusOf(`${short.access_token.slice(0, -1)}${last}`)).toEqual([403]);
    state.now += 61_000;
    expect(await statusOf(short.access_token)).toEqual([403]);
  });
});
