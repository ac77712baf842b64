// /connections: stored encrypted, shown masked, changed with what was left masked.
import { describe, expect, test } from "vitest";
import { complaints } from "../airflow-document.ts";
import { createApiProduct } from "../api-product.ts";

const WAREHOUSE = {
  connection_id: "warehouse",
  conn_type: "postgres",
  description: "ours",
  host: "db",
  login: "etl",
  schema: "public",
  port: 5432,
  password: "pa55w0rd",
  extra: '{"sslmode": "require", "api_token": "t0k3n-1"}',
};
const SHOWN = {
  ...WAREHOUSE,
  password: "***",
  extra: '{"sslmode": "require", "api_token": "***"}',
  team_name: null,
};

async function setUp() {
  const product = await createApiProduct();
  const { ask } = product;
  const send = async (method: string, path: string, body?: unknown) => {
    const documented = path
      .replace(/\?.*$/, "")
      .replace(/^\/connections\/(?!test|enqueue|defaults).+/, "/connections/{connection_id}");
    const answer = await ask(path, { method, body });
    if (answer.status !== 204) {
      const found = complaints(documented, method.toLowerCase(), answer.status, answer.body);
      expect(found, `${method} ${path}`).toEqual([]);
    }
    return answer;
  };
  const exported = async () => {
    const response = await product.app.request("/ui/connections/export", { method: "POST" });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
  const stored = async () => (await exported()).body.connections;
  return { ...product, send, stored, exported };
}

test("a connection is made once, shown masked, and removed", async () => {
  const { send, metadata } = await setUp();
  expect(await send("POST", "/connections", WAREHOUSE)).toEqual({ status: 201, body: SHOWN });
  const again = await send("POST", "/connections", WAREHOUSE);
  expect(again.status).toBe(409);
  expect(again.body.detail).toContain("already exists");
  expect((await send("GET", "/connections/warehouse")).body).toEqual(SHOWN);
  expect((await send("GET", "/connections")).body).toEqual({
    connections: [SHOWN],
    total_entries: 1,
  });
  const text = JSON.stringify(await metadata.connections.get("warehouse"));
  for (const secret of ["pa55w0rd", "t0k3n-1", "sslmode"]) expect(text).not.toContain(secret);
  expect((await send("DELETE", "/connections/warehouse")).status).toBe(204);
  for (const method of ["GET", "DELETE"]) {
    expect(await send(method, "/connections/warehouse")).toEqual({
      status: 404,
      body: { detail: "The Connection with connection_id: `warehouse` was not found" },
    });
  }
});

describe("a change", () => {
  const change = async (body: object, query = "") => {
    const { send, stored } = await setUp();
    await send("POST", "/connections", WAREHOUSE);
    const given = { connection_id: "warehouse", conn_type: "postgres", ...body };
    const { status } = await send("PATCH", `/connections/warehouse${query}`, given);
    expect(status).toBe(200);
    const [{ is_encrypted: _, is_extra_encrypted: __, ...after }] = await stored();
    return after;
  };

  test("keeps what was shown masked and comes back so", async () => {
    const { team_name: _, ...shown } = SHOWN;
    expect(await change(shown)).toEqual(WAREHOUSE);
    const extra = '{"sslmode": "disable", "api_token": "***", "more": "***"}';
    expect((await change({ extra })).extra).toBe(
      '{"sslmode": "disable", "api_token": "t0k3n-1", "more": "***"}',
    );
    const replaced = '{"api_token": "new"}';
    expect((await change({ extra: replaced, password: "new" })).extra).toBe(replaced);
  });

  test("concerns what the body has, and of that what the mask names", async () => {
    expect(await change({ host: "other", conn_type: "mysql" })).toEqual({
      ...WAREHOUSE,
      host: "other",
      conn_type: "mysql",
    });
    expect(await change({ host: "x", login: "y", port: null }, "?update_mask=host")).toEqual({
      ...WAREHOUSE,
      host: "x",
    });
    const { description: _, extra: __, port: ___, ...rest } = WAREHOUSE;
    // A password that is null stays (Airflow: Connection.set_password).
    const nothing = { description: null, extra: null, port: null, password: null };
    expect(await change(nothing)).toEqual(rest);
  });

  test("of another id, of nothing, or by an unknown field is refused", async () => {
    const { send } = await setUp();
    const other = await send("PATCH", "/connections/other", WAREHOUSE);
    expect(other).toEqual({
      status: 400,
      body: { detail: "The connection_id in the request body does not match the URL parameter" },
    });
    expect((await send("PATCH", "/connections/warehouse", WAREHOUSE)).status).toBe(404);
    await send("POST", "/connections", WAREHOUSE);
    const mask = await send("PATCH", "/connections/warehouse?update_mask=hots", WAREHOUSE);
    expect(mask.status).toBe(422);
  });
});

test.each([
  ["an id with a blank", { connection_id: "a b" }],
  ["an id that is too long", { connection_id: "x".repeat(201) }],
  ["no type", { conn_type: "" }],
  ["an extra that is no JSON", { extra: "s3cret-text" }],
  ["an extra that is a list", { extra: '["s3cret-text"]' }],
  ["a port that is none", { port: 70_000 }],
  ["a team", { team_name: "a" }],
])("a connection with %s is refused, and its secrets aren't repeated", async (_, wrong) => {
  const { send } = await setUp();
  const { status, body } = await send("POST", "/connections", { ...WAREHOUSE, ...wrong });
  expect(status).toBe(422);
  expect(JSON.stringify(body)).not.toContain("s3cret-text");
});

test("several are made, changed and removed by one request, or an action does nothing", async () => {
  const { send, stored } = await setUp();
  const a = { connection_id: "a", conn_type: "http" };
  const b = { connection_id: "b", conn_type: "http", password: "b-s3cret" };
  const bulk = (...actions: object[]) => send("PATCH", "/connections", { actions });
  expect((await bulk({ action: "create", entities: [a, b] })).body).toEqual({
    create: { success: ["a", "b"], errors: [] },
    update: null,
    delete: null,
  });
  const c = { connection_id: "c", conn_type: "http" };
  expect((await bulk({ action: "create", entities: [a, c] })).body.create).toEqual({
    success: [],
    errors: [
      {
        error: "The connections with these connection_ids: {'a'} already exist.",
        status_code: 409,
      },
    ],
  });
  const others = await bulk(
    { action: "create", entities: [a, c], action_on_existence: "skip" },
    { action: "create", entities: [{ ...a, host: "h" }], action_on_existence: "overwrite" },
    { action: "update", entities: [{ ...b, password: "***", host: "h2" }] },
    { action: "update", entities: [{ ...c, connection_id: "d" }] },
    { action: "delete", entities: ["c", "d"], action_on_non_existence: "skip" },
  );
  expect(others.body).toEqual({
    create: { success: ["c", "a"], errors: [] },
    update: {
      success: ["b"],
      errors: [
        {
          error: "The connections with these connection_ids: {'d'} were not found.",
          status_code: 404,
        },
      ],
    },
    delete: { success: ["c"], errors: [] },
  });
  expect(await stored()).toMatchObject([
    { connection_id: "a", host: "h" },
    { connection_id: "b", host: "h2", password: "b-s3cret" },
  ]);
});

test("the default connections are made, and leave those that are there alone", async () => {
  const { send } = await setUp();
  const mine = { connection_id: "http_default", conn_type: "http", host: "mine" };
  await send("POST", "/connections", mine);
  for (const _ of [1, 2]) {
    expect((await send("POST", "/connections/defaults")).status).toBe(204);
  }
  const { body } = await send("GET", "/connections?limit=1000");
  expect(body.total_entries).toBe(62);
  expect((await send("GET", "/connections/http_default")).body.host).toBe("mine");
});

test("what can't be decrypted is shown without its secrets, kept, and exported by none", async () => {
  const { send, ask, exported, platform } = await setUp();
  await send("POST", "/connections", WAREHOUSE);
  const { encryptionKeys } = platform;
  Object.assign(encryptionKeys, { read: async () => [] });
  const { body } = await send("GET", "/connections/warehouse");
  expect(body).toMatchObject({ host: "db", password: null, extra: null });
  const change = { connection_id: "warehouse", conn_type: "postgres", host: "other" };
  const refused = await ask("/connections/warehouse", { method: "PATCH", body: change });
  expect(refused.status).toBe(409);
  const { status, body: problem } = await exported();
  expect(status).toBe(409);
  expect(problem.detail).toContain('The password of connection "warehouse" can\'t be decrypted');
});

test("the event log says who changed what, without secrets", async () => {
  const { send } = await setUp();
  await send("POST", "/connections", WAREHOUSE);
  await send("PATCH", "/connections/warehouse", { ...WAREHOUSE, password: "n3w-pass" });
  await send("DELETE", "/connections/warehouse");
  const { body } = await send("GET", "/eventLogs");
  expect(body.event_logs.map(({ event }: { event: string }) => event).sort()).toEqual([
    "delete_connection",
    "patch_connection",
    "post_connection",
  ]);
  const text = JSON.stringify(body);
  for (const secret of ["pa55w0rd", "t0k3n-1", "n3w-pass"]) expect(text).not.toContain(secret);
  expect(text).toContain("warehouse");
});
