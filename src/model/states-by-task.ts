// The states of a run's task instances, by task: a mapped task has as many as it has instances.
import type { TaskInstanceRecord } from "./records.ts";
import type { TaskInstanceState } from "./states.ts";

/** The states of all instances of a task; never empty, as a task has at least one, in None. */
export type StatesOf = (taskId: string) => readonly (TaskInstanceState | null)[];

const NOT_RECORDED: readonly null[] = [null];

/** A task that has no record yet has one instance in None. */
export function statesByTask(
  records: Iterable<Pick<TaskInstanceRecord, "taskId" | "state">>,
): StatesOf {
  const states = new Map<string, (TaskInstanceState | null)[]>();
  for (const { taskId, state } of records) {
    const others = states.get(taskId);
    if (others) others.push(state);
    else states.set(taskId, [state]);
  }
  return (taskId) => states.get(taskId) ?? NOT_RECORDED;
}
