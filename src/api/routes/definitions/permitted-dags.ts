// The DAGs to which the caller of an operation may do something.

import type { Permission } from "../../../model/access/permissions.ts";
import type { DagRecord } from "../../../model/records.ts";
import type { Principal } from "../../access/principal.ts";
import type { ApiContext } from "../../context.ts";
import { everyItem } from "../../requests/listing.ts";

/** By id. */
export async function permittedDags(
  { platform: { metadata } }: ApiContext,
  principal: Principal,
  permission: Exclude<Permission, "open">,
): Promise<readonly DagRecord[]> {
  const all = await everyItem((page) => metadata.dags.list(page));
  return all.filter(({ dagId }) => principal.may(permission, dagId));
}
