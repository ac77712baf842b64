// What the scopes of setups have a task wait for besides its direct upstreams (Airflow:
// trigger_rule_dep.py, _evaluate_setup_constraint and _evaluate_teardown_scope). The verdict is
// asked before the trigger rule and the wait after it, as a rule may end a task that still waits.
import type { DagDocument } from "../document.ts";
import { isFinished, type TaskInstanceState } from "../states.ts";
import { type StatesOf, statesByTask } from "../states-by-task.ts";
import { type Dependency, type DependencyAnswer, MET } from "./dependency.ts";
import { setupScopesOf } from "./setups.ts";

/** Ends a task whose indirect setups have not all succeeded, without waiting for the others. */
export const setupVerdict: Dependency = {
  name: "Trigger Rule",
  needs: "upstream",
  decide({ document, task, upstream }) {
    const setups = setupScopesOf(document).indirectSetups(task.taskId);
    return setups.length === 0 ? MET : endBySetups(setups, statesByTask(document, upstream));
  },
};

/** Waits for the indirect setups, and as a teardown for all within its scope. */
export const setupScope: Dependency = {
  name: "Trigger Rule",
  needs: "upstream",
  decide({ document, task, upstream }) {
    const scopes = setupScopesOf(document);
    const setups = scopes.indirectSetups(task.taskId);
    const between = scopes.between(task.taskId);
    if (setups.length + between.length === 0) return MET;
    const statesOf = statesByTask(document, upstream);
    if (setups.some((id) => !hasSucceeded(statesOf(id)))) {
      const reason = `All setup tasks must complete successfully. Relevant setups: [${setups.join(", ")}]`;
      return { kind: "waits", reason };
    }
    const open = between.filter((id) => !statesOf(id).every(isFinished));
    if (open.length === 0) return MET;
    return {
      kind: "waits",
      reason: `Task's trigger rule '${task.triggerRule}' requires all tasks between setup and teardown to have completed, but found ${open.length} in-scope task(s) not done. in_scope_task_ids=[${between.join(", ")}]`,
    };
  },
};

/** Whether a task without a verdict waits for its scopes, for callers without facts. */
export function waitsInScope(document: DagDocument, taskId: string, statesOf: StatesOf): boolean {
  const scopes = setupScopesOf(document);
  const setups = scopes.indirectSetups(taskId);
  if (endBySetups(setups, statesOf).kind === "ends") return false;
  return (
    setups.some((id) => !hasSucceeded(statesOf(id))) ||
    scopes.between(taskId).some((id) => !statesOf(id).every(isFinished))
  );
}

function hasSucceeded(states: readonly (TaskInstanceState | null)[]): boolean {
  return states.every((state) => state === "success" || state === "removed");
}

function endBySetups(setups: readonly string[], statesOf: StatesOf): DependencyAnswer {
  const find = (...wanted: readonly TaskInstanceState[]) =>
    setups.find((id) => statesOf(id).some((state) => state !== null && wanted.includes(state)));
  const failed = find("failed", "upstream_failed");
  const skipped = find("skipped");
  const setup = failed ?? skipped;
  if (setup === undefined) return MET;
  const state = failed === undefined ? "skipped" : "upstream_failed";
  return {
    kind: "ends",
    state,
    message: `${state} by the setup "${setup}", which has not succeeded`,
  };
}
