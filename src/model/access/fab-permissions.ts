// The names of Airflow's FAB provider for what a role may do (www/security/permissions.py), and
// what its auth manager looks for when an operation asks for a permission (fab_auth_manager.py).
import type { Action, Permission, Resource } from "./permissions.ts";

export type FabAction = "can_create" | "can_read" | "can_edit" | "can_delete";

/** A permission of a role: `{ action: "can_read", resource: "DAGs" }`; of one DAG: "DAG:<id>". */
export interface RolePermission {
  readonly action: FabAction;
  readonly resource: string;
}

const ACTION: Readonly<Record<Action, FabAction>> = {
  GET: "can_read",
  POST: "can_create",
  PUT: "can_edit",
  DELETE: "can_delete",
};

export const FAB_ACTIONS: readonly FabAction[] = Object.values(ACTION);

/**
 * Airflow's permission for task instances is one for them and their runs. Backfills are runs to it
 * since 3.2.
 */
const RESOURCES: Readonly<Record<Resource, readonly string[]>> = {
  asset: ["Assets"],
  asset_alias: ["Asset Aliases"],
  backfill: ["DAG Runs"],
  configuration: ["Configurations"],
  connection: ["Connections"],
  dag: ["DAGs"],
  "dag.audit_log": ["Audit Logs"],
  "dag.code": ["DAG Code"],
  "dag.hitl_detail": ["HITL Detail"],
  "dag.run": ["DAG Runs"],
  "dag.task": ["Task Instances"],
  "dag.task_instance": ["DAG Runs", "Task Instances"],
  "dag.task_logs": ["Task Logs"],
  "dag.version": ["DAG Versions"],
  "dag.warning": ["DAG Warnings"],
  "dag.xcom": ["XComs"],
  history: ["History"],
  import_errors: ["ImportError"],
  jobs: ["Jobs"],
  my_profile: ["My Profile"],
  plugins: ["Plugins"],
  pool: ["Pools"],
  providers: ["Providers"],
  role: ["Roles"],
  user: ["Users"],
  variable: ["Variables"],
};

const DAG_PREFIX = "DAG:";
const RUN_PREFIX = "DAG Run:";

/** Names that a role's permission may have, besides those of one DAG. */
export const FAB_RESOURCES: readonly string[] = [
  ...new Set(Object.values(RESOURCES).flat()),
].sort();

/** Whether it is a kind of resource, or what belongs to one DAG ("DAG:etl", "DAG Run:etl"). */
export function isFabResource(name: string): boolean {
  const ofOne = [DAG_PREFIX, RUN_PREFIX].some(
    (prefix) => name.startsWith(prefix) && name.length > prefix.length,
  );
  return ofOne || FAB_RESOURCES.includes(name);
}

/** What a role needs for the permission, in words such as "can_edit on DAGs". */
export function toFabNames(permission: Exclude<Permission, "open">): readonly string[] {
  const [method, resource] = permission.split(" ") as [Action, Resource];
  const names = RESOURCES[resource].map((name) => `${ACTION[method]} on ${name}`);
  const isOfDag = resource === "backfill" || resource.startsWith("dag.");
  return isOfDag ? [...names, `${ACTION[method === "GET" ? "GET" : "PUT"]} on DAGs`] : names;
}

/** The resource of one DAG: of itself, or of its runs. */
export function ofDag(dagId: string, resource: "DAGs" | "DAG Runs"): string {
  return `${resource === "DAGs" ? DAG_PREFIX : RUN_PREFIX}${dagId}`;
}

/** What a principal's roles add up to. */
export interface Granted {
  has(permission: RolePermission): boolean;
  /** Whether one of them is to read a DAG of its own. */
  readonly readsAnyDag: boolean;
}

export function toGranted(permissions: Iterable<RolePermission>): Granted {
  const known = new Set<string>();
  let readsAnyDag = false;
  for (const { action, resource } of permissions) {
    known.add(`${action} ${resource}`);
    readsAnyDag ||= action === "can_read" && resource.startsWith(DAG_PREFIX);
  }
  return {
    has: ({ action, resource }) => known.has(`${action} ${resource}`),
    readsAnyDag,
  };
}

/**
 * Whether the permissions allow what an operation asks for: to the DAG, or, without one (also "~"),
 * to the kind of thing. Who looks at several DAGs asks for each again. Airflow:
 * FabAuthManager.is_authorized_dag and its like.
 */
export function isAllowed(
  granted: Granted,
  permission: Exclude<Permission, "open">,
  dagId?: string,
): boolean {
  const [method, resource] = permission.split(" ") as [Action, Resource];
  const has = (name: string, on = method) => granted.has({ action: ACTION[on], resource: name });
  const id = dagId === "~" ? undefined : dagId;
  const ofTheDag = (on: Action) =>
    has("DAGs", on) || (id !== undefined && has(ofDag(id, "DAGs"), on));
  const isOfDags = resource === "dag" || resource === "backfill" || resource.startsWith("dag.");
  if (!isOfDags) return RESOURCES[resource].every((name) => has(name));
  const isOfEntity = resource !== "dag";
  if (isOfEntity) {
    const names = RESOURCES[resource];
    const isRun = names.length === 1 && names[0] === "DAG Runs" && id !== undefined;
    const ofItsRuns = isRun && has(ofDag(id, "DAG Runs"));
    if (!ofItsRuns && !names.every((name) => has(name))) return false;
  }
  if (method === "GET" && id === undefined) return has("DAGs") || granted.readsAnyDag;
  if (!isOfEntity) return ofTheDag(method);
  return id === undefined || ofTheDag(method === "GET" ? "GET" : "PUT");
}
