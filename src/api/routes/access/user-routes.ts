// Users, in the shapes of Airflow's FAB provider (api_fastapi/routes/users.py).
import type { UserRecord } from "../../../model/access/records.ts";
import type { UserFields } from "../../../services/access/users.ts";
import type { BodyOf, Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { toWireDate, toWireDateOrNull } from "../../responses/wire.ts";
import { orderBy } from "./order-by.ts";

/** What users have who are made without a role (Airflow: auth_user_registration_role). */
const DEFAULT_ROLE = "Public";

const ORDERS = {
  id: ({ createdAt }: UserRecord) => createdAt,
  user_id: ({ createdAt }: UserRecord) => createdAt,
  first_name: ({ firstName }: UserRecord) => firstName,
  last_name: ({ lastName }: UserRecord) => lastName,
  username: ({ username }: UserRecord) => username,
  email: ({ email }: UserRecord) => email,
  active: ({ active }: UserRecord) => String(active),
} as const;

export const userOperations: Operations = ({ access: { users } }) => [
  operation("create_user", {
    permission: "POST user",
    async handle({ body, changed }) {
      const { username, email, first_name: firstName, last_name: lastName, password } = body;
      const roles = rolesOf(body.roles);
      const user = await users.create({
        username,
        email,
        firstName,
        lastName,
        password,
        roles: roles.length === 0 ? [DEFAULT_ROLE] : roles,
      });
      changed(undefined, toAudited(user));
      return toResponse(user);
    },
  }),
  operation("get_users", {
    permission: "GET user",
    query: ["order_by", "limit", "offset"],
    async handle({ query }) {
      const all = orderBy(await users.list(), {
        by: query.text("order_by") ?? "id",
        orders: ORDERS,
      });
      const { limit, offset } = query.page();
      return {
        users: all.slice(offset, offset + limit).map(toResponse),
        total_entries: all.length,
      };
    },
  }),
  operation("get_user", {
    permission: "GET user",
    handle: async ({ path }) => toResponse(await users.get(path.username)),
  }),
  operation("update_user", {
    permission: "PUT user",
    query: ["update_mask"],
    async handle({ path, query, body, changed }) {
      if (body.username != null && body.username !== path.username) {
        throw new Problem(400, "A user keeps the name; make another one with the new name");
      }
      const before = await users.get(path.username);
      const user = await users.change(path.username, toFields(body, query.text("update_mask")));
      changed(toAudited(before), toAudited(user));
      return toResponse(user);
    },
  }),
  operation("delete_user", {
    permission: "DELETE user",
    async handle({ path, c, changed }) {
      if (c.var.principal.name === path.username) {
        throw new Problem(409, "Nobody can delete the user that they are logged in as");
      }
      const before = await users.get(path.username);
      await users.delete(path.username);
      changed(toAudited(before), undefined);
      return undefined;
    },
  }),
];

function rolesOf(roles: readonly Schema<"FabRole">[] | null | undefined): readonly string[] {
  return [...new Set((roles ?? []).map(({ name }) => name))];
}

const MASKABLE = ["username", "email", "first_name", "last_name", "roles", "password", "active"];

function toFields(body: BodyOf<"update_user">, mask: string | undefined): Partial<UserFields> {
  const named = mask?.split(",").flatMap((name) => name.trim() || []);
  const unknown = named?.filter((name) => !MASKABLE.includes(name)) ?? [];
  if (unknown.length > 0) {
    const names = unknown.map((name) => `'${name}'`).join(", ");
    throw new Problem(400, `Unknown update masks: ${names}`);
  }
  const isMeant = (name: string) => named === undefined || named.includes(name);
  const { email, first_name: firstName, last_name: lastName, roles, password, active } = body;
  return {
    ...(isMeant("email") && email != null ? { email } : {}),
    ...(isMeant("first_name") && firstName != null ? { firstName } : {}),
    ...(isMeant("last_name") && lastName != null ? { lastName } : {}),
    ...(isMeant("roles") && roles != null ? { roles: rolesOf(roles) } : {}),
    ...(isMeant("password") && password != null ? { password } : {}),
    ...(isMeant("active") && active != null ? { active } : {}),
  };
}

function toResponse(user: UserRecord): Schema<"FabUserResponse"> {
  return {
    username: user.username,
    email: user.email,
    first_name: user.firstName,
    last_name: user.lastName,
    roles: user.roles.map((name) => ({ name })),
    active: user.active,
    last_login: toWireDateOrNull(user.lastLogin),
    login_count: user.loginCount,
    fail_login_count: null,
    created_on: toWireDate(user.createdAt),
    changed_on: toWireDate(user.changedAt),
  };
}

/** What the event log keeps of a user: nothing of the password. */
function toAudited({ username, email, firstName, lastName, roles, active }: UserRecord) {
  return {
    username,
    email,
    first_name: firstName,
    last_name: lastName,
    roles: [...roles],
    active,
  };
}
