// Log-in by browsers: the form, the cookie, and what other sites' pages try.
import { describe, expect, test } from "vitest";
import { createAccessProduct, PASSWORD } from "./access-product.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const DAY = 24 * 60 * 60 * 1_000;

async function setUp() {
  const product = await createAccessProduct();
  await product.createUser("ann", ["Admin"]);
  const submit = (fields: object, headers: Readonly<Record<string, string>> = {}) =>
    product.send("/auth/login", {
      body: new URLSearchParams({ username: "ann", password: PASSWORD, ...fields }).toString(),
      headers: { ...FORM, ...headers },
    });
  const cookieOf = (response: Response) =>
    (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  return { ...product, submit, cookieOf };
}

test("a password gives a cookie that scripts can't read and other sites don't get sent", async () => {
  const { submit, send, cookieOf } = await setUp();
  const answer = await submit({ next: "/dags?x=1" });
  expect([answer.status, answer.headers.get("location")]).toEqual([303, "/dags?x=1"]);
  const set = answer.headers.get("set-cookie") ?? "";
  expect(set).toMatch(/^_token=[\w-]+\.[\w-]+\.[\w-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  const cookie = cookieOf(answer);
  expect((await send("/api/v2/dags", { headers: { cookie } })).status).toBe(200);
});

test("a wrong password gives the form again, and nothing that was typed becomes markup", async () => {
  const { submit, send } = await setUp();
  const wrong = await submit({ password: "x", next: '/"><script>' });
  expect(wrong.status).toBe(401);
  expect(wrong.headers.get("set-cookie")).toBeNull();
  const page = await wrong.text();
  expect(page).toContain("Invalid credentials");
  expect(page).not.toContain("<script>");
  const form = await send('/auth/login?next="><script>');
  expect(form.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(await form.text()).not.toContain("<script>");
});

test("after a log-in, people stay on this server", async () => {
  const { submit, send } = await setUp();
  for (const next of [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:\\\\evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    " //evil.example",
    "http://api.example.evil.example/",
  ]) {
    const location = (await submit({ next })).headers.get("location") ?? "";
    const { host, protocol } = new URL(location, "https://api.example");
    expect([host, protocol], next).toEqual(["api.example", "https:"]);
    const asked = await send(`/api/v2/auth/login?${new URLSearchParams({ next })}`);
    if (asked.status === 400) continue;
    const form = new URL(asked.headers.get("location") ?? "", "https://api.example");
    expect(form.host, next).toBe("api.example");
  }
  const led = await send("/api/v2/auth/login?next=/dags");
  expect([led.status, led.headers.get("location")]).toEqual([307, "/auth/login?next=%2Fdags"]);
});

describe("changes by the cookie", () => {
  const BODY = { is_paused: true };
  const change = { method: "PATCH", body: BODY } as const;

  test("are made for our own pages and refused for those of another site", async () => {
    const { submit, send, cookieOf } = await setUp();
    const cookie = cookieOf(await submit({}));
    for (const [status, headers] of [
      [200, { origin: "https://api.example" }],
      [200, { "sec-fetch-site": "same-origin" }],
      [403, { origin: "https://evil.example" }],
      [403, { origin: "https://api.example.evil.example" }],
      [403, { origin: "null" }],
      [403, { "sec-fetch-site": "cross-site" }],
      [403, { "sec-fetch-site": "same-site" }],
    ] as const) {
      const answer = await send("/api/v2/dags/etl", { ...change, headers: { cookie, ...headers } });
      expect(answer.status, JSON.stringify(headers)).toBe(status);
    }
  });

  test("are not made for a cookie's sake where a token is given, nor the other way round", async () => {
    const { submit, send, cookieOf, createUser, logIn } = await setUp();
    const cookie = cookieOf(await submit({}));
    await createUser("vi", ["Viewer"]);
    const token = await logIn("vi");
    const asViewer = await send("/api/v2/dags/etl", { ...change, token, headers: { cookie } });
    expect(asViewer.status).toBe(403);
    const headers = { cookie, authorization: "Bearer x" };
    expect((await send("/api/v2/dags", { headers })).status).toBe(403);
  });

  test("a log-in form that another site sends is refused", async () => {
    const { submit } = await setUp();
    const answer = await submit({}, { origin: "https://evil.example" });
    expect([answer.status, answer.headers.get("set-cookie")]).toEqual([403, null]);
  });
});

test("a log-out makes the token void, in the cookie and elsewhere", async () => {
  const { submit, send, cookieOf } = await setUp();
  const cookie = cookieOf(await submit({}));
  const out = await send("/auth/logout", { headers: { cookie } });
  expect([out.status, out.headers.get("location")]).toEqual([307, "/auth/login"]);
  expect(out.headers.get("set-cookie")).toContain("_token=; Max-Age=0");
  expect((await send("/api/v2/dags", { headers: { cookie } })).status).toBe(403);
  const led = await send("/api/v2/auth/logout");
  expect([led.status, led.headers.get("location")]).toEqual([307, "/auth/logout"]);
});

test("a cookie is renewed while it is used, for a week", async () => {
  const { submit, send, cookieOf, state } = await setUp();
  let cookie = cookieOf(await submit({}));
  const first = cookie;
  const see = () => send("/api/v2/dags", { headers: { cookie } });
  expect((await see()).headers.get("set-cookie")).toBeNull();
  for (let step = 0; step < 11; step += 1) {
    state.now += 0.6 * DAY;
    const answer = await see();
    expect(answer.status, String(step)).toBe(200);
    cookie = cookieOf(answer) || cookie;
  }
  expect(cookie).not.toBe(first);
  state.now += DAY;
  expect((await see()).status).toBe(401);
});
