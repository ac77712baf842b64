// Whether a task's final state can follow from its upstreams' final states in some order of their
// ends. Used for cases whose outcome hangs on which of two independent tasks ended first.

import { countUpstream, evaluateTriggerRule } from "../../src/model/dependencies/trigger-rules.ts";
import type { TaskInstanceState } from "../../src/model/states.ts";
import type { RunCase, RunTask } from "./run-case.ts";

/** What is wrong with the state, or undefined if some order of events explains it. */
export function explainState(
  { tasks }: RunCase,
  task: RunTask,
  states: ReadonlyMap<string, string>,
): string | undefined {
  const state = states.get(task.id);
  if (state === undefined || state === "none") return `${task.id} has no state`;
  const possible = new Set<string>();
  const finals = task.upstream.map((id) => (states.get(id) ?? null) as TaskInstanceState | null);
  for (let ended = 0; ended < 1 << finals.length; ended += 1) {
    const seen = finals.map((final, index) => (ended & (1 << index) ? final : null));
    const verdict = evaluateTriggerRule(task.rule, countUpstream(seen));
    if (verdict.kind === "set") possible.add(verdict.state);
    if (verdict.kind === "run") possible.add(ownOutcome(task));
  }
  if (isSkippedByDecision(tasks, task, states)) possible.add("skipped");
  return possible.has(state)
    ? undefined
    : `${task.id} can't be ${state}, but ${[...possible].join(" or ")}`;
}

function ownOutcome(task: RunTask): string {
  if (task.fail_times !== undefined) {
    return task.fail_times > (task.retries ?? 0) ? "failed" : "success";
  }
  return task.do === "fail" ? "failed" : task.do === "skip" ? "skipped" : "success";
}

/** A branch directly above that didn't follow the task, or a short circuit anywhere above it. */
function isSkippedByDecision(
  tasks: readonly RunTask[],
  task: RunTask,
  states: ReadonlyMap<string, string>,
): boolean {
  const byId = new Map(tasks.map((one) => [one.id, one]));
  const above = new Set<string>();
  const open = [...task.upstream];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (above.has(id)) continue;
    above.add(id);
    open.push(...(byId.get(id)?.upstream ?? []));
  }
  return [...above].some((id) => {
    const upper = byId.get(id);
    if (!upper || states.get(id) !== "success") return false;
    const isDirect = task.upstream.includes(id);
    if (upper.branch) return isDirect && !upper.branch.includes(task.id);
    if (!upper.short_circuit || upper.short_circuit.value) return false;
    return isDirect || upper.short_circuit.ignore_downstream_trigger_rules;
  });
}
