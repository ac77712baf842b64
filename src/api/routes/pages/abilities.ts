// What the caller may do, in the words of the page: buttons for anything else are left out.
import type { Permission } from "../../../model/access/permissions.ts";
import type { Principal } from "../../access/principal.ts";

type Asked = Exclude<Permission, "open">;

/** Of one DAG. */
const OF_DAG: Readonly<Record<string, Asked>> = {
  "dags.pause": "PUT dag",
  "dags.delete": "DELETE dag",
  "dags.trigger": "POST dag.run",
  "runs.change": "PUT dag.run",
  "runs.delete": "DELETE dag.run",
  "tasks.clear": "PUT dag.task_instance",
  "tasks.mark": "PUT dag.task_instance",
  "tasks.delete": "DELETE dag.task_instance",
  "backfills.create": "POST backfill",
  "backfills.change": "PUT backfill",
  "answers.give": "PUT dag.hitl_detail",
  "code.read": "GET dag.code",
  "logs.read": "GET dag.task_logs",
  "xcoms.read": "GET dag.xcom",
  "xcoms.write": "PUT dag.xcom",
  "audit.read": "GET dag.audit_log",
};

/** Of none in particular. */
const OF_ALL: Readonly<Record<string, Asked>> = {
  "assets.read": "GET asset",
  "assets.materialize": "POST asset",
  "connections.read": "GET connection",
  "connections.create": "POST connection",
  "connections.change": "PUT connection",
  "connections.delete": "DELETE connection",
  "variables.read": "GET variable",
  "variables.create": "POST variable",
  "variables.change": "PUT variable",
  "variables.delete": "DELETE variable",
  "pools.read": "GET pool",
  "pools.create": "POST pool",
  "pools.change": "PUT pool",
  "pools.delete": "DELETE pool",
  "import_errors.read": "GET import_errors",
  "config.read": "GET configuration",
  "users.read": "GET user",
  "users.create": "POST user",
  "users.change": "PUT user",
  "users.delete": "DELETE user",
  "roles.read": "GET role",
};

/** What the caller may do at all, of DAGs: to some of them. */
export function abilities(principal: Principal): readonly string[] {
  return Object.entries({ ...OF_DAG, ...OF_ALL })
    .filter(([, permission]) => principal.may(permission))
    .map(([name]) => name);
}

/** What the caller may do to the DAG and what belongs to it. */
export function abilitiesOn(principal: Principal, dagId: string): readonly string[] {
  return Object.entries(OF_DAG)
    .filter(([, permission]) => principal.may(permission, dagId))
    .map(([name]) => name);
}
