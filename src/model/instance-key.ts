// Names of task instances: a task of a run and, once it is mapped, the index in its mapping.
// Whatever keeps instances apart goes by these, never by the task's id alone.
import type { TaskInstanceKey } from "./records.ts";

/** The map index of a task that isn't mapped, or not yet (Airflow: -1). */
export const UNMAPPED = -1;

/** The instance of a task in a run; absent `mapIndex`: that of a task that isn't mapped. */
export function instanceKey(
  { dagId, runId }: Pick<TaskInstanceKey, "dagId" | "runId">,
  { taskId, mapIndex = UNMAPPED }: { readonly taskId: string; readonly mapIndex?: number },
): TaskInstanceKey {
  return { dagId, runId, taskId, mapIndex };
}

/** Tells the instances of one run apart, as the key of a map. */
export function keyText({
  taskId,
  mapIndex,
}: Pick<TaskInstanceKey, "taskId" | "mapIndex">): string {
  return `${mapIndex} ${taskId}`;
}
