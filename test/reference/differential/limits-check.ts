// Pools and the other limits of a run, counted anew at each change: none is ever exceeded, and
// nobody waits for slots that are free.
import type { DagDocument, TaskDocument } from "../../../src/model/document.ts";
import type { State } from "../airflow-rules.ts";
import type { InstanceId, RunModel } from "../run-model.ts";

export interface LimitsCheck {
  /** What the instance's limits have too much of by now. */
  check(id: InstanceId): readonly string[];
  /** What is wrong with an instance that waits for slots. */
  whyWaiting(id: InstanceId): string | undefined;
}

const ACTIVE: readonly State[] = ["queued", "running", "restarting"];

interface Limit {
  readonly name: string;
  readonly size: number;
  concerns(task: TaskDocument): number;
}

export function createLimitsCheck(
  document: DagDocument,
  pools: Readonly<Record<string, number>>,
  model: RunModel,
): LimitsCheck {
  const limits: Limit[] = Object.entries(pools).map(([pool, size]) => ({
    name: `pool ${pool}`,
    size,
    concerns: (task) => (task.pool === pool ? (task.poolSlots ?? 1) : 0),
  }));
  const { maxActiveTasks } = document;
  if (maxActiveTasks !== undefined) {
    limits.push({ name: "maxActiveTasks", size: maxActiveTasks, concerns: () => 1 });
  }
  for (const { taskId, maxActiveTisPerDagrun: size } of document.tasks) {
    if (size === undefined) continue;
    const concerns = (task: TaskDocument) => (task.taskId === taskId ? 1 : 0);
    limits.push({ name: `maxActiveTisPerDagrun of ${taskId}`, size, concerns });
  }

  function used({ concerns }: Limit): number {
    let sum = 0;
    for (const task of document.tasks) {
      const slots = concerns(task);
      if (slots === 0) continue;
      for (const id of model.instancesOf(task.taskId)) {
        if (ACTIVE.includes(model.stateOf(id))) sum += slots;
      }
    }
    return sum;
  }

  const limitsOf = ({ taskId }: InstanceId) => {
    const task = model.tasks.get(taskId);
    return limits.flatMap((limit) => {
      const slots = task ? limit.concerns(task) : 0;
      return slots > 0 ? [{ limit, slots }] : [];
    });
  };

  return {
    check: (id) =>
      limitsOf(id).flatMap(({ limit }) => {
        const sum = used(limit);
        return sum > limit.size ? [`${limit.name} has ${limit.size} slots, ${sum} in use`] : [];
      }),
    whyWaiting(id) {
      const own = limitsOf(id);
      if (own.some(({ limit, slots }) => used(limit) + slots > limit.size)) return undefined;
      return `${id.taskId}[${id.mapIndex}] waits for slots, but they are free`;
    },
  };
}
