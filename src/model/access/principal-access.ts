// What a user may do: the sum of the roles, and of what DAGs say of these.
import { permissionsFor } from "./dag-access.ts";
import { isAllowed, toGranted } from "./fab-permissions.ts";
import type { Permission } from "./permissions.ts";
import type { DagAccessRecord, RoleRecord } from "./records.ts";
import { isBuiltIn, permissionsOf } from "./roles.ts";

export interface Access {
  /** Whether it may do everything. */
  readonly isAdmin: boolean;
  /**
   * Whether it may: to this DAG, to any DAG ("~"), or, without a DAG, at all to things of the kind.
   */
  may(permission: Exclude<Permission, "open">, dagId?: string): boolean;
}

/** May do everything. */
export const ADMIN_ACCESS: Access = { isAdmin: true, may: () => true };

/**
 * The access of the roles. `custom` are the deployment's own, `ofDags` what DAGs say; roles that
 * are neither built in nor custom have only what DAGs allow them.
 */
export function createAccess(
  roles: readonly string[],
  {
    custom,
    ofDags,
  }: { readonly custom: readonly RoleRecord[]; readonly ofDags: readonly DagAccessRecord[] },
): Access {
  if (roles.includes("Admin")) return ADMIN_ACCESS;
  const granted = toGranted([
    ...roles.flatMap((role) => (isBuiltIn(role) && role !== "Admin" ? permissionsOf(role) : [])),
    ...custom.filter(({ name }) => roles.includes(name)).flatMap(({ permissions }) => permissions),
    ...ofDags.flatMap((record) => permissionsFor(record, roles)),
  ]);
  return {
    isAdmin: false,
    may: (permission, dagId) => isAllowed(granted, permission, dagId),
  };
}
