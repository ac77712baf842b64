// What the `stepwind users` commands do.
import { randomBytes } from "node:crypto";
import type { Schema } from "../../../api/document/shapes.ts";
import { type Api, path } from "../../api-client.ts";
import { withConnection } from "../../connect.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";
import { printRows } from "../../terminal/show.ts";
import type { Column, Output } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";

type User = Schema<"FabUserResponse">;

export interface PasswordWish {
  readonly username: string;
  readonly password?: string;
  readonly useRandomPassword: boolean;
}

const COLUMNS: readonly Column<User>[] = [
  { name: "username", value: ({ username }) => username },
  { name: "email", value: ({ email }) => email },
  { name: "first_name", value: (user) => user.first_name },
  { name: "last_name", value: (user) => user.last_name },
  { name: "roles", value: ({ roles }) => rolesOf(roles).join(", ") },
  { name: "active", value: ({ active }) => (active ? "True" : "False") },
  { name: "last_login", value: (user) => user.last_login ?? "" },
];

const PAGE = 1_000;

export async function listUsers(session: Session, places: Places, output: Output): Promise<void> {
  await withConnection(places, async ({ api }) => {
    await printRows(session, await everyUser(api), { columns: COLUMNS, output });
  });
}

async function everyUser(api: Api): Promise<readonly User[]> {
  const users: User[] = [];
  for (;;) {
    const query = { limit: PAGE, offset: users.length, order_by: "username" };
    const page = await api.get<Schema<"FabUserCollectionResponse">>("/auth/fab/v1/users", query);
    users.push(...page.users);
    if (page.users.length === 0 || users.length >= page.total_entries) return users;
  }
}

export async function createUser(
  { terminal }: Session,
  places: Places,
  wish: PasswordWish & {
    readonly email: string;
    readonly firstname: string;
    readonly lastname: string;
    readonly role: string;
  },
): Promise<void> {
  const { username, email, firstname, lastname, role } = wish;
  const password = await passwordOf(terminal, wish);
  const body: Schema<"FabUserBody"> = {
    username,
    email,
    first_name: firstname,
    last_name: lastname,
    roles: [{ name: role }],
    password,
  };
  await withConnection(places, ({ api }) => api.post("/auth/fab/v1/users", body), "change");
  terminal.out(`User ${username} is there, with role ${role}\n`);
  if (wish.useRandomPassword) terminal.out(`Password: ${password}\n`);
}

export async function deleteUser(
  { terminal }: Session,
  places: Places,
  username: string,
): Promise<void> {
  const user = path`/auth/fab/v1/users/${username}`;
  await withConnection(places, ({ api }) => api.delete(user), "change");
  terminal.out(`User ${username} is gone\n`);
}

export async function setPassword(
  { terminal }: Session,
  places: Places,
  wish: PasswordWish,
): Promise<void> {
  const { username } = wish;
  const password = await passwordOf(terminal, wish);
  await change(places, username, { password });
  terminal.out(`User ${username} has another password; the tokens of before are void\n`);
  if (wish.useRandomPassword) terminal.out(`Password: ${password}\n`);
}

export async function changeRole(
  { terminal }: Session,
  places: Places,
  {
    username,
    role,
    isAdded,
  }: { readonly username: string; readonly role: string; readonly isAdded: boolean },
): Promise<void> {
  await withConnection(
    places,
    async ({ api }) => {
      const user = path`/auth/fab/v1/users/${username}`;
      const before = rolesOf((await api.get<User>(user)).roles);
      if (before.includes(role) === isAdded) {
        const what = isAdded ? "has role" : "does not have role";
        throw new Failure(`User "${username}" ${what} "${role}"`);
      }
      const after = isAdded ? [...before, role] : before.filter((name) => name !== role);
      await api.patch(user, { roles: after.map((name) => ({ name })) });
    },
    "change",
  );
  terminal.out(`User ${username} ${isAdded ? "has" : "no longer has"} role ${role}\n`);
}

async function change(
  places: Places,
  username: string,
  body: Schema<"FabUserPatchBody">,
): Promise<void> {
  const user = path`/auth/fab/v1/users/${username}`;
  await withConnection(places, ({ api }) => api.patch(user, body), "change");
}

async function passwordOf(
  terminal: Terminal,
  { username, password, useRandomPassword }: PasswordWish,
): Promise<string> {
  if (useRandomPassword) return randomBytes(18).toString("base64url");
  return password ?? terminal.secret(`Password of ${username}`);
}

function rolesOf(roles: User["roles"]): readonly string[] {
  return (roles ?? []).map(({ name }) => name);
}
