// Reads the instances that an instance's dependencies look at.
import type { DagDocument, TaskDocument } from "../../model/document.ts";
import { UNMAPPED } from "../../model/instance-key.ts";
import {
  isMappedTogether,
  mappedDependencies,
  mappingOf,
} from "../../model/mapping/mapped-tasks.ts";
import type { TaskInstanceKey, TaskInstanceRecord } from "../../model/records.ts";
import type { Platform } from "../../ports/platform.ts";

type Context = { readonly metadata: Pick<Platform["metadata"], "taskInstances"> };

/** The instance whose dependencies are asked. */
interface Asking {
  readonly document: DagDocument;
  readonly task: TaskDocument;
  readonly key: TaskInstanceKey;
}

/**
 * Recorded instances of these tasks, as far as the instance has to do with them. A mapped task as a
 * whole also sees those that it is mapped over.
 */
export async function readRelated(
  { metadata }: Context,
  { task, key, document }: Asking,
  taskIds: readonly string[],
): Promise<readonly TaskInstanceRecord[]> {
  const { dagId, runId, mapIndex } = key;
  const list = (ids: readonly string[]) =>
    ids.length === 0 ? [] : metadata.taskInstances.list({ dagId, runId, taskIds: ids });
  const mapping = mappingOf(document, task);
  if (!mapping) return list(taskIds);
  if (mapIndex === UNMAPPED)
    return list([...new Set([...taskIds, ...mappedDependencies(mapping)])]);
  const isTogether = (taskId: string) => isMappedTogether(document, task.taskId, taskId);
  const own = taskIds.filter(isTogether).flatMap((taskId): TaskInstanceKey[] => [
    { dagId, runId, taskId, mapIndex },
    { dagId, runId, taskId, mapIndex: UNMAPPED },
  ]);
  const [together, others] = await Promise.all([
    metadata.taskInstances.getAll(own),
    list(taskIds.filter((taskId) => !isTogether(taskId))),
  ]);
  return [...together, ...others];
}
