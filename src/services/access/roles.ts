// Roles of the deployment's own, beside those that are built in. Messages are those of Airflow's
// FAB provider (api_fastapi/services/roles.py).
import {
  FAB_ACTIONS,
  type FabAction,
  isFabResource,
  type RolePermission,
} from "../../model/access/fab-permissions.ts";
import type { RoleRecord } from "../../model/access/records.ts";
import {
  allPermissions,
  BUILT_IN_ROLES,
  isBuiltIn,
  permissionsOf,
} from "../../model/access/roles.ts";
import { findUsernameFlaw } from "../../model/access/usernames.ts";
import type { Metadata, Stored } from "../../ports/metadata.ts";
import { allOf } from "../../ports/pages.ts";
import { RequestRefused } from "../request-refused.ts";
import type { Directory } from "./directory.ts";

/** As it is asked for: names that nobody has checked. */
export interface AskedPermission {
  readonly action: string;
  readonly resource: string;
}

export interface Roles {
  /** Built-in ones and others, by name. */
  list(): Promise<readonly RoleRecord[]>;
  get(name: string): Promise<RoleRecord>;
  create(role: {
    readonly name: string;
    readonly permissions: readonly AskedPermission[];
  }): Promise<RoleRecord>;
  /** Replaces its permissions. */
  setPermissions(name: string, permissions: readonly AskedPermission[]): Promise<RoleRecord>;
  delete(name: string): Promise<void>;
}

export function createRoles({
  metadata: { roles },
  directory,
}: {
  readonly metadata: Pick<Metadata, "roles">;
  readonly directory: Pick<Directory, "forget">;
}): Roles {
  async function find(name: string): Promise<Stored<RoleRecord>> {
    const found = await roles.get(name);
    if (found) return found;
    throw new RequestRefused("not-found", `Role with name '${name}' does not exist.`);
  }

  return {
    async list() {
      const custom = await allOf(roles.list);
      const all = [...BUILT_IN_ROLES.map(builtIn), ...custom];
      return all.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async get(name) {
      if (isBuiltIn(name)) return builtIn(name);
      const { revision: _, ...role } = await find(name);
      return role;
    },
    async create({ name, permissions }) {
      const flaw = findUsernameFlaw(name);
      if (flaw !== undefined) throw new RequestRefused("invalid", `The name of the role ${flaw}`);
      const role = { name, permissions: checkPermissions(permissions) };
      if (isBuiltIn(name) || !(await roles.put(role, { revision: "" }))) {
        throw new RequestRefused(
          "conflict",
          `Role with name '${name}' already exists; please update with the PATCH endpoint`,
        );
      }
      directory.forget();
      return role;
    },
    async setPermissions(name, permissions) {
      refuseBuiltIn(name);
      const checked = checkPermissions(permissions);
      for (;;) {
        const { revision } = await find(name);
        const role = { name, permissions: checked };
        if (!(await roles.put(role, { revision }))) continue;
        directory.forget();
        return role;
      }
    },
    async delete(name) {
      refuseBuiltIn(name);
      await find(name);
      await roles.delete(name);
      directory.forget();
    },
  };
}

function builtIn(name: (typeof BUILT_IN_ROLES)[number]): RoleRecord {
  return { name, permissions: name === "Admin" ? allPermissions() : permissionsOf(name) };
}

function refuseBuiltIn(name: string): void {
  if (!isBuiltIn(name)) return;
  throw new RequestRefused(
    "conflict",
    `Role '${name}' is built in and stays as it is; make one of your own`,
  );
}

function checkPermissions(asked: readonly AskedPermission[]): readonly RolePermission[] {
  const checked = asked.map(({ action, resource }) => {
    if (!isFabAction(action)) {
      throw new RequestRefused("invalid", `The specified action: '${action}' was not found`);
    }
    if (!isFabResource(resource)) {
      throw new RequestRefused("invalid", `The specified resource: '${resource}' was not found`);
    }
    return { action, resource };
  });
  const unique = new Map(checked.map((each) => [`${each.action} ${each.resource}`, each]));
  return [...unique.values()];
}

function isFabAction(name: string): name is FabAction {
  return FAB_ACTIONS.some((action) => action === name);
}
