// Which task instances of a run are meant by a clear or a mark.
import { withSetupsAndTeardowns } from "../dependencies/setups.ts";
import type { DagDocument } from "../document.ts";
import { graphOf } from "../graph.ts";
import { instanceKey } from "../instance-key.ts";
import { byTask, instancesOfTask } from "../mapping/instances.ts";
import type { DagRunRecord, TaskInstanceKey, TaskInstanceRecord } from "../records.ts";
import type { TaskInstanceState } from "../states.ts";
import type { ClearSelection, TaskSelector } from "./pending-change.ts";

export interface Relatives {
  readonly upstream?: boolean;
  readonly downstream?: boolean;
}

/**
 * The tasks with all that is above and below them, as asked. One map index stays one unless its
 * task is among those (Airflow: post_clear_task_instances).
 */
export function withRelatives(
  document: DagDocument,
  selectors: readonly TaskSelector[],
  { upstream = false, downstream = false }: Relatives,
): readonly TaskSelector[] {
  const graph = graphOf(document);
  const whole = new Set(selectors.filter((each) => typeof each === "string"));
  const named = selectors.map(taskIdOf);
  if (downstream) for (const taskId of graph.descendants(...named)) whole.add(taskId);
  if (upstream) {
    const above = new Set(named.flatMap((taskId) => graph.task(taskId)?.upstream ?? []));
    for (const taskId of above) {
      whole.add(taskId);
      for (const next of graph.task(taskId)?.upstream ?? []) above.add(next);
    }
  }
  const single = selectors.filter((each) => typeof each !== "string" && !whole.has(each[0]));
  return [...single, ...whole];
}

/** The same with the setups and teardowns that are cleared along with the tasks. */
export function withScopes(
  document: DagDocument,
  selectors: readonly TaskSelector[],
): readonly TaskSelector[] {
  const named = new Set(selectors.map(taskIdOf));
  const along = [...withSetupsAndTeardowns(graphOf(document), named)];
  return [...selectors, ...along.filter((taskId) => !named.has(taskId))];
}

/** Ids of the tasks in the group, also in groups within it; undefined if there is no such group. */
export function tasksInGroup(
  { groups, tasks }: Pick<DagDocument, "groups" | "tasks">,
  groupId: string,
): readonly string[] | undefined {
  if (!groups.some((group) => group.groupId === groupId)) return undefined;
  const parentOf = new Map(groups.map((group) => [group.groupId, group.parentId]));
  const isWithin = (id: string | undefined): boolean =>
    id !== undefined && (id === groupId || isWithin(parentOf.get(id)));
  return tasks.filter((task) => isWithin(task.groupId)).map(({ taskId }) => taskId);
}

/** The task that a selector names. */
export function taskIdOf(selector: TaskSelector): string {
  return typeof selector === "string" ? selector : selector[0];
}

/** An instance that is meant. */
export interface SelectedInstance {
  readonly key: TaskInstanceKey;
  readonly state: TaskInstanceState | null;
  /** Absent for one that has none of its own. */
  readonly record?: TaskInstanceRecord;
}

/**
 * The instances of the run that are meant, in the order of the DAG and by map index; those of tasks
 * that the DAG has no more come last. A task without a record has one instance, in state None.
 */
export function selectInstances(
  run: Pick<DagRunRecord, "dagId" | "runId">,
  document: DagDocument,
  {
    selection: { tasks, states },
    records,
  }: {
    readonly selection: Pick<ClearSelection, "tasks" | "states">;
    readonly records: readonly TaskInstanceRecord[];
  },
): readonly SelectedInstance[] {
  const ofTasks = byTask(records);
  const order = new Set([...document.tasks.map(({ taskId }) => taskId), ...ofTasks.keys()]);
  const isMeant = selectorTest(tasks);
  return [...order].flatMap((taskId) =>
    instancesOfTask(document, { taskId }, ofTasks.get(taskId) ?? [])
      .filter(({ mapIndex, state }) => {
        if (!isMeant(taskId, mapIndex)) return false;
        return states === undefined || (state !== null && states.includes(state));
      })
      .map(({ mapIndex, state, record }) => ({
        key: instanceKey(run, { taskId, mapIndex }),
        state,
        ...(record ? { record } : {}),
      })),
  );
}

function selectorTest(
  tasks: readonly TaskSelector[] | undefined,
): (taskId: string, mapIndex: number) => boolean {
  if (tasks === undefined) return () => true;
  const whole = new Set(tasks.filter((each) => typeof each === "string"));
  const single = new Set(
    tasks.flatMap((each) => (typeof each === "string" ? [] : [JSON.stringify(each)])),
  );
  return (taskId, mapIndex) => whole.has(taskId) || single.has(JSON.stringify([taskId, mapIndex]));
}
