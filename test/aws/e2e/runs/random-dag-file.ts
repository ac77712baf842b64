// Random DAGs as a DAG file, as a user would write them: tasks do what a script says.
import type { SteadyDag } from "../../../reference/steady-dags.ts";

/** One file that builds every DAG with the SDK, as a user would. */
export function randomDagFile(dags: readonly SteadyDag[]): string {
  const drawn = dags.map(({ document: { dagId, tasks }, script }) => ({
    dagId,
    tasks: tasks.map(({ taskId, upstream, triggerRule, decision }) => {
      const { duration = 0, outcome = "success", label, passes } = script[taskId] ?? {};
      return {
        taskId,
        upstream,
        triggerRule,
        decision,
        outcome,
        ms: Math.ceil(duration),
        result: label ?? passes ?? null,
      };
    }),
  }));
  return `import { Dag, SkipTask } from "stepwind";
const DAGS = ${JSON.stringify(drawn)};
export const dags = DAGS.map(({ dagId, tasks }) => {
  const dag = new Dag(dagId, { schedule: null });
  const placed = {};
  for (const { taskId, triggerRule, outcome, ms, result } of tasks) {
    placed[taskId] = dag.task(taskId, async () => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (outcome === "failed") throw new Error("as scripted");
      if (outcome === "skipped") throw new SkipTask("as scripted");
      return result;
    }, { triggerRule })();
  }
  for (const { taskId, upstream, decision } of tasks) {
    if (upstream.length > 0) placed[taskId].after(...upstream.map((id) => placed[id]));
    if (decision?.kind === "branch") {
      const cases = Object.entries(decision.cases).map(([label, ids]) => [label, ids.length > 0 ? ids.map((id) => placed[id]) : null]);
      dag.branch(placed[taskId], Object.fromEntries(cases));
    } else if (decision) dag.shortCircuit(placed[taskId], { ignoreDownstreamTriggerRules: decision.ignoreDownstreamTriggerRules });
  }
  return dag;
});
`;
}
