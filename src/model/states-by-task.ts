// The states of a run's task instances, by task: a mapped task has as many as it has instances.
import type { DagDocument } from "./document.ts";
import { byTask, instancesOfTask, type Recorded } from "./mapping/instances.ts";
import { mappingOf } from "./mapping/mapped-tasks.ts";
import type { TaskInstanceState } from "./states.ts";

/** The states of all instances of a task; never empty, as a task has at least one, in None. */
export type StatesOf = (taskId: string) => readonly (TaskInstanceState | null)[];

const NOT_RECORDED: readonly null[] = [null];

/** A task that has no record yet has one instance in None, or as many as a literal mapping has. */
export function statesByTask(document: DagDocument, records: Iterable<Recorded>): StatesOf {
  const ofTasks = byTask(records);
  return (taskId) => {
    const own = ofTasks.get(taskId);
    if (mappingOf(document, { taskId })) {
      return instancesOfTask(document, { taskId }, own ?? []).map(({ state }) => state);
    }
    return own?.map(({ state }) => state) ?? NOT_RECORDED;
  };
}
