// The instances that a task instance has to do with among those of other tasks. In a mapped task
// group that is the one with its own index; of all other tasks it is each instance (Airflow:
// trigger_rule_dep.py, _get_relevant_upstream_map_indexes).
import type { TriggerRule } from "../dependencies/trigger-rule-names.ts";
import type { DagDocument, TaskDocument } from "../document.ts";
import { UNMAPPED } from "../instance-key.ts";
import { isFinished, type TaskInstanceState } from "../states.ts";
import { type StatesOf, statesByTask } from "../states-by-task.ts";
import { byTask, isExpanded, isLiteral, type Recorded } from "./instances.ts";
import { isMappedTogether, mappingOf } from "./mapped-tasks.ts";

/**
 * Rules that one upstream may meet. The unexpanded task waits for an instance that does, instead of
 * being expanded with its group (Airflow: is_fast_triggered).
 */
const FAST: ReadonlySet<TriggerRule> = new Set(["one_success", "one_failed", "one_done"]);

/** Whether the unexpanded task of a mapped group waits for instances above it. */
export function isFastTriggered({ triggerRule }: Pick<TaskDocument, "triggerRule">): boolean {
  return FAST.has(triggerRule);
}

/**
 * States as the instance with this index sees them. Of a task in its mapped group, `records` must
 * have that of the task as a whole, and that of the same index; for the unexpanded one, all.
 */
export function relevantStates(
  document: DagDocument,
  { task, mapIndex }: { readonly task: TaskDocument; readonly mapIndex: number },
  records: readonly Recorded[],
): StatesOf {
  const all = statesByTask(document, records);
  if (mappingOf(document, task)?.groupId === undefined) return all;
  const ofTasks = byTask(records);
  return (taskId) => {
    if (!isMappedTogether(document, task.taskId, taskId)) return all(taskId);
    const own = ofTasks.get(taskId) ?? [];
    if (mapIndex !== UNMAPPED) return [stateAt(own, mapIndex)];
    if (isFastTriggered(task)) return all(taskId);
    // Once it is expanded, none of its instances is for the unexpanded task. Those that it has kept
    // from before it was cleared don't expand it.
    const whole = own.find((each) => (each.mapIndex ?? UNMAPPED) === UNMAPPED);
    if (isExpanded(whole)) return [];
    const state = whole?.state ?? null;
    return isFinished(state) || !isLiteral(document, { taskId }) ? [state] : [];
  };
}

function stateAt(records: readonly Recorded[], mapIndex: number): TaskInstanceState | null {
  const record = records.find((each) => each.mapIndex === mapIndex);
  if (record) return record.state;
  const whole = records.find((each) => each.mapIndex === UNMAPPED);
  return whole && !isExpanded(whole) && isFinished(whole.state) ? whole.state : null;
}
