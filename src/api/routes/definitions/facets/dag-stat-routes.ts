// /dagStats: how many runs each DAG has in each state. Runs are counted by an index, not read.
import type { DagRecord } from "../../../../model/records.ts";
import type { DagRunState } from "../../../../model/states.ts";
import type { ApiContext } from "../../../context.ts";
import { type Operations, operation } from "../../../operation.ts";
import { displayNameOf } from "../../../responses/dag-responses.ts";
import { permittedDags } from "../permitted-dags.ts";

/** In Airflow's order. */
const STATES: readonly DagRunState[] = ["queued", "running", "success", "failed"];

export const dagStatOperations: Operations = (context) => [
  operation("get_dag_stats", {
    permission: "GET dag.run",
    query: ["dag_ids"],
    async handle({ query, c }) {
      const wanted = query.texts("dag_ids");
      const all = await permittedDags(context, c.var.principal, "GET dag.run");
      const asked = all.filter(({ dagId }) => wanted.length === 0 || wanted.includes(dagId));
      const dags = (await Promise.all(asked.map((dag) => statsOf(context, dag)))).filter(hasRuns);
      return { dags, total_entries: dags.length };
    },
  }),
];

async function statsOf({ platform, services }: ApiContext, { dagId, versionHash }: DagRecord) {
  const { document } = await services.versions.get(dagId, versionHash);
  const stats = STATES.map(async (state) => ({
    state,
    count: await platform.metadata.runs.count({ dagId, states: [state] }),
  }));
  return {
    dag_id: dagId,
    dag_display_name: displayNameOf(document),
    stats: await Promise.all(stats),
  };
}

/** Airflow leaves out DAGs without runs. */
function hasRuns({ stats }: Awaited<ReturnType<typeof statsOf>>): boolean {
  return stats.some(({ count }) => count > 0);
}
