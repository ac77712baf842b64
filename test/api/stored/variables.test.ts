// /variables: stored encrypted, shown masked where their names are sensitive.
import { expect, test } from "vitest";
import { complaints } from "../airflow-document.ts";
import { createApiProduct } from "../api-product.ts";

async function setUp() {
  const product = await createApiProduct();
  const send = async (method: string, path: string, body?: unknown) => {
    const answer = await product.ask(path, { method, body });
    const documented = path
      .replace(/\?.*$/, "")
      .replace(/^\/variables\/.+/, "/variables/{variable_key}");
    if (answer.status !== 204) {
      const found = complaints(documented, method.toLowerCase(), answer.status, answer.body);
      expect(found, `${method} ${path}`).toEqual([]);
    }
    return answer;
  };
  const stored = async (key: string) => {
    const path = `/ui/variables/export?key=${encodeURIComponent(key)}`;
    const response = await product.app.request(path, { method: "POST" });
    return JSON.parse(await response.text()).variables[0]?.value;
  };
  return { ...product, send, stored };
}

test("a variable is made once, shown, and removed, whatever its key is", async () => {
  const { send, metadata } = await setUp();
  for (const key of ["region", "a/b c%2F", "ü"]) {
    const path = `/variables/${encodeURIComponent(key)}`;
    const shown = { key, value: "eu", description: "where", is_encrypted: true, team_name: null };
    const given = { key, value: "eu", description: "where" };
    expect(await send("POST", "/variables", given)).toEqual({ status: 201, body: shown });
    expect(await send("POST", "/variables", given)).toEqual({
      status: 409,
      body: { detail: `The Variable with key: \`${key}\` already exists` },
    });
    expect(await send("GET", path)).toEqual({ status: 200, body: shown });
    expect((await metadata.variables.get(key))?.value).toMatch(/^sw1\./);
    expect((await send("DELETE", path)).status).toBe(204);
    for (const method of ["GET", "DELETE"]) {
      expect(await send(method, path)).toEqual({
        status: 404,
        body: { detail: `The Variable with key: \`${key}\` was not found` },
      });
    }
  }
  await send("POST", "/variables", { key: "a/b", value: "1" });
  expect((await send("GET", "/variables/a/b")).body.key).toBe("a/b");
});

test("values of sensitive names are masked, in JSON as well; others stay as they are", async () => {
  const { send } = await setUp();
  const shown = async (key: string, value: unknown) =>
    (await send("POST", "/variables", { key, value })).body.value;
  expect(await shown("api_token", "t0k3n")).toBe("***");
  expect(await shown("settings", '{"api_token": "t0k3n", "rows": 1.0}')).toBe(
    '{"api_token": "***", "rows": 1}',
  );
  expect(await shown("my_secret", { a: ["x"], n: 5 })).toBe('{"a": ["***"], "n": 5}');
  expect(await shown("ratio", "1.0")).toBe("1.0");
  expect(await shown("big", "12345678901234567890")).toBe("12345678901234567890");
  expect(await shown("limits", { rows: 5 })).toBe('{\n  "rows": 5\n}');
  expect(await shown("nothing", null)).toBe("null");
});

test("a change keeps what was shown masked, and concerns what the mask names", async () => {
  const { send, stored } = await setUp();
  const json = '{"api_token": "t0k3n", "rows": 1.0}';
  await send("POST", "/variables", { key: "settings", value: json, description: "d" });
  const patch = (body: object, query = "") =>
    send("PATCH", `/variables/settings${query}`, { key: "settings", ...body });
  await patch({ value: '{"api_token": "***", "rows": 2}' });
  expect(await stored("settings")).toBe('{"api_token": "t0k3n", "rows": 2}');
  const masked = await patch({ value: "other", description: "new" }, "?update_mask=description");
  expect(masked.body.description).toBe("new");
  expect(await stored("settings")).toBe('{"api_token": "t0k3n", "rows": 2}');
  await patch({ value: "plain", description: null });
  expect((await send("GET", "/variables/settings")).body).toMatchObject({
    value: "plain",
    description: null,
  });
  await send("POST", "/variables", { key: "api_key", value: "k3y-1" });
  await send("PATCH", "/variables/api_key", { key: "api_key", value: "***" });
  expect(await stored("api_key")).toBe("k3y-1");
  expect((await send("PATCH", "/variables/other", { key: "settings", value: "x" })).status).toBe(
    400,
  );
  expect((await send("PATCH", "/variables/none", { key: "none", value: "x" })).status).toBe(404);
});

test("several are made, changed and removed by one request", async () => {
  const { send, stored } = await setUp();
  const answer = await send("PATCH", "/variables", {
    actions: [
      {
        action: "create",
        entities: [
          { key: "a", value: "1" },
          { key: "b", value: { c: 1 } },
        ],
      },
      { action: "update", entities: [{ key: "a", value: "2" }] },
      { action: "delete", entities: ["b", { key: "none", value: "" }] },
    ],
  });
  expect(answer.body).toEqual({
    create: { success: ["a", "b"], errors: [] },
    update: { success: ["a"], errors: [] },
    delete: {
      success: [],
      errors: [
        { error: "The variables with these keys: {'none'} were not found.", status_code: 404 },
      ],
    },
  });
  expect(await stored("a")).toBe("2");
});

test("what an older version stored in clear is read, and encrypted when it is written or rotated", async () => {
  const { send, metadata, stored, app } = await setUp();
  await metadata.variables.put({ key: "old", value: "clear-1" });
  await metadata.variables.put({ key: "older", value: "clear-2" });
  expect((await send("GET", "/variables/old")).body).toMatchObject({
    value: "clear-1",
    is_encrypted: false,
  });
  await send("PATCH", "/variables/old", { key: "old", value: "clear-1", description: "x" });
  expect((await send("GET", "/variables/old")).body.is_encrypted).toBe(true);
  const rotate = async () => {
    const response = await app.request("/ui/encryption-keys/rotate", { method: "POST" });
    return JSON.parse(await response.text());
  };
  expect(await rotate()).toEqual({ variables: 1, connections: 0 });
  expect(await rotate()).toEqual({ variables: 0, connections: 0 });
  expect(await stored("older")).toBe("clear-2");
  expect((await metadata.variables.get("older"))?.value).toMatch(/^sw1\./);
});

test.each([
  ["no value", { key: "a" }],
  ["a key that is too long", { key: "x".repeat(251), value: "" }],
  ["an empty key", { key: "", value: "" }],
  ["a team", { key: "a", value: "", team_name: "t" }],
])("a variable with %s is refused", async (_, body) => {
  const { ask } = await setUp();
  expect((await ask("/variables", { body })).status).toBe(422);
});
