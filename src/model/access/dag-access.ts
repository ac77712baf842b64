// Which roles may do what with one DAG, as its file says (Airflow: a DAG's access_control).
import { type FabAction, ofDag, type RolePermission } from "./fab-permissions.ts";

/** Airflow: RESOURCE_DETAILS_MAP, without what menus show. */
export const DAG_ACTIONS = {
  DAGs: ["can_read", "can_edit", "can_delete"],
  "DAG Runs": ["can_read", "can_create", "can_delete"],
} as const satisfies Readonly<Record<string, readonly FabAction[]>>;

export type DagResource = keyof typeof DAG_ACTIONS;

/** By role, then by resource. */
export type DagAccess = Readonly<
  Record<string, Partial<Readonly<Record<DagResource, readonly FabAction[]>>>>
>;

/** What the DAG allows the roles. */
export function permissionsFor(
  { dagId, accessControl }: { readonly dagId: string; readonly accessControl: DagAccess },
  roles: readonly string[],
): readonly RolePermission[] {
  return roles.flatMap((role) => {
    const allowed = Object.hasOwn(accessControl, role) ? accessControl[role] : undefined;
    return Object.entries(allowed ?? {}).flatMap(([resource, actions]) =>
      actions.map((action) => ({ action, resource: ofDag(dagId, resource as DagResource) })),
    );
  });
}
