// The API with a password: who is let in, and with what.
import { createHmac, scryptSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createApiServer } from "../../src/api/api-server.ts";
import { createApiProduct } from "./api-product.ts";

async function setUp() {
  const { platform, services, metadata } = await createApiProduct();
  const warnings: string[] = [];
  const report = { ...platform.report, warn: (message: string) => void warnings.push(message) };
  const state: { password: string | undefined; now: number } = {
    password: "correct horse",
    now: platform.clock.now(),
  };
  /** Another process that serves the same API. */
  const serve = () =>
    createApiServer(
      { ...platform, report, clock: { ...platform.clock, now: () => state.now } },
      services,
      { logIn: { password: async () => state.password } },
    );
  const app = serve();
  const ask = async (path: string, token?: string, { method = "GET", from = app } = {}) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await from.request(`https://api.example${path}`, { method, headers });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  const logIn = async (username: string, password: string, from = app) => {
    const body = JSON.stringify({ username, password });
    const response = await from.request("https://api.example/auth/token", { method: "POST", body });
    const answer: { readonly access_token: string } = JSON.parse(await response.text());
    const wait = response.headers.get("retry-after");
    return { status: response.status, body: answer, ...(wait === null ? {} : { wait }) };
  };
  return { state, ask, logIn, serve, metadata, warnings };
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
    body: { detail: "Token Expired" },
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
  const later = encode({ sub: "admin", exp: 99_999_999_999, epoch: 1 });
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
    expect((await ask("/api/v2/dags", forged)).status, forged).toBe(forged === "" ? 401 : 403);
  }
});

test("only HS256 is accepted, also of those who have the key", async () => {
  const { state, ask, logIn, metadata } = await setUp();
  await logIn("admin", "correct horse");
  const secrets = await metadata.access.get("token secrets");
  const { salt, epoch } = JSON.parse(secrets?.value ?? "{}");
  const key = scryptSync("correct horse", Buffer.from(salt, "base64"), 32);
  const hour = Math.floor(state.now / 1_000) + 3_600;
  const signed = (header: object, claims: object, hash = "sha256") => {
    const text = `${encode(header)}.${encode(claims)}`;
    return `${text}.${createHmac(hash, key).update(text).digest("base64url")}`;
  };
  const claims = { sub: "admin", exp: hour, epoch };
  const good = { alg: "HS256", typ: "JWT" };
  expect((await ask("/api/v2/dags", signed(good, claims))).status).toBe(200);
  for (const [forged, why] of [
    [signed({ ...good, alg: "none" }, claims), "no algorithm"],
    [signed({ ...good, alg: "NONE" }, claims), "no algorithm, in capitals"],
    [signed({ ...good, alg: "HS512" }, claims, "sha512"), "another HMAC"],
    [signed({ ...good, alg: "RS256" }, claims), "an algorithm with a public key"],
    [signed({ typ: "JWT" }, claims), "a header without algorithm"],
    [signed(good, { sub: "admin", epoch }), "no end"],
    [signed(good, { ...claims, exp: String(hour) }), "an end that isn't a number"],
    [signed(good, { ...claims, sub: "root" }), "another user"],
    [signed(good, { sub: "admin", exp: hour }), "no epoch"],
    [signed(good, { ...claims, epoch: epoch + 1 }), "another epoch"],
    [signed(good, [claims]), "claims that aren't an object"],
    [`${encode(good)}.bm90IGpzb24.x`, "claims that aren't JSON"],
  ]) {
    const { status, body } = await ask("/api/v2/dags", forged);
    expect([status, body], why).toEqual([403, { detail: "Invalid JWT token" }]);
  }
});

