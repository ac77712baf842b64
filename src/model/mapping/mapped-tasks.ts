// Which tasks of a DAG are mapped: by themselves, or by the mapped task group that they are in.
// Mapping doesn't nest, so that each has one mapping at most.
import type { DagDocument, MappedLength, TaskDocument } from "../document.ts";

/** What a task has one instance per item of. */
export interface TaskMapping {
  /** By argument, in the order written; the last one varies fastest. */
  readonly over: Readonly<Record<string, MappedLength>>;
  /** Id of the mapped task group; absent for a task that is mapped by itself. */
  readonly groupId?: string;
}

type Mappings = ReadonlyMap<string, TaskMapping>;

const known = new WeakMap<DagDocument, Mappings>();

/** Undefined for a task that isn't mapped. The same object for all tasks of a mapped group. */
export function mappingOf(
  document: DagDocument,
  { taskId }: Pick<TaskDocument, "taskId">,
): TaskMapping | undefined {
  return mappingsOf(document).get(taskId);
}

/** Those of the tasks that are mapped; nothing is looked through where the DAG has none. */
export function mappedAmong(document: DagDocument, taskIds: readonly string[]): readonly string[] {
  const mappings = mappingsOf(document);
  return mappings.size === 0 ? [] : taskIds.filter((taskId) => mappings.has(taskId));
}

/**
 * Whether both are in one mapped task group, where an instance of the one has to do only with that
 * of the same index of the other.
 */
export function isMappedTogether(document: DagDocument, taskId: string, other: string): boolean {
  const mappings = mappingsOf(document);
  const groupId = mappings.get(taskId)?.groupId;
  return groupId !== undefined && mappings.get(other)?.groupId === groupId;
}

/** The direct upstreams of a task that are in the same mapped task group. */
export function upstreamInGroup(
  document: DagDocument,
  { taskId, upstream }: Pick<TaskDocument, "taskId" | "upstream">,
): readonly string[] {
  return upstream.filter((above) => isMappedTogether(document, taskId, above));
}

/**
 * Tasks whose results decide how often the task is mapped, each once (Airflow:
 * iter_mapped_dependencies).
 */
export function mappedDependencies({ over }: TaskMapping): readonly string[] {
  return [...new Set(Object.values(over).flatMap(sourcesOf))];
}

const knownFollowers = new WeakMap<DagDocument, ReadonlyMap<string, readonly string[]>>();
const NONE: readonly string[] = [];

/** The tasks that are mapped over a result of the task, those of a mapped group included. */
export function tasksMappedOver(document: DagDocument, taskId: string): readonly string[] {
  let followers = knownFollowers.get(document);
  if (!followers) {
    const found = new Map<string, string[]>();
    for (const [mapped, mapping] of mappingsOf(document)) {
      for (const source of mappedDependencies(mapping)) {
        found.set(source, [...(found.get(source) ?? []), mapped]);
      }
    }
    followers = found;
    knownFollowers.set(document, followers);
  }
  return followers.get(taskId) ?? NONE;
}

function sourcesOf(length: MappedLength): readonly string[] {
  if (typeof length === "number") return [];
  if ("taskId" in length) return [length.taskId];
  return ("zip" in length ? length.zip : length.concat).flatMap(sourcesOf);
}

function mappingsOf(document: DagDocument): Mappings {
  let mappings = known.get(document);
  if (!mappings) {
    mappings = findMappings(document);
    known.set(document, mappings);
  }
  return mappings;
}

function findMappings({ tasks, groups }: DagDocument): Mappings {
  const ofGroups = new Map<string, TaskMapping>();
  // A group stands behind the one around it.
  for (const { groupId, parentId, mapped } of groups) {
    const around = parentId === undefined ? undefined : ofGroups.get(parentId);
    const own = mapped ? { over: mapped.over, groupId } : around;
    if (own) ofGroups.set(groupId, own);
  }
  const mappings = new Map<string, TaskMapping>();
  for (const { taskId, groupId, mapped } of tasks) {
    const around = groupId === undefined ? undefined : ofGroups.get(groupId);
    const own = mapped ? { over: mapped.over } : around;
    if (own) mappings.set(taskId, own);
  }
  return mappings;
}
