// What changes of stored things tell the event log: pools, connections, variables, users, roles,
// tokens, webhooks, old history.
import type { OperationId } from "../../../src/api/document/shapes.ts";
import type { ApiProduct } from "../api-product.ts";
import type { ToldChange } from "./told-changes.ts";

const post =
  (path: string, body: unknown) =>
  async ({ app }: ApiProduct): Promise<void> => {
    const answer = await app.request(path, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
const API = "/api/v2";
const one = (name: string, value: unknown) => ({ total_entries: 1, first: { [name]: value } });
const removing = (name: string) => ({ actions: [{ action: "delete", entities: [name] }] });

const db = { name: "db", slots: 3 };
const withPool = post(`${API}/pools`, db);
const CONNECTION = { connection_id: "c", conn_type: "http", password: "hunter22" };
const withConnection = post(`${API}/connections`, CONNECTION);
const VARIABLE = { key: "v", value: "hunter22" };
const withVariable = post(`${API}/variables`, VARIABLE);
const USER = {
  username: "ann",
  email: "ann@example.org",
  first_name: "Ann",
  last_name: "Lee",
  password: "correct horse",
};
const withUser = post("/auth/fab/v1/users", USER);
const ROLE = { name: "Team", actions: [] };
const withRole = post("/auth/fab/v1/roles", ROLE);
const ACTION = { action: { name: "can_read" }, resource: { name: "DAGs" } };

export const TOLD_STORED_CHANGES: Partial<Readonly<Record<OperationId, ToldChange>>> = {
  post_pool: { body: db, before: null, after: db },
  patch_pool: {
    prepare: withPool,
    at: { pool_name: "db" },
    body: { slots: 5 },
    before: { slots: 3 },
    after: { slots: 5 },
  },
  delete_pool: { prepare: withPool, at: { pool_name: "db" }, before: db, after: null },
  bulk_pools: {
    body: { actions: [{ action: "create", entities: [db] }, ...removing("none").actions] },
    before: { pools: one("db", null) },
    after: { pools: one("db", db) },
  },
  post_connection: {
    body: CONNECTION,
    before: null,
    after: { connection_id: "c", password: "***" },
  },
  patch_connection: {
    prepare: withConnection,
    at: { connection_id: "c" },
    body: { connection_id: "c", conn_type: "ftp" },
    before: { conn_type: "http", password: "***" },
    after: { conn_type: "ftp" },
  },
  delete_connection: {
    prepare: withConnection,
    at: { connection_id: "c" },
    before: { connection_id: "c", password: "***" },
    after: null,
  },
  bulk_connections: {
    prepare: withConnection,
    body: removing("c"),
    before: { connections: one("c", { password: "***" }) },
    after: { connections: one("c", null) },
  },
  create_default_connections: {
    before: { connections: { first: { airflow_db: null } } },
    after: { connections: { first: { airflow_db: { conn_type: "mysql" } } } },
  },
  post_variable: { body: VARIABLE, before: null, after: { key: "v", value: "***" } },
  patch_variable: {
    prepare: withVariable,
    at: { variable_key: "v" },
    body: { ...VARIABLE, description: "mine" },
    before: { value: "***", description: null },
    after: { value: "***", description: "mine" },
  },
  delete_variable: {
    prepare: withVariable,
    at: { variable_key: "v" },
    before: { key: "v", value: "***" },
    after: null,
  },
  bulk_variables: {
    prepare: withVariable,
    body: removing("v"),
    before: { variables: one("v", { value: "***" }) },
    after: { variables: one("v", null) },
  },
  rotate_encryption_keys: { before: null, after: { variables: 0, connections: 0 } },
  clean_history: {
    body: { clean_before_timestamp: "2026-01-30T00:00:00Z", tables: ["dag_run"] },
    before: { removed: { dag_run: 1 } },
    after: null,
  },
  create_webhook: {
    at: { dag_id: "by_hand" },
    body: { name: "git" },
    before: null,
    after: { dag_id: "by_hand", name: "git" },
  },
  revoke_webhook: {
    async prepare({ ask }) {
      const { body } = await ask("/dags/by_hand/webhooks", { body: { name: "git" } });
      return { dag_id: "by_hand", webhook_id: body.webhook_id };
    },
    before: { name: "git" },
    after: null,
  },
  create_user: { body: USER, before: null, after: { username: "ann", email: "ann@example.org" } },
  update_user: {
    prepare: withUser,
    at: { username: "ann" },
    body: { last_name: "Li" },
    before: { last_name: "Lee" },
    after: { last_name: "Li" },
  },
  delete_user: {
    // Nobody deletes the user that they are.
    prepare: post("/auth/fab/v1/users", { ...USER, username: "bob" }),
    at: { username: "bob" },
    before: { username: "bob" },
    after: null,
  },
  create_role: { body: ROLE, before: null, after: { name: "Team" } },
  patch_role: {
    prepare: withRole,
    at: { name: "Team" },
    body: { name: "Team", actions: [ACTION] },
    before: { actions: [] },
    after: { actions: [ACTION] },
  },
  delete_role: { prepare: withRole, at: { name: "Team" }, before: { name: "Team" }, after: null },
  create_api_token: {
    prepare: withUser,
    at: { username: "ann" },
    body: { name: "ci" },
    before: null,
    after: { username: "ann", name: "ci" },
  },
  revoke_api_token: {
    async prepare(product) {
      await withUser(product);
      const init = { method: "POST", body: JSON.stringify({ name: "ci" }) };
      const answer = await product.app.request("/auth/users/ann/tokens", init);
      const { id } = JSON.parse(await answer.text());
      return { username: "ann", token_id: String(id) };
    },
    before: { username: "ann" },
    after: null,
  },
  revoke_user_tokens: {
    prepare: withUser,
    at: { username: "ann" },
    before: { username: "ann" },
    after: null,
  },
};
