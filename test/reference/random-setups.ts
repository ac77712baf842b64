// Makes some tasks of a random DAG setups and teardowns, as an author may.
import type { TaskDocument } from "../../src/model/document.ts";

/** What it needs of a generator. */
interface Random {
  below(bound: number): number;
  chance(probability: number): boolean;
}

/** The tasks are in topological order, and stay in it. */
export function withRandomSetups(
  random: Random,
  tasks: readonly TaskDocument[],
): readonly TaskDocument[] {
  const setups = new Set<number>();
  const teardowns = new Map<number, Set<number>>();
  const count = 1 + random.below(Math.max(1, Math.ceil(tasks.length / 5)));
  for (let index = 0; index < count; index += 1) {
    const setup = random.below(tasks.length);
    if (teardowns.has(setup)) continue;
    setups.add(setup);
    // Some have no teardown, some have two.
    for (let each = random.below(3); each > 0 && setup + 1 < tasks.length; each -= 1) {
      const teardown = setup + 1 + random.below(tasks.length - setup - 1);
      if (setups.has(teardown)) continue;
      teardowns.set(teardown, (teardowns.get(teardown) ?? new Set()).add(setup));
    }
  }
  const idOf = (index: number) => tasks[index]?.taskId ?? "";
  const setupIds = new Set([...setups].map(idOf));
  return tasks.map((task, index): TaskDocument => {
    const own = teardowns.get(index);
    if (own) {
      const upstream = [...new Set([...task.upstream, ...[...own].map(idOf)])];
      const failsRun = random.chance(0.3);
      return {
        ...task,
        upstream,
        triggerRule: "all_done_setup_success",
        isTeardown: true,
        ...(failsRun && { onFailureFailDagrun: true }),
      };
    }
    const followsSetup = task.upstream.some((id) => setupIds.has(id));
    return {
      ...task,
      // Airflow: setup tasks must be followed with trigger rule ALL_SUCCESS.
      ...(followsSetup && { triggerRule: "all_success" as const }),
      ...(setups.has(index) && { isSetup: true as const }),
    };
  });
}
