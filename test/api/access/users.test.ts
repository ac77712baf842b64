// Users, roles and tokens over the API, in the shapes of Airflow's FAB provider.
import { describe, expect, test } from "vitest";
import { createAccessProduct, PASSWORD } from "./access-product.ts";

async function setUp() {
  const product = await createAccessProduct();
  await product.createUser("root", ["Admin"]);
  const admin = await product.logIn("root");
  const ask = async (method: string, path: string, body?: unknown, token = admin) => {
    const response = await product.send(path, { method, body, token });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  return { ...product, admin, ask };
}

const USERS = "/auth/fab/v1/users";
const ROLES = "/auth/fab/v1/roles";
const ANN = {
  username: "ann",
  email: "ann@example.org",
  first_name: "Ann",
  last_name: "Lee",
  password: PASSWORD,
};

describe("users", () => {
  test("are made with Airflow's fields, and nobody is told their password", async () => {
    const { ask, metadata } = await setUp();
    const made = await ask("POST", USERS, { ...ANN, roles: [{ name: "Viewer" }] });
    expect(made).toEqual({
      status: 200,
      body: {
        username: "ann",
        email: "ann@example.org",
        first_name: "Ann",
        last_name: "Lee",
        roles: [{ name: "Viewer" }],
        active: true,
        last_login: null,
        login_count: 0,
        fail_login_count: null,
        created_on: "2026-01-31T12:00:00Z",
        changed_on: "2026-01-31T12:00:00Z",
      },
    });
    expect((await ask("GET", `${USERS}/ann`)).body).toEqual(made.body);
    expect(JSON.stringify(await metadata.users.get("ann"))).not.toContain(PASSWORD);
    const other = await ask("POST", USERS, { ...ANN, username: "bob", email: "b@example.org" });
    expect(other.body.roles).toEqual([{ name: "Public" }]);
    const [ann, bob] = [await metadata.users.get("ann"), await metadata.users.get("bob")];
    expect(ann?.password?.salt).not.toBe(bob?.password?.salt);
    const list = await ask("GET", `${USERS}?order_by=-username&limit=2`);
    expect(list.body.users.map(({ username }: typeof ANN) => username)).toEqual(["root", "bob"]);
    expect(list.body.total_entries).toBe(3);
    expect((await ask("GET", `${USERS}?order_by=password`)).status).toBe(400);
  });

  test("that can't be made are refused as Airflow does, or for a weak password", async () => {
    const { ask } = await setUp();
    await ask("POST", USERS, ANN);
    const detail = async (body: object) => (await ask("POST", USERS, body)).body.detail;
    expect(await detail(ANN)).toBe("Username `ann` already exists. Use PATCH to update.");
    const bob = { ...ANN, username: "bob" };
    expect(await detail(bob)).toBe("The email `ann@example.org` is already taken.");
    const other = { ...bob, email: "bob@example.org" };
    expect(await detail({ ...other, roles: [{ name: "Nobody" }] })).toBe("Unknown roles: 'Nobody'");
    expect(await detail({ ...other, password: "elevenchars" })).toBe(
      "The password has 11 characters; set one of at least 12",
    );
    expect(await detail({ ...other, username: "a/b" })).toContain('has a "/"');
    expect(await detail({ ...other, username: "~" })).toContain("stands for whoever asks");
    expect((await ask("GET", `${USERS}/nobody`)).body.detail).toBe(
      "The User with username `nobody` was not found",
    );
  });

  test("that are changed, taken out of use or deleted lose their tokens at once", async () => {
    const { ask, logIn, send } = await setUp();
    await ask("POST", USERS, { ...ANN, roles: [{ name: "Viewer" }] });
    const see = async (token: string) => (await send("/api/v2/dags", { token })).status;
    const first = await logIn("ann");
    expect(await see(first)).toBe(200);
    expect((await ask("PATCH", `${USERS}/ann`, { roles: [{ name: "Public" }] })).status).toBe(200);
    expect(await see(first)).toBe(403);
    await ask("PATCH", `${USERS}/ann`, { roles: [{ name: "User" }], last_name: "X" });
    expect(await see(first)).toBe(200);
    const masked = await ask("PATCH", `${USERS}/ann?update_mask=email`, {
      email: "a@example.org",
      last_name: "Y",
    });
    expect(masked.body).toMatchObject({ email: "a@example.org", last_name: "X" });
    await ask("PATCH", `${USERS}/ann`, { password: "another horse" });
    expect(await see(first)).toBe(403);
    const second = await logIn("ann", "another horse");
    expect(await see(second)).toBe(200);
    await ask("PATCH", `${USERS}/ann`, { active: false });
    expect(await see(second)).toBe(403);
    expect(await logIn("ann", "another horse")).toBeUndefined();
    await ask("PATCH", `${USERS}/ann`, { active: true });
    const third = await logIn("ann", "another horse");
    expect((await ask("DELETE", `${USERS}/ann`)).status).toBe(204);
    expect(await see(third)).toBe(403);
    expect((await ask("DELETE", `${USERS}/root`)).status).toBe(409);
  });

  test("are seen and changed by Admin alone", async () => {
    const { ask, createUser, logIn } = await setUp();
    for (const role of ["Viewer", "User", "Op"]) {
      await createUser(role, [role]);
      const token = await logIn(role);
      expect((await ask("GET", USERS, undefined, token)).status, role).toBe(403);
      const more = await ask("PATCH", `${USERS}/${role}`, { roles: [{ name: "Admin" }] }, token);
      expect(more, role).toEqual({ status: 403, body: { detail: "Forbidden" } });
    }
  });
});

describe("roles", () => {
  const asked = (action: string, resource: string) => ({
    action: { name: action },
    resource: { name: resource },
  });

  test("of one's own allow what they name, at once for who has them", async () => {
    const { ask, createUser, logIn, send } = await setUp();
    expect((await ask("POST", ROLES, { name: "Pools" })).body).toEqual({
      name: "Pools",
      actions: [],
    });
    await createUser("ann", ["Pools"]);
    const token = await logIn("ann");
    expect((await send("/api/v2/pools", { token })).status).toBe(403);
    const actions = [asked("can_read", "Pools")];
    expect((await ask("PATCH", `${ROLES}/Pools`, { name: "Pools", actions })).body).toEqual({
      name: "Pools",
      actions,
    });
    expect((await send("/api/v2/pools", { token })).status).toBe(200);
    expect((await ask("DELETE", `${ROLES}/Pools`)).status).toBe(204);
    expect((await send("/api/v2/pools", { token })).status).toBe(403);
  });

  test("that are built in stay, and names that aren't there are refused", async () => {
    const { ask } = await setUp();
    const list = await ask("GET", ROLES);
    const names = list.body.roles.map(({ name }: { readonly name: string }) => name);
    expect(names).toEqual(["Admin", "Op", "Public", "User", "Viewer"]);
    expect((await ask("DELETE", `${ROLES}/Viewer`)).status).toBe(409);
    expect((await ask("POST", ROLES, { name: "Op" })).body.detail).toBe(
      "Role with name 'Op' already exists; please update with the PATCH endpoint",
    );
    const bad = async (action: string, resource: string) =>
      (await ask("POST", ROLES, { name: "x", actions: [asked(action, resource)] })).body.detail;
    expect(await bad("can_fly", "DAGs")).toBe("The specified action: 'can_fly' was not found");
    expect(await bad("can_read", "Dags")).toBe("The specified resource: 'Dags' was not found");
    expect((await ask("GET", `${ROLES}/x`)).body.detail).toBe("Role with name 'x' does not exist.");
    const all = await ask("GET", "/auth/fab/v1/permissions?limit=1000");
    expect(all.body.actions).toContainEqual(asked("can_edit", "DAG Runs"));
  });
});

describe("API tokens", () => {
  const tokens = (user: string) => `/auth/users/${user}/tokens`;

  test("open the API as their user, and are stored as hashes", async () => {
    const { ask, createUser, logIn, send, metadata } = await setUp();
    await createUser("ann", ["Viewer"]);
    const session = await logIn("ann");
    const made = await ask("POST", tokens("~"), { name: "ci" }, session);
    expect(made.body).toMatchObject({ username: "ann", name: "ci", expires_on: null });
    const { access_token: token, id } = made.body;
    expect((await send("/api/v2/dags", { token })).status).toBe(200);
    expect((await send("/auth/fab/v1/users", { token })).status).toBe(403);
    const stored = JSON.stringify((await metadata.apiTokens.list()).items);
    expect(stored).not.toContain(token.split(".").at(-1));
    const list = await ask("GET", tokens("ann"), undefined, session);
    expect(list.body.api_tokens).toMatchObject([{ id, name: "ci" }]);
    expect(JSON.stringify(list.body)).not.toContain("access_token");
    expect((await ask("DELETE", `${tokens("~")}/${id}`, undefined, session)).status).toBe(204);
    expect((await send("/api/v2/dags", { token })).status).toBe(403);
    expect((await ask("DELETE", `${tokens("~")}/${id}`, undefined, session)).status).toBe(404);
  });

  test("are over at their time, and void when the user is or has another password", async () => {
    const { ask, createUser, logIn, send, state } = await setUp();
    await createUser("ann", ["Viewer"]);
    const session = await logIn("ann");
    const create = async (seconds?: number) =>
      (await ask("POST", tokens("~"), { name: "t", ...(seconds ? { seconds } : {}) }, session)).body
        .access_token;
    const short = await create(60);
    state.now += 59_000;
    expect((await send("/api/v2/dags", { token: short })).status).toBe(200);
    state.now += 1_000;
    expect((await send("/api/v2/dags", { token: short })).status).toBe(403);
    const long = await create();
    await ask("PATCH", `${USERS}/ann`, { password: "another horse" });
    expect((await send("/api/v2/dags", { token: long })).status).toBe(403);
    const next = await logIn("ann", "another horse");
    const last = (await ask("POST", tokens("~"), { name: "t" }, next)).body.access_token;
    expect((await ask("DELETE", tokens("~"), undefined, next)).status).toBe(204);
    expect((await send("/api/v2/dags", { token: last })).status).toBe(403);
    expect((await send("/api/v2/dags", { token: next })).status).toBe(403);
  });

  test("of others are Admin's to see and revoke, and nobody's else", async () => {
    const { ask, createUser, logIn, send } = await setUp();
    await createUser("ann", ["Op"]);
    await createUser("bob", ["Op"]);
    const [ann, bob] = [await logIn("ann"), await logIn("bob")];
    const made = await ask("POST", tokens("~"), { name: "t" }, ann);
    for (const [method, path] of [
      ["GET", tokens("ann")],
      ["POST", tokens("ann")],
      ["DELETE", tokens("ann")],
      ["DELETE", `${tokens("ann")}/${made.body.id}`],
    ] as const) {
      const body = method === "POST" ? { name: "x" } : undefined;
      expect((await ask(method, path, body, bob)).status, `${method} ${path}`).toBe(403);
    }
    expect((await ask("DELETE", tokens("ann"))).status).toBe(204);
    expect((await send("/api/v2/dags", { token: made.body.access_token })).status).toBe(403);
  });

  test("that are changed, cut or of another user are refused", async () => {
    const { ask, createUser, logIn, send } = await setUp();
    await createUser("ann", ["Viewer"]);
    const made = await ask("POST", tokens("~"), { name: "t" }, await logIn("ann"));
    const [prefix, user, id, secret = ""] = made.body.access_token.split(".");
    const root = Buffer.from("root").toString("base64url");
    for (const forged of [
      [prefix, root, id, secret],
      [prefix, user, id, secret.replace(/.$/, (last: string) => (last === "A" ? "E" : "A"))],
      [prefix, user, id, secret.slice(1)],
      [prefix, user, "0".repeat(16), secret],
      [prefix, user, id],
      [prefix, Buffer.from("ann/").toString("base64url"), id, secret],
    ]) {
      const { status } = await send("/api/v2/dags", { token: forged.join(".") });
      expect(status, forged.join(".")).toBe(403);
    }
  });
});
