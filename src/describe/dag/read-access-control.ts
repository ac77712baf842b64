// What a DAG's file says of roles (Airflow: access_control), checked: actions and resources of
// other names allow nothing, so they are mistakes.
import { DAG_ACTIONS, type DagAccess, type DagResource } from "../../model/access/dag-access.ts";
import type { FabAction } from "../../model/access/fab-permissions.ts";
import { nearestName } from "../../model/values/nearest-name.ts";
import { isPlainObject } from "../../sdk/results.ts";
import { show } from "../check-options.ts";
import type { Refuse } from "../report.ts";

const RESOURCES = Object.keys(DAG_ACTIONS) as readonly DagResource[];

/** A list of actions is one for the DAG itself; undefined where the option is absent. */
export function readAccessControl(given: unknown, refuse: Refuse): DagAccess | undefined {
  if (given === undefined) return undefined;
  if (!isPlainObject(given)) {
    refuseValue(refuse, `takes an object by role, got ${show(given)}`);
    return undefined;
  }
  return Object.fromEntries(
    Object.entries(given).map(([role, allowed]) => [role, readRole(role, allowed, refuse)]),
  );
}

function readRole(role: string, allowed: unknown, refuse: Refuse): DagAccess[string] {
  const byResource: unknown = Array.isArray(allowed) ? { DAGs: allowed } : allowed;
  if (!isPlainObject(byResource)) {
    refuseValue(
      refuse,
      `takes a list of actions for role "${role}", or an object by resource, got ${show(allowed)}`,
    );
    return {};
  }
  const entries = Object.entries(byResource).map(([name, actions]) => {
    const resource = RESOURCES.find((known) => known === name);
    if (resource !== undefined) return [resource, readActions({ role, resource, actions, refuse })];
    refuseValue(
      refuse,
      `has resource "${name}" for role "${role}", which isn't one of a DAG`,
      `the resources are ${RESOURCES.join(" and ")}`,
    );
    return undefined;
  });
  return Object.fromEntries(entries.filter((entry) => entry !== undefined));
}

function readActions({
  role,
  resource,
  actions,
  refuse,
}: {
  readonly role: string;
  readonly resource: DagResource;
  readonly actions: unknown;
  readonly refuse: Refuse;
}): readonly FabAction[] {
  const known: readonly FabAction[] = DAG_ACTIONS[resource];
  if (!Array.isArray(actions)) {
    refuseValue(refuse, `takes a list of actions for role "${role}", got ${show(actions)}`);
    return [];
  }
  const read = actions.flatMap((action: unknown) => {
    const found = known.find((each) => each === action);
    if (found !== undefined) return [found];
    const meant = typeof action === "string" ? nearestName(action, known) : undefined;
    refuseValue(
      refuse,
      `has action ${show(action)} on ${resource} for role "${role}", which does not exist`,
      meant ? `did you mean "${meant}"?` : `the actions are ${known.join(", ")}`,
    );
    return [];
  });
  return [...new Set(read)];
}

function refuseValue(refuse: Refuse, what: string, hint?: string): void {
  const message = `accessControl ${what}`;
  refuse({ code: "bad-option", message, ...(hint === undefined ? {} : { hint }) });
}
