// A random case for people, a line per task.
import type { RandomCase } from "./random-cases.ts";

export function describeCase({ seed, document, pools, interventions, threads }: RandomCase) {
  const { tasks, groups, maxActiveTasks } = document;
  return [
    `seed ${seed}: ${threads} threads, pools ${JSON.stringify(pools)}, maxActiveTasks ${maxActiveTasks}`,
    ...groups.map((group) => `group ${JSON.stringify(group)}`),
    ...tasks.map((task) => {
      const { taskId, upstream, triggerRule, retries } = task;
      const { mapped, groupId, decision, isSetup, isTeardown, sensor, pool, poolSlots } = task;
      const { maxActiveTisPerDagrun, onFailureFailDagrun } = task;
      const extra = Object.entries({
        mapped: mapped?.over,
        groupId,
        decision,
        isSetup,
        isTeardown,
        onFailureFailDagrun,
        sensor: sensor?.pokeInterval,
        pool,
        poolSlots,
        maxActiveTisPerDagrun,
      }).flatMap(([name, value]) =>
        value === undefined ? [] : [`${name} ${JSON.stringify(value)}`],
      );
      return `${taskId} after [${upstream}] ${triggerRule} retries ${retries} ${extra.join(" ")}`;
    }),
    ...interventions.map((each) => JSON.stringify(each)),
  ];
}
