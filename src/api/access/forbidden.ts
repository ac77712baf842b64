// The refusal of what the caller's roles don't allow.
import { toFabNames } from "../../model/access/fab-permissions.ts";
import type { Permission } from "../../model/access/permissions.ts";
import { PERMISSION_HEADER } from "../answer-headers.ts";
import { Problem } from "../problems.ts";

/** Airflow's answer; a header says which permissions it would take. */
export function forbidden(permission: Exclude<Permission, "open">): Problem {
  return new Problem(403, "Forbidden", { [PERMISSION_HEADER]: toFabNames(permission).join(", ") });
}
