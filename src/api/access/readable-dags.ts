// Which DAGs the answer of a listing over several of them is about.

import type { Permission } from "../../model/access/permissions.ts";
import { ANY, type ApiContext } from "../context.ts";
import { everyItem } from "../requests/listing.ts";
import type { Principal } from "./principal.ts";

/** Whether the caller may see what belongs to the DAG. */
export type DagTest = (dagId: string) => boolean;

/**
 * For a path that names a DAG, or "~": tells DAGs that the caller may see from others. Undefined
 * where there is nothing to leave out.
 */
export async function readableDags(
  { platform }: ApiContext,
  dagId: string,
  {
    principal,
    permission,
  }: { readonly principal: Principal; readonly permission: Exclude<Permission, "open"> },
): Promise<DagTest | undefined> {
  if (dagId !== ANY || principal.isAdmin) return undefined;
  const isReadable: DagTest = (each) => principal.may(permission, each);
  const dags = await everyItem(platform.metadata.dags.list);
  return dags.every((each) => isReadable(each.dagId)) ? undefined : isReadable;
}
