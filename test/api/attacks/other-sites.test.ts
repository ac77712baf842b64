// Pages of other sites: they reach a server on this machine neither under a name of their own (DNS
// rebinding), nor by making a browser send a change (CSRF). Every operation is tried.
import { describe, expect, test } from "vitest";
import { OPERATIONS } from "../../../src/api/document/generated/operations.ts";
import { FILES } from "../../../src/api/operation-files.ts";
import { createAccessProduct, PASSWORD } from "../access/access-product.ts";
import { createApiProduct } from "../api-product.ts";

const ALL = FILES.flatMap(({ ids }) => ids).map((id) => ({
  id,
  method: OPERATIONS[id].method.toUpperCase(),
  path: OPERATIONS[id].path.replaceAll(/\{(\w+)\}/g, (_, name) =>
    name === "dag_id" ? "etl" : "1",
  ),
}));
const CHANGES = ALL.filter(({ method }) => method !== "GET");

const ELSEWHERE: readonly Readonly<Record<string, string>>[] = [
  { origin: "https://evil.example" },
  { origin: "null" },
  { origin: "http://127.0.0.1:3000" },
  { origin: "http://127.0.0.1:8080.evil.example" },
  { origin: "http://127.0.0.1:8080@evil.example" },
  { origin: "file://" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
  // What a form can send without asking first.
  { origin: "https://evil.example", "content-type": "text/plain" },
  { origin: "https://evil.example", "content-type": "application/x-www-form-urlencoded" },
];

describe("without a log-in", () => {
  const host = "127.0.0.1:8080";

  test("no change is made for a page of another site", async () => {
    const { app, metadata } = await createApiProduct();
    for (const { id, method, path } of CHANGES) {
      for (const headers of ELSEWHERE) {
        const answer = await app.request(path, {
          method,
          body: "{}",
          headers: { host, ...headers },
        });
        expect([answer.status, await answer.text()], `${id} ${JSON.stringify(headers)}`).toEqual([
          403,
          expect.stringContaining("Changes from pages of another site"),
        ]);
      }
    }
    expect((await metadata.eventLogs.list({})).items).toEqual([]);
  }, 60_000);

  test.each([
    "evil.example",
    "evil.example:8080",
    "127.0.0.1.evil.example",
    "localhost.evil.example:8080",
    "evil.example#127.0.0.1",
    "127.0.0.1@evil.example",
    "127.0.0.1:8080@evil.example",
    "[::1].evil.example",
    "[::ffff:127.0.0.1]",
    "0.0.0.0",
    "2130706433",
    "127.1",
    "localhost.",
    "127.0.0.1:8080:80",
    "",
  ])("a request for the host %j is refused, whatever it asks for", async (name) => {
    const { app, metadata } = await createApiProduct();
    for (const { id, method, path } of ALL) {
      const init = method === "GET" ? { method } : { method, body: "{}" };
      const headers = { host: name, "x-forwarded-host": host };
      expect((await app.request(path, { ...init, headers })).status, id).toBe(403);
    }
    const headers = { host: name };
    expect((await app.request("/auth/token", { method: "POST", headers })).status).toBe(403);
    expect((await app.request("/", { headers })).status).toBe(403);
    expect((await metadata.eventLogs.list({})).items).toEqual([]);
  });

  test("no header makes a change of a request that only reads", async () => {
    const { app, metadata } = await createApiProduct();
    for (const header of ["x-http-method-override", "x-http-method", "x-method-override"]) {
      for (const method of ["GET", "POST"]) {
        const headers = { host, [header]: "DELETE" };
        await app.request("/api/v2/dags/by_hand?_method=DELETE", { method, headers });
      }
    }
    expect(await metadata.dags.get("by_hand")).toBeDefined();
  });
});

describe("with a log-in", () => {
  async function setUp() {
    const product = await createAccessProduct();
    await product.createUser("ann", ["Admin"]);
    const answer = await product.send("/auth/login", {
      body: new URLSearchParams({ username: "ann", password: PASSWORD }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    const cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    expect(cookie).toMatch(/^_token=./);
    return { ...product, cookie };
  }

  test("a cookie makes no change for a page of another site", async () => {
    const { send, cookie, metadata } = await setUp();
    for (const { id, method, path } of CHANGES) {
      // A webhook's address is its secret: no cookie counts there.
      if (id === "call_webhook") continue;
      for (const headers of ELSEWHERE) {
        const answer = await send(path, { method, body: "{}", headers: { ...headers, cookie } });
        expect(answer.status, `${id} ${JSON.stringify(headers)}`).toBe(403);
      }
    }
    expect((await metadata.eventLogs.list({})).items).toEqual([]);
  }, 60_000);

  test("no answer may be read by scripts of other sites", async () => {
    const { send, cookie } = await setUp();
    for (const method of ["GET", "OPTIONS"]) {
      const headers = {
        cookie,
        origin: "https://evil.example",
        "access-control-request-method": "DELETE",
      };
      const answer = await send("/api/v2/dags", { method, headers });
      const allowed = [...answer.headers.keys()].filter((name) =>
        name.startsWith("access-control"),
      );
      expect(allowed, method).toEqual([]);
    }
  });
});
