// What the `stepwind roles` commands do.
import type { Schema } from "../../../api/document/shapes.ts";
import { type Api, path } from "../../api-client.ts";
import { withConnection } from "../../connect.ts";
import type { Places, Session } from "../../session.ts";
import { printRows } from "../../terminal/show.ts";
import type { Output } from "../../terminal/table.ts";

type Role = Schema<"FabRoleResponse">;

const PAGE = 1_000;

export async function listRoles(
  session: Session,
  places: Places,
  { permission, output }: { readonly permission: boolean; readonly output: Output },
): Promise<void> {
  const roles = await withConnection(places, ({ api }) => everyRole(api));
  if (!permission) {
    const columns = [{ name: "name", value: ({ name }: Role) => name }];
    await printRows(session, roles, { columns, output });
    return;
  }
  const rows = roles.flatMap(({ name, actions = [] }) =>
    actions.map(({ action, resource }) => ({
      name,
      resource: resource.name,
      action: action.name,
    })),
  );
  const columns = (["name", "resource", "action"] as const).map((name) => ({
    name,
    value: (row: (typeof rows)[number]) => row[name],
  }));
  await printRows(session, rows, { columns, output });
}

async function everyRole(api: Api): Promise<readonly Role[]> {
  const roles: Role[] = [];
  for (;;) {
    const query = { limit: PAGE, offset: roles.length };
    const page = await api.get<Schema<"FabRoleCollectionResponse">>("/auth/fab/v1/roles", query);
    roles.push(...page.roles);
    if (page.roles.length === 0 || roles.length >= page.total_entries) return roles;
  }
}

export async function createRoles(
  { terminal }: Session,
  places: Places,
  names: readonly string[],
): Promise<void> {
  await withConnection(
    places,
    async ({ api }) => {
      for (const name of names) await api.post("/auth/fab/v1/roles", { name });
    },
    "change",
  );
  for (const name of names) terminal.out(`Role ${name} is there, and allows nothing yet\n`);
}

export async function deleteRoles(
  { terminal }: Session,
  places: Places,
  names: readonly string[],
): Promise<void> {
  await withConnection(
    places,
    async ({ api }) => {
      for (const name of names) await api.delete(path`/auth/fab/v1/roles/${name}`);
    },
    "change",
  );
  for (const name of names) terminal.out(`Role ${name} is gone\n`);
}

/** Each action on each resource, for each role. */
export async function changePermissions(
  { terminal }: Session,
  places: Places,
  {
    names,
    action: actions,
    resource: resources,
    isAdded,
  }: {
    readonly names: readonly string[];
    readonly action: readonly string[];
    readonly resource: readonly string[];
    readonly isAdded: boolean;
  },
): Promise<void> {
  const meant = resources.flatMap((resource) =>
    actions.map((action) => ({ action: { name: action }, resource: { name: resource } })),
  );
  const keys = new Set(meant.map(keyOf));
  await withConnection(
    places,
    async ({ api }) => {
      for (const name of names) {
        const role = path`/auth/fab/v1/roles/${name}`;
        const before = (await api.get<Role>(role)).actions ?? [];
        const others = before.filter((each) => !keys.has(keyOf(each)));
        await api.patch(role, { name, actions: isAdded ? [...others, ...meant] : others });
      }
    },
    "change",
  );
  for (const name of names) {
    const list = meant.map(keyOf).join(", ");
    terminal.out(`Role ${name} ${isAdded ? "allows" : "no longer allows"}: ${list}\n`);
  }
}

function keyOf({ action, resource }: Schema<"FabActionResource">): string {
  return `${action.name} on ${resource.name}`;
}
