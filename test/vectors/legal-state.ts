// Whether a task's final state can follow from its upstreams' final states in some order of their
// ends. Used for cases whose outcome hangs on which of two independent tasks ended first.

import { countUpstream, evaluateTriggerRule } from "../../src/model/dependencies/trigger-rules.ts";
import type { TaskInstanceState } from "../../src/model/states.ts";
import type { RunCase, RunTask } from "./run-case.ts";

/** Final states by task: a list for a task that has been expanded. */
export type FinalStates = ReadonlyMap<string, string | readonly string[]>;

/** What is wrong with the state, or undefined if some order of events explains it. */
export function explainState(
  { tasks }: RunCase,
  task: RunTask,
  states: FinalStates,
): string | undefined {
  const state = states.get(task.id);
  if (state === undefined || state === "none") return `${task.id} has no state`;
  const possible = possibleVerdicts(task, states);
  if (isSkippedByDecision(tasks, task, states)) possible.add("skipped");
  const flaws = [state].flat().filter((each, index) => {
    if (possible.has(each)) return false;
    if (!possible.has("run")) return true;
    return typeof state === "object" || !task.map
      ? ownOutcome(task, index) !== each
      : !unexpandedEnds(tasks, task, states).has(each);
  });
  return flaws.length === 0
    ? undefined
    : `${task.id} can't be ${flaws.join(" and ")}, but ${[...possible].join(" or ")}`;
}

/** What is wrong with the run's state, which follows from its leaves; undefined if nothing is. */
export function explainRunState(
  { tasks }: RunCase,
  state: string | undefined,
  states: FinalStates,
): string | undefined {
  const above = new Set(tasks.flatMap(({ upstream }) => upstream));
  const leaves = tasks.filter(({ id }) => !above.has(id)).flatMap(({ id }) => states.get(id) ?? []);
  const hasFailed = leaves.some((each) => each === "failed" || each === "upstream_failed");
  const right = hasFailed ? "failed" : "success";
  return state === right ? undefined : `the run can't be ${state}, but ${right}`;
}

/** "run", and the states that the rule may give, whichever upstream instances have ended. */
function possibleVerdicts(task: RunTask, states: FinalStates): Set<string> {
  const possible = new Set<string>();
  const finals = task.upstream.flatMap((id) => states.get(id) ?? "none");
  for (let ended = 0; ended < 1 << finals.length; ended += 1) {
    const seen = finals.map((final, index) =>
      ended & (1 << index) ? (final as TaskInstanceState) : null,
    );
    const verdict = evaluateTriggerRule(task.rule, countUpstream(seen));
    if (verdict.kind !== "wait") possible.add(verdict.kind === "set" ? verdict.state : "run");
  }
  return possible;
}

/** How a mapped task may end whose rule is met, and that is not expanded all the same. */
function unexpandedEnds(
  tasks: readonly RunTask[],
  { map }: RunTask,
  states: FinalStates,
): ReadonlySet<string> {
  if (!map || !("over" in map)) return new Set();
  const source = tasks.find(({ id }) => id === map.over);
  const state = states.get(map.over);
  // Its result may have been missing still, or is an empty list.
  const ends = new Set(["upstream_failed"]);
  if (state === "skipped" || source?.list === 0) ends.add("skipped");
  return ends;
}

function ownOutcome(task: RunTask, index: number): string {
  if (task.fail_times !== undefined) {
    return task.fail_times > (task.retries ?? 0) ? "failed" : "success";
  }
  const asked = typeof task.do === "object" ? task.do[index] : task.do;
  return asked === "fail" ? "failed" : asked === "skip" ? "skipped" : "success";
}

/** A branch directly above that didn't follow the task, or a short circuit anywhere above it. */
function isSkippedByDecision(
  tasks: readonly RunTask[],
  task: RunTask,
  states: FinalStates,
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
