// The roles that every deployment has, with the permissions of Airflow's (FAB provider 3.10,
// security_manager/override.py: VIEWER_PERMISSIONS and so on).
import {
  FAB_ACTIONS,
  FAB_RESOURCES,
  type FabAction,
  type RolePermission,
} from "./fab-permissions.ts";

type BuiltInRole = "Admin" | "Op" | "Public" | "User" | "Viewer";

type Allowed = Partial<Readonly<Record<FabAction, readonly string[]>>>;

const VIEWER: Allowed = {
  can_read: [
    "DAGs",
    "DAG Code",
    "DAG Runs",
    "DAG Versions",
    "DAG Warnings",
    "Assets",
    "Asset Aliases",
    "Pools",
    "ImportError",
    "Jobs",
    "My Profile",
    "Task Instances",
    "Task Logs",
    "XComs",
    "HITL Detail",
  ],
  can_edit: ["My Profile"],
};

const USER: Allowed = {
  can_create: ["Task Instances", "DAG Runs", "Assets"],
  can_edit: ["DAGs", "Task Instances", "DAG Runs", "HITL Detail"],
  can_delete: ["DAGs", "Task Instances", "DAG Runs"],
};

const OP: Allowed = {
  can_read: ["Configurations", "Connections", "Plugins", "Providers", "Variables"],
  can_create: ["Connections", "Pools", "Variables", "XComs"],
  can_edit: ["Connections", "Pools", "Variables", "XComs", "Assets"],
  can_delete: ["Connections", "Pools", "Variables", "XComs", "Assets"],
};

/** All but these are Admin's alone, who may do everything. */
const BUILT_IN: Readonly<Record<Exclude<BuiltInRole, "Admin">, readonly RolePermission[]>> = {
  Public: [],
  Viewer: toPermissions(VIEWER),
  User: toPermissions(VIEWER, USER),
  Op: toPermissions(VIEWER, USER, OP),
};

function toPermissions(...levels: readonly Allowed[]): readonly RolePermission[] {
  return levels.flatMap((level) =>
    (Object.entries(level) as [FabAction, readonly string[]][]).flatMap(([action, resources]) =>
      resources.map((resource) => ({ action, resource })),
    ),
  );
}

export const BUILT_IN_ROLES: readonly BuiltInRole[] = ["Admin", "Op", "Public", "User", "Viewer"];

export function isBuiltIn(name: string): name is BuiltInRole {
  return BUILT_IN_ROLES.some((role) => role === name);
}

/** Admin is not asked: it may do all. */
export function permissionsOf(name: Exclude<BuiltInRole, "Admin">): readonly RolePermission[] {
  return BUILT_IN[name];
}

/** Every permission for all DAGs and other things there is: Admin's. */
export function allPermissions(): readonly RolePermission[] {
  return FAB_RESOURCES.flatMap((resource) => FAB_ACTIONS.map((action) => ({ action, resource })));
}
