// The state of a run, from the states of its tasks (Airflow: models/dagrun.py, update_state).

import { countUpstream, evaluateTriggerRule } from "../dependencies/trigger-rules.ts";
import type { DagDocument } from "../document.ts";
import { graphOf } from "../graph.ts";
import { isFailedState, isFinished, type TaskInstanceState } from "../states.ts";

/** `reason` is Airflow's word for why the run ended. */
export type RunVerdict =
  | { readonly state: "running" }
  | { readonly state: "success"; readonly reason: "success" }
  | { readonly state: "failed"; readonly reason: "task_failure" | "all_tasks_deadlocked" };

type StateOf = (taskId: string) => TaskInstanceState | null;

/** Once every task has finished the leaves decide: one failed leaf fails the run, whatever happened above it. */
export function decideRunState(document: DagDocument, stateOf: StateOf): RunVerdict {
  if (document.tasks.some(({ taskId }) => !isFinished(stateOf(taskId)))) {
    return isDeadlocked(document, stateOf)
      ? { state: "failed", reason: "all_tasks_deadlocked" }
      : { state: "running" };
  }
  return graphOf(document).leaves.some((taskId) => isFailedState(stateOf(taskId)))
    ? { state: "failed", reason: "task_failure" }
    : { state: "success", reason: "success" };
}

/** Nothing is under way, and no unfinished task may ever start: a rule such as all_skipped above a removed instance. */
function isDeadlocked({ tasks }: DagDocument, stateOf: StateOf): boolean {
  return tasks.every(({ taskId, triggerRule, upstream, dependsOnPast, waitForDownstream }) => {
    const state = stateOf(taskId);
    if (isFinished(state)) return true;
    if (state !== null || dependsOnPast || waitForDownstream) return false;
    return evaluateTriggerRule(triggerRule, countUpstream(upstream.map(stateOf))).kind === "wait";
  });
}
