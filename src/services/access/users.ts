// Users: made, changed and removed by people, and what a log-in leaves in their record. Messages
// are those of Airflow's FAB provider (api_fastapi/services/users.py).
import type { UserRecord } from "../../model/access/records.ts";
import { isBuiltIn } from "../../model/access/roles.ts";
import { findUsernameFlaw } from "../../model/access/usernames.ts";
import { findPasswordFlaw } from "../../model/password-rules.ts";
import type { Metadata, Stored } from "../../ports/metadata.ts";
import { allOf, itemsOf } from "../../ports/pages.ts";
import type { Clock } from "../../ports/platform.ts";
import { RequestRefused } from "../request-refused.ts";
import { removeTokens } from "./api-tokens.ts";
import type { Directory } from "./directory.ts";
import { hashPassword } from "./passwords.ts";

export interface UsersContext {
  readonly metadata: Pick<Metadata, "users" | "roles" | "apiTokens">;
  readonly clock: Pick<Clock, "now">;
  readonly directory: Pick<Directory, "forget">;
  /** Whether the deployment has a user of its own, "admin", who isn't stored. */
  readonly hasAdmin: boolean;
}

export interface UserFields {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly roles: readonly string[];
  readonly active: boolean;
  readonly password: string;
}

export type NewUser = Omit<UserFields, "active" | "password"> & {
  readonly username: string;
  /** Absent for who logs in elsewhere. */
  readonly password?: string;
  readonly identity?: NonNullable<UserRecord["identity"]>;
};

export interface Users {
  create(user: NewUser): Promise<UserRecord>;
  get(username: string): Promise<UserRecord>;
  /** All of them, by name. */
  list(): Promise<readonly UserRecord[]>;
  /** Another password makes the user's tokens void, and so does taking the user out of use. */
  change(username: string, fields: Partial<UserFields>): Promise<UserRecord>;
  delete(username: string): Promise<void>;
  /** Makes all of the user's tokens void. */
  revokeTokens(username: string): Promise<void>;
  /** Takes note of a log-in; of one by a user that isn't stored, none. */
  noteLogIn(username: string): Promise<void>;
}

/** The user whom a deployment's password is for. */
export const ADMIN_NAME = "admin";

export function createUsers(context: UsersContext): Users {
  const { metadata, clock, directory } = context;
  const now = () => new Date(clock.now()).toISOString();

  async function find(username: string): Promise<Stored<UserRecord>> {
    const found = await metadata.users.get(username);
    if (found) return found;
    if (isOwnAdmin(context, username)) throw ownAdmin();
    throw new RequestRefused("not-found", `The User with username \`${username}\` was not found`);
  }

  /** Again while others write. */
  async function update(
    username: string,
    make: (user: UserRecord) => UserRecord,
  ): Promise<UserRecord> {
    for (;;) {
      const { revision, ...user } = await find(username);
      const changed = make(user);
      if (!(await metadata.users.put(changed, { revision }))) continue;
      directory.forget();
      return changed;
    }
  }

  return {
    create: (user) => createUser(context, user),
    get: async (username) => {
      const { revision: _, ...user } = await find(username);
      return user;
    },
    list: () => allOf(metadata.users.list),
    async change(username, { password, ...fields }) {
      await find(username);
      const { email, roles } = fields;
      if (email !== undefined) await refuseTakenEmail(context, { username, email });
      if (roles !== undefined) await refuseUnknownRoles(context, roles);
      if (password !== undefined) refuseFlaw(findPasswordFlaw(password), "The password");
      const hash = password === undefined ? {} : { password: await hashPassword(password) };
      const isEnded = password !== undefined || fields.active === false;
      const changed = await update(username, (user) => ({
        ...user,
        ...fields,
        ...hash,
        changedAt: now(),
        ...(isEnded ? { epoch: user.epoch + 1 } : {}),
      }));
      if (isEnded) await removeTokens(metadata, username);
      return changed;
    },
    async delete(username) {
      await find(username);
      await removeTokens(metadata, username);
      await metadata.users.delete(username);
      directory.forget();
    },
    async revokeTokens(username) {
      await update(username, (user) => ({ ...user, epoch: user.epoch + 1 }));
      await removeTokens(metadata, username);
    },
    async noteLogIn(username) {
      if (!(await metadata.users.get(username))) return;
      await update(username, (user) => ({
        ...user,
        lastLogin: now(),
        loginCount: user.loginCount + 1,
      }));
    },
  };
}

async function createUser(
  context: UsersContext,
  { password, ...user }: NewUser,
): Promise<UserRecord> {
  const { metadata, clock, directory } = context;
  const now = new Date(clock.now()).toISOString();
  const { username, email, roles } = user;
  refuseFlaw(findUsernameFlaw(username), "The username");
  if (isOwnAdmin(context, username)) throw ownAdmin();
  if (await metadata.users.get(username)) throw taken(username);
  await refuseTakenEmail(context, { username, email });
  await refuseUnknownRoles(context, roles);
  if (password !== undefined) refuseFlaw(findPasswordFlaw(password), "The password");
  const record: UserRecord = {
    ...user,
    active: true,
    ...(password === undefined ? {} : { password: await hashPassword(password) }),
    epoch: clock.now(),
    createdAt: now,
    changedAt: now,
    loginCount: 0,
  };
  if (!(await metadata.users.put(record, { revision: "" }))) throw taken(username);
  directory.forget();
  return record;
}

function isOwnAdmin({ hasAdmin }: UsersContext, username: string): boolean {
  return hasAdmin && username === ADMIN_NAME;
}

function ownAdmin(): RequestRefused {
  return new RequestRefused(
    "conflict",
    `User \`${ADMIN_NAME}\` is the deployment's own, with the password in SSM Parameter Store; choose another name`,
  );
}

function taken(username: string): RequestRefused {
  return new RequestRefused(
    "conflict",
    `Username \`${username}\` already exists. Use PATCH to update.`,
  );
}

function refuseFlaw(flaw: string | undefined, what: string): void {
  if (flaw !== undefined) throw new RequestRefused("invalid", `${what} ${flaw}`);
}

/** Users are few: their addresses have no index. */
async function refuseTakenEmail(
  { metadata }: UsersContext,
  { username, email }: Pick<UserRecord, "username" | "email">,
): Promise<void> {
  for await (const other of itemsOf(metadata.users.list)) {
    if (other.username === username || other.email !== email || email === "") continue;
    throw new RequestRefused("conflict", `The email \`${email}\` is already taken.`);
  }
}

async function refuseUnknownRoles(
  { metadata }: UsersContext,
  roles: readonly string[],
): Promise<void> {
  const known = await Promise.all(
    roles.map(async (role) => isBuiltIn(role) || (await metadata.roles.get(role)) !== undefined),
  );
  const missing = roles.filter((_, index) => !known[index]);
  if (missing.length === 0) return;
  const names = missing.map((name) => `'${name}'`).join(", ");
  throw new RequestRefused("invalid", `Unknown roles: ${names}`);
}
