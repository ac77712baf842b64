// A DAG's tasks and groups as pages draw them.
import type { DagDocument, TaskDocument } from "../document.ts";
import { mappingOf } from "../mapping/mapped-tasks.ts";

export interface ShapedTask {
  readonly taskId: string;
  /** Its id without its groups', or its display name. */
  readonly label: string;
  readonly operator: string;
  readonly triggerRule: string;
  /** Innermost; absent at the top. */
  readonly groupId?: string;
  /** How many groups it is in. */
  readonly depth: number;
  readonly isMapped: boolean;
  readonly isSetup: boolean;
  readonly isTeardown: boolean;
}

export interface ShapedGroup {
  readonly groupId: string;
  readonly label: string;
  readonly parentId?: string;
  readonly isMapped: boolean;
  readonly tooltip?: string;
}

export interface ShapedEdge {
  readonly from: string;
  readonly to: string;
  readonly label?: string;
}

/** In the order of the document. */
export function shapedTasks(document: DagDocument): readonly ShapedTask[] {
  const parents = new Map(document.groups.map((group) => [group.groupId, group.parentId]));
  const depthOf = (groupId: string | undefined): number => {
    let depth = 0;
    for (let at = groupId; at !== undefined; at = parents.get(at)) depth += 1;
    return depth;
  };
  return document.tasks.map((task) => toTask(document, task, depthOf(task.groupId)));
}

function toTask(document: DagDocument, task: TaskDocument, depth: number): ShapedTask {
  const { taskId, groupId, operator, triggerRule, displayName } = task;
  return {
    taskId,
    label: displayName ?? localName(taskId, groupId),
    operator,
    triggerRule,
    depth,
    isMapped: mappingOf(document, task) !== undefined,
    isSetup: task.isSetup === true,
    isTeardown: task.isTeardown === true,
    ...(groupId === undefined ? {} : { groupId }),
  };
}

function localName(id: string, parentId: string | undefined): string {
  const prefix = `${parentId}.`;
  return parentId !== undefined && id.startsWith(prefix) ? id.slice(prefix.length) : id;
}

export function shapedGroups({ groups }: DagDocument): readonly ShapedGroup[] {
  return groups.map(({ groupId, parentId, tooltip, mapped }) => ({
    groupId,
    label: localName(groupId, parentId),
    isMapped: mapped !== undefined,
    ...(parentId === undefined ? {} : { parentId }),
    ...(tooltip === undefined ? {} : { tooltip }),
  }));
}

export function shapedEdges({ tasks }: DagDocument): readonly ShapedEdge[] {
  const labels = new Map(tasks.map(({ taskId, edgeLabels }) => [taskId, edgeLabels]));
  return tasks.flatMap(({ taskId, upstream }) =>
    upstream.map((from) => {
      const label = labels.get(from)?.[taskId];
      return { from, to: taskId, ...(label === undefined ? {} : { label }) };
    }),
  );
}
