// The fields that task instances of many runs are listed by: those of the instance, and those that
// all instances of a task of a DAG's version share.
import type { DagDocument, TaskDocument } from "../document.ts";
import { graphOf } from "../graph.ts";
import { DEFAULT_POOL } from "../ids.ts";
import { byTask, instancesOfTask, toRecord } from "../mapping/instances.ts";
import type { DagRunRecord, DagVersionRecord, TaskInstanceRecord } from "../records.ts";
import { latestOf, momentOf, spanOf } from "./run-fields.ts";

/** What conditions on task instances and orders of them are about. */
export type InstanceField =
  | "dagId"
  | "runId"
  | "runAfter"
  | "logicalDate"
  | "taskId"
  | "displayName"
  | "operator"
  | "pool"
  | "group"
  | "versionNumber"
  /** "" for none. */
  | "state"
  | "startDate"
  | "endDate"
  | "duration"
  | "updatedAt"
  | "tryNumber"
  | "mapIndex"
  /** The rendered map index, or the index as text. */
  | "label";

/** An instance of a task; one without a record looks as it will when it gets one. */
export interface ListedInstance {
  readonly task: TaskDocument;
  readonly record: TaskInstanceRecord;
}

/** All instances of a run in the order of the DAG; a mapped task's by index. */
export function listedInstances(
  { dagId, runId }: Pick<DagRunRecord, "dagId" | "runId">,
  document: DagDocument,
  records: readonly TaskInstanceRecord[],
): readonly ListedInstance[] {
  const ofTasks = byTask(records);
  const { order, task: taskOf } = graphOf(document);
  return order.flatMap((taskId) => {
    const task = taskOf(taskId);
    if (!task) return [];
    return instancesOfTask(document, task, ofTasks.get(taskId) ?? []).map((instance) => ({
      task,
      record: toRecord(instance, { dagId, runId, task }),
    }));
  });
}

/** What the instance alone has; moments are epoch ms, spans ms. */
export function factsOfInstance(
  { runAfter, logicalDate, queuedAt }: DagRunRecord,
  {
    state,
    startDate,
    endDate,
    tryNumber,
    mapIndex,
    renderedMapIndex,
    ...others
  }: TaskInstanceRecord,
) {
  const { pokedAt, lookedAt, pausedAt, heldAt } = others;
  return {
    runAfter: momentOf(runAfter),
    logicalDate: momentOf(logicalDate),
    state: state ?? "",
    startDate: momentOf(startDate),
    endDate: momentOf(endDate),
    duration: spanOf(startDate, endDate),
    updatedAt: latestOf([queuedAt, startDate, endDate, pokedAt, lookedAt, pausedAt, heldAt]),
    tryNumber,
    mapIndex,
    label: renderedMapIndex ?? String(mapIndex),
  };
}

/** What all instances of the task in runs of the version share. */
export function factsOfTask(
  { dagId, number, document }: Pick<DagVersionRecord, "dagId" | "number" | "document">,
  task: TaskDocument,
) {
  return {
    dagId,
    taskId: task.taskId,
    displayName: task.displayName ?? task.taskId,
    operator: task.operator,
    pool: task.pool ?? DEFAULT_POOL,
    groups: groupsOf(document, task),
    versionNumber: number,
  };
}

/** The groups that the task is in, innermost first. */
export function groupsOf(
  { groups }: Pick<DagDocument, "groups">,
  { groupId }: Pick<TaskDocument, "groupId">,
): readonly string[] {
  const found: string[] = [];
  for (let id = groupId; id !== undefined; ) {
    found.push(id);
    const inner = id;
    id = groups.find((group) => group.groupId === inner)?.parentId;
  }
  return found;
}
