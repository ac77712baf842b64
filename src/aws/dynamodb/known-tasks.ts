// Which tasks of a DAG have a record in some run: an item per task, written when a process first
// meets the task. What was written lately is remembered, so that the writes of task instances,
// which are many, don't pay for it.
import { RecentMap } from "../../model/values/recent-map.ts";
import type { Clock } from "../../ports/platform.ts";
import { keyOf, partitionOf, toKey } from "./keys.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";

/** How long a process believes that nobody has deleted the DAG meanwhile. */
const REMEMBERED_MS = 60_000;
/** DAGs remembered at a time. */
const REMEMBERED_DAGS = 1_000;

export interface KnownTasks {
  /** To be called before a record is made. */
  remember(dagId: string, taskId: string): Promise<void>;
  has(dagId: string, taskId: string): Promise<boolean>;
  /** To be called when the DAG is deleted. */
  forget(dagId: string): void;
}

interface Remembered {
  /** Epoch ms. */
  readonly until: number;
  readonly tasks: Promise<Set<string>>;
}

/** Remembers by the clock's time. */
export function createKnownTasks(table: DynamoDbTable, clock: Pick<Clock, "now">): KnownTasks {
  const known = new RecentMap<string, Remembered>(REMEMBERED_DAGS);

  async function read(dagId: string): Promise<Set<string>> {
    const items = await table.query({ pk: knownTaskPartition(dagId), isEventual: true });
    return new Set(items.map((item) => keyOf(item).sk));
  }

  function tasksOf(dagId: string): Promise<Set<string>> {
    const now = clock.now();
    const found = known.get(dagId);
    if (found && now < found.until) return found.tasks;
    const tasks = read(dagId);
    known.set(dagId, { until: now + REMEMBERED_MS, tasks });
    tasks.catch(() => known.delete(dagId));
    return tasks;
  }

  return {
    async remember(dagId, taskId) {
      const tasks = await tasksOf(dagId);
      if (tasks.has(taskId)) return;
      await table.put(toKey({ pk: knownTaskPartition(dagId), sk: taskId }));
      tasks.add(taskId);
    },
    has: async (dagId, taskId) =>
      (await table.get({ pk: knownTaskPartition(dagId), sk: taskId })) !== undefined,
    forget: (dagId) => {
      known.delete(dagId);
    },
  };
}

/** An item per task of the DAG. */
export function knownTaskPartition(dagId: string): string {
  return partitionOf("tasks", dagId);
}
