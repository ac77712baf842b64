// The state of a run, from the states of its tasks (Airflow: models/dagrun.py, update_state).

import { waitsInScope } from "../dependencies/setup-scope.ts";
import { evaluateTriggerRule } from "../dependencies/trigger-rules.ts";
import { countDirectUpstream } from "../dependencies/upstream-counts.ts";
import type { DagDocument } from "../document.ts";
import { graphOf } from "../graph.ts";
import { isFailedState, isFinished } from "../states.ts";
import type { StatesOf } from "../states-by-task.ts";

/** `reason` is Airflow's word for why the run ended. */
export type RunVerdict =
  | { readonly state: "running" }
  | { readonly state: "success"; readonly reason: "success" }
  | { readonly state: "failed"; readonly reason: "task_failure" | "all_tasks_deadlocked" };

/**
 * Once every instance has finished the leaves decide: one failed leaf fails the run, whatever
 * happened above it.
 */
export function decideRunState(document: DagDocument, statesOf: StatesOf): RunVerdict {
  if (document.tasks.some(({ taskId }) => !statesOf(taskId).every(isFinished))) {
    return isDeadlocked(document, statesOf)
      ? { state: "failed", reason: "all_tasks_deadlocked" }
      : { state: "running" };
  }
  return graphOf(document).leaves.some((taskId) => statesOf(taskId).some(isFailedState))
    ? { state: "failed", reason: "task_failure" }
    : { state: "success", reason: "success" };
}

/**
 * Nothing is under way, and no unfinished task may ever start: a rule such as all_skipped above a
 * removed instance.
 */
function isDeadlocked(document: DagDocument, statesOf: StatesOf): boolean {
  return document.tasks.every((task) => {
    const { taskId, triggerRule, dependsOnPast, waitForDownstream } = task;
    const open = statesOf(taskId).filter((state) => !isFinished(state));
    if (open.length === 0) return true;
    if (open.some((state) => state !== null) || dependsOnPast || waitForDownstream) return false;
    const counts = countDirectUpstream(document, task, statesOf);
    const { kind } = evaluateTriggerRule(triggerRule, counts);
    return kind === "wait" || (kind === "run" && waitsInScope(document, taskId, statesOf));
  });
}
