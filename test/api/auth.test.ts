// The API with a password: who is let in, and with what.
import { createHmac, scryptSync } from "node:crypto";
import { expect, test } from "vitest";
import { createApiServer } from "../../src/api/api-server.ts";
import { createApiProduct } from "./api-product.ts";

async function setUp() {
  const { platform, services } = await createApiProduct();
  const state: { password: string | undefined; now: number } = {
    password: "correct horse",
    now: platform.clock.now(),
  };
  const app = createApiServer(
    { ...platform, clock: { ...platform.clock, now: () => state.now } },
    services,
    {
      password: async () => state.password,
    },
  );
  const ask = async (path: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await app.request(`https://api.example${path}`, { headers });
    return { status: response.status, body: await response.json() };
  };
  const logIn = async (username: string, password: string) => {
    const body = JSON.stringify({ username, password });
    const response = await app.request("https://api.example/auth/token", { method: "POST", body });
    const answer: { readonly access_token: string } = JSON.parse(await response.text());
    return { status: response.status, body: answer };
  };
  return { state, ask, logIn };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

test("a token from the password opens the API for a day", async () => {
  const { state, ask, logIn } = await setUp();
  expect(await ask("/api/v2/dags")).toEqual({ status: 401, body: { detail: "Not authenticated" } });
  const { status, body } = await logIn("admin", "correct horse");
  expect(status).toBe(201);
  expect((await ask("/api/v2/dags", body.access_token)).status).toBe(200);
  state.now += 24 * 60 * 60 * 1_000 - 1_000;
  expect((await ask("/api/v2/dags", body.access_token)).status).toBe(200);
  state.now += 1_000;
  expect(await ask("/api/v2/dags", body.access_token)).toEqual({
    status: 401,
    body: { detail: "Invalid JWT token" },
  });
});

test("another user or password gets no token", async () => {
  const { logIn } = await setUp();
  const refused = { status: 401, body: { detail: "Invalid credentials" } };
  expect(await logIn("admin", "correct horse ")).toEqual(refused);
  expect(await logIn("root", "correct horse")).toEqual(refused);
});

test("a token that is changed, unsigned or signed with another key is refused", async () => {
  const { ask, logIn } = await setUp();
  const token: string = (await logIn("admin", "correct horse")).body.access_token;
  const [header = "", claims = "", signature = ""] = token.split(".");
  const later = encode({ sub: "admin", exp: 99_999_999_999 });
  const foreign = createHmac("sha256", "x").update(`${header}.${claims}`).digest("base64url");
  for (const forged of [
    `${header}.${later}.${signature}`,
    `${encode({ alg: "none", typ: "JWT" })}.${later}.`,
    `${header}.${claims}.${foreign}`,
    `${header}.${claims}`,
    `${token}.x`,
    "é",
    "",
  ]) {
    expect((await ask("/api/v2/dags", forged)).status, forged).toBe(401);
  }
});

test("only HS256 is accepted, also of those who have the key", async () => {
  const { state, ask } = await setUp();
  const key = scryptSync("correct horse", "stepwind api token", 32);
  const hour = Math.floor(state.now / 1_000) + 3_600;
  const signed = (header: object, claims: object, hash = "sha256") => {
    const text = `${encode(header)}.${encode(claims)}`;
    return `${text}.${createHmac(hash, key).update(text).digest("base64url")}`;
  };
  const claims = { sub: "admin", exp: hour };
  const good = { alg: "HS256", typ: "JWT" };
  expect((await ask("/api/v2/dags", signed(good, claims))).status).toBe(200);
  for (const [forged, why] of [
    [signed({ ...good, alg: "none" }, claims), "no algorithm"],
    [signed({ ...good, alg: "NONE" }, claims), "no algorithm, in capitals"],
    [signed({ ...good, alg: "HS512" }, claims, "sha512"), "another HMAC"],
    [signed({ ...good, alg: "RS256" }, claims), "an algorithm with a public key"],
    [signed({ typ: "JWT" }, claims), "a header without algorithm"],
    [signed(good, { sub: "admin" }), "no end"],
    [signed(good, { sub: "admin", exp: String(hour) }), "an end that isn't a number"],
    [signed(good, { sub: "root", exp: hour }), "another user"],
    [signed(good, [claims]), "claims that aren't an object"],
    [`${encode(good)}.bm90IGpzb24.x`, "claims that aren't JSON"],
  ]) {
    const { status, body } = await ask("/api/v2/dags", forged);
    expect([status, body], why).toEqual([401, { detail: "Invalid JWT token" }]);
  }
});

test("another password makes tokens void, and without a password nobody is let in", async () => {
  const { state, ask, logIn } = await setUp();
  const { access_token: token } = (await logIn("admin", "correct horse")).body;
  state.password = "battery staple";
  expect((await ask("/api/v2/dags", token)).status).toBe(401);
  state.password = undefined;
  expect((await ask("/api/v2/dags", token)).status).toBe(401);
  expect((await logIn("admin", "")).status).toBe(503);
});

test("only the version and the health are told to everybody; paths that aren't there are not", async () => {
  const { ask } = await setUp();
  expect((await ask("/api/v2/version")).status).toBe(200);
  expect((await ask("/api/v2/monitor/health")).status).toBe(200);
  for (const path of [
    "/",
    "/api/v2/nothing",
    "/api/v2/dags/etl",
    "/api/v2/version/x",
    "/API/v2/dags",
  ]) {
    expect((await ask(path)).status, path).toBe(401);
  }
});
