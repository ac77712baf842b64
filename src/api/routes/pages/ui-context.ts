// What the operations below `/ui/` share: the directory of DAGs, made at the first use, and what of
// it the caller may see.
import { NO_ACTIVITY } from "../../../model/summaries/dag-activity.ts";
import {
  createDirectory,
  type Directory,
  type ListedDag,
} from "../../../services/summaries/directory.ts";
import type { Principal } from "../../access/principal.ts";
import type { ApiContext } from "../../context.ts";
import { Problem } from "../../problems.ts";

const directories = new WeakMap<ApiContext, Directory>();

export function directoryOf(context: ApiContext): Directory {
  const { platform, services } = context;
  let directory = directories.get(context);
  if (!directory) {
    directory = createDirectory({ ...platform, versions: services.versions });
    directories.set(context, directory);
  }
  return directory;
}

/** The DAGs that the caller may see, by id, without runs where it may not see those. */
export async function visibleDags(
  context: ApiContext,
  principal: Principal,
): Promise<readonly ListedDag[]> {
  const dags = await directoryOf(context).dags();
  return [...dags.values()].flatMap((listed) => asSeenBy(principal, listed) ?? []);
}

/** The DAG as the caller may see it; undefined where it may not. */
export function asSeenBy(principal: Principal, listed: ListedDag): ListedDag | undefined {
  if (principal.isAdmin) return listed;
  const { dagId } = listed.dag;
  if (!principal.may("GET dag", dagId)) return undefined;
  return principal.may("GET dag.run", dagId) ? listed : { ...listed, activity: NO_ACTIVITY };
}

/** The DAG as the caller may see it; throws Airflow's 404 where it isn't there. */
export async function dagNamed(
  context: ApiContext,
  dagId: string,
  principal: Principal,
): Promise<ListedDag> {
  const listed = await directoryOf(context).dag(dagId);
  const seen = listed && asSeenBy(principal, listed);
  if (!seen) throw new Problem(404, `The Dag with ID: \`${dagId}\` was not found`);
  return seen;
}
