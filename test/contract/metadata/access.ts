// What the metadata port promises about users, roles, tokens and what DAGs say of roles.
import { describe, expect, test } from "vitest";
import {
  type ApiTokenRecord,
  apiTokenKey,
  type UserRecord,
} from "../../../src/model/access/records.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { januaryDay, TRICKY_TEXT } from "../records.ts";

function user(fields: Partial<UserRecord> = {}): UserRecord {
  return {
    username: "ann@example.org",
    email: "ann@example.org",
    firstName: "Ann",
    lastName: TRICKY_TEXT,
    roles: ["Viewer", "analysts"],
    active: true,
    password: {
      scheme: "scrypt",
      cost: 16_384,
      parallelization: 5,
      salt: "c2FsdA==",
      hash: "aGFzaA==",
    },
    epoch: 1,
    createdAt: januaryDay(1),
    changedAt: januaryDay(1),
    loginCount: 0,
    ...fields,
  };
}

function token(fields: Partial<ApiTokenRecord> = {}): ApiTokenRecord {
  return {
    username: "ann",
    id: "0001",
    name: "ci",
    hash: "aGFzaA==",
    createdAt: januaryDay(1),
    ...fields,
  };
}

/** Part of metadataContract. */
export function accessContract(create: () => Promise<Metadata>): void {
  describe("users, roles and tokens", () => {
    test("a user is changed only by whoever has seen the last change", async () => {
      const { users } = await create();
      expect(await users.put(user(), { revision: "" })).toBe(true);
      expect(await users.put(user({ active: false }), { revision: "" })).toBe(false);
      const { revision = "", ...stored } = (await users.get(user().username)) ?? {};
      expect(stored).toStrictEqual(user());
      const made = await Promise.all(
        [2, 3, 4].map((epoch) => users.put(user({ epoch }), { revision })),
      );
      expect(made.filter(Boolean)).toHaveLength(1);
      await users.delete(user().username);
      await users.delete(user().username);
      expect(await users.get(user().username)).toBeUndefined();
    });

    test("users and roles are listed by name, page by page", async () => {
      const { users, roles } = await create();
      for (const username of ["bob", "Ann", "ann"]) await users.put(user({ username }));
      const first = await users.list({ limit: 2 });
      expect(first.items.map(({ username }) => username)).toEqual(["Ann", "ann"]);
      const rest = await users.list({ limit: 2, ...(first.next ? { after: first.next } : {}) });
      expect(rest.items.map(({ username }) => username)).toEqual(["bob"]);
      const permissions = [{ action: "can_read", resource: `DAG:${TRICKY_TEXT}` }] as const;
      await roles.put({ name: "analysts", permissions });
      const { revision: _, ...role } = (await roles.list()).items[0] ?? {};
      expect(role).toStrictEqual({ name: "analysts", permissions });
    });

    test("tokens are listed for one user, and not for one whose name goes on", async () => {
      const { apiTokens } = await create();
      for (const each of [token(), token({ id: "0002" }), token({ username: "anna" })]) {
        await apiTokens.put(each);
      }
      const prefix = apiTokenKey({ username: "ann", id: "" });
      const { items } = await apiTokens.list({ prefix });
      expect(items.map(({ id }) => id)).toEqual(["0001", "0002"]);
      await apiTokens.delete(apiTokenKey(token()));
      expect((await apiTokens.list({ prefix })).items).toHaveLength(1);
    });

    test("what a DAG's file says of roles is kept until it says something else", async () => {
      const { dagAccess } = await create();
      const accessControl = { analysts: { DAGs: ["can_read"] } } as const;
      await dagAccess.put({ dagId: "etl", accessControl });
      await dagAccess.put({ dagId: "etl", accessControl: {} });
      await dagAccess.put({ dagId: "other", accessControl });
      const { items } = await dagAccess.list();
      expect(items.map(({ revision: _, ...record }) => record)).toStrictEqual([
        { dagId: "etl", accessControl: {} },
        { dagId: "other", accessControl },
      ]);
    });
  });
}
