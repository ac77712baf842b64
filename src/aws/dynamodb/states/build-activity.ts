// The activity of a DAG of which nothing was kept yet: worked out from its newest runs. Tables of
// earlier releases have such DAGs.
import {
  type DagActivity,
  NO_ACTIVITY,
  noteRun,
  RECENT_RUNS,
} from "../../../model/summaries/dag-activity.ts";
import type { RunStore } from "../../../ports/metadata.ts";

export function createActivityBuilder({
  list,
  getLatestAutomated,
}: Pick<RunStore, "list" | "getLatestAutomated">): (dagId: string) => Promise<DagActivity> {
  return async (dagId) => {
    const { items } = await list({ dagId, limit: RECENT_RUNS });
    const scheduled = await getLatestAutomated(dagId);
    const oldestFirst = [...(scheduled ? [scheduled] : []), ...items.toReversed()];
    return oldestFirst.reduce((activity, after) => noteRun(activity, { after }), NO_ACTIVITY);
  };
}
