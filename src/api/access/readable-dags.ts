// Which DAGs the answer of a listing over several of them is about.

import type { Permission } from "../../model/access/permissions.ts";
import { ANY, type ApiContext } from "../context.ts";
import { everyItem } from "../requests/listing.ts";
import type { Principal } from "./principal.ts";

/**
 * For a path that names a DAG, or "~": the ids of the DAGs that the caller may see. Undefined where
 * there is nothing to leave out.
 */
export async function readableDags(
  { platform }: ApiContext,
  dagId: string,
  {
    principal,
    permission,
  }: { readonly principal: Principal; readonly permission: Exclude<Permission, "open"> },
): Promise<ReadonlySet<string> | undefined> {
  if (dagId !== ANY || principal.isAdmin) return undefined;
  const dags = await everyItem(platform.metadata.dags.list);
  const readable = dags.filter((each) => principal.may(permission, each.dagId));
  return readable.length === dags.length ? undefined : new Set(readable.map((each) => each.dagId));
}