test("another password makes tokens void, and without a password nobody is let in", async () => {
  const { state, ask, logIn } = await setUp();
  const { access_token: token } = (await logIn("admin", "correct horse")).body;
  state.password = "battery staple";
  expect((await ask("/api/v2/dags", token)).status).toBe(403);
  state.password = undefined;
  expect((await ask("/api/v2/dags", token)).status).toBe(403);
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

test("each deployment has a key of its own, though the password is the same", async () => {
  const [one, other] = [await setUp(), await setUp()];
  const { access_token: token } = (await one.logIn("admin", "correct horse")).body;
  expect((await one.ask("/api/v2/dags", token)).status).toBe(200);
  expect((await other.ask("/api/v2/dags", token)).status).toBe(403);
});

test("all processes that serve the API make and take the same tokens", async () => {
  const { ask, logIn, serve } = await setUp();
  const others = [serve(), serve()];
  const tokens = await Promise.all(
    others.map(async (app) => (await logIn("admin", "correct horse", app)).body.access_token),
  );
  for (const token of tokens) expect((await ask("/api/v2/dags", token)).status).toBe(200);
});

test("tokens that are revoked are void, in other processes after a few seconds", async () => {
  const { state, ask, logIn, serve } = await setUp();
  const other = serve();
  const { access_token: token } = (await logIn("admin", "correct horse")).body;
  expect((await ask("/api/v2/dags", token, { from: other })).status).toBe(200);
  expect((await ask("/auth/token", undefined, { method: "DELETE" })).status).toBe(401);
  expect((await ask("/auth/token", token, { method: "DELETE" })).status).toBe(204);
  expect((await ask("/api/v2/dags", token)).status).toBe(403);
  state.now += 10_000;
  expect((await ask("/api/v2/dags", token, { from: other })).status).toBe(403);
  const next = (await logIn("admin", "correct horse")).body.access_token;
  expect((await ask("/api/v2/dags", next, { from: other })).status).toBe(200);
});

test("a password that is too short lets nobody in, and says so", async () => {
  const { state, ask, logIn } = await setUp();
  const { access_token: token } = (await logIn("admin", "correct horse")).body;
  state.password = "elevenchars";
  expect(await logIn("admin", "elevenchars")).toEqual({
    status: 503,
    body: {
      detail:
        "Nobody can log in: the password of this deployment has 11 characters; set one of at least 12",
    },
  });
  expect((await ask("/api/v2/dags", token)).status).toBe(403);
});

describe("log-ins that fail", () => {
  const WRONG = "a wrong password";

  test("make the user wait, in every process, and longer each time", async () => {
    const { state, logIn, serve, warnings } = await setUp();
    for (let count = 0; count < 5; count += 1) {
      expect((await logIn("admin", WRONG)).status).toBe(401);
    }
    const refused = (wait: string) => ({
      status: 429,
      body: { detail: `Too many log-ins have failed; try again in ${wait} s` },
      wait,
    });
    expect(await logIn("admin", "correct horse")).toEqual(refused("30"));
    expect(await logIn("admin", WRONG, serve())).toEqual(refused("30"));
    state.now += 30_000;
    expect((await logIn("admin", WRONG)).status).toBe(401);
    expect(await logIn("admin", WRONG)).toEqual(refused("60"));
    expect(warnings).toContain('Log-in failed: user "admin" has to wait');
    expect(warnings.filter((each) => /^Log-in failed: .* password is wrong$/.test(each))).toEqual(
      Array.from({ length: 6 }, () => 'Log-in failed: user "admin" or the password is wrong'),
    );
    state.now += 60_000;
    expect((await logIn("admin", "correct horse")).status).toBe(201);
    expect((await logIn("admin", WRONG)).status).toBe(401);
  });

  test("leave the user's tokens as they are", async () => {
    const { ask, logIn } = await setUp();
    const { access_token: token } = (await logIn("admin", "correct horse")).body;
    for (let count = 0; count < 6; count += 1) await logIn("admin", WRONG);
    expect((await logIn("admin", WRONG)).status).toBe(429);
    expect((await ask("/api/v2/dags", token)).status).toBe(200);
  });

  test("cost an unknown user the same answers and the same waits", async () => {
    const { logIn } = await setUp();
    const answers = async (user: string) => {
      const all: unknown[] = [];
      for (let count = 0; count < 7; count += 1) all.push(await logIn(user, WRONG));
      return all;
    };
    expect(await answers("nobody")).toEqual(await answers("admin"));
  });

  test("are counted before the password is looked at, so that many at once are many", async () => {
    const { logIn, serve } = await setUp();
    const guesses = Array.from({ length: 30 }, () => logIn("admin", WRONG, serve()));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(5);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
  });

  test("of many users make everybody wait, and what is kept of them stays small", async () => {
    const { state, logIn, metadata } = await setUp();
    let tried = 0;
    const tryUntilRefused = async () => {
      for (;;) {
        tried += 1;
        const { status } = await logIn(`user ${tried}`, WRONG);
        if (status === 429) return;
      }
    };
    await tryUntilRefused();
    expect(tried).toBe(51);
    expect((await logIn("admin", "correct horse")).status).toBe(429);
    for (let window = 0; window < 3; window += 1) {
      state.now += 5 * 60_000;
      await tryUntilRefused();
    }
    const kept = await metadata.access.get("failed log-ins");
    expect(Object.keys(JSON.parse(kept?.value ?? "{}").users)).toHaveLength(100);
    expect(kept?.value.length).toBeLessThan(10_000);
    state.now += 5 * 60_000;
    expect((await logIn("admin", "correct horse")).status).toBe(201);
  }, 120_000);
});
