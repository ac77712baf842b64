// Whether final states follow from each other by the rules, in some order of events: for runs whose
// moments nobody knows beforehand. Only what a task does by itself is taken as given.

import { countUpstream, evaluateTriggerRule } from "../../src/model/dependencies/trigger-rules.ts";
import type { DagDocument, TaskDocument } from "../../src/model/document.ts";
import { graphOf } from "../../src/model/graph.ts";
import type { TaskInstanceState } from "../../src/model/states.ts";
import type { Script } from "./run-states.ts";

export interface SeenRun {
  /** By task id. */
  readonly states: ReadonlyMap<string, string>;
  /** Tasks whose code was called. */
  readonly started: ReadonlySet<string>;
  /** Tasks that have failed though their code does not, for a reason that was looked at. */
  readonly excused?: ReadonlySet<string>;
}

/** What is wrong, a line per task; empty if the rules explain all. */
export function explainStates(
  document: DagDocument,
  script: Script,
  run: SeenRun,
): readonly string[] {
  return document.tasks.flatMap((task) => {
    const possible = possibleStates(document, script, { run, task });
    const state = run.states.get(task.taskId) ?? "none";
    if (possible.has(state)) return [];
    return [`${task.taskId} can't be ${state}, but ${[...possible].join(" or ") || "nothing"}`];
  });
}

function possibleStates(
  document: DagDocument,
  script: Script,
  { run, task }: { readonly run: SeenRun; readonly task: TaskDocument },
): ReadonlySet<string> {
  const { taskId, upstream, triggerRule } = task;
  const possible = new Set<string>();
  const hasStarted = run.started.has(taskId);
  const isExcused = run.excused?.has(taskId) ?? false;
  const finals = upstream.map((id) => (run.states.get(id) ?? null) as TaskInstanceState | null);
  for (let ended = 0; ended < 1 << finals.length; ended += 1) {
    const seen = finals.map((final, index) => (ended & (1 << index) ? final : null));
    const verdict = evaluateTriggerRule(triggerRule, countUpstream(seen));
    if (verdict.kind === "run" && isExcused) possible.add("failed");
    else if (verdict.kind === "run" && hasStarted) {
      possible.add(script[taskId]?.outcome ?? "success");
    } else if (verdict.kind === "set" && !hasStarted) possible.add(verdict.state);
  }
  if (!hasStarted && isSkippedByDecision(document, script, { run, taskId }))
    possible.add("skipped");
  return possible;
}

/** A branch directly above that didn't follow the task, or a short circuit anywhere above it. */
function isSkippedByDecision(
  document: DagDocument,
  script: Script,
  { run, taskId }: { readonly run: SeenRun; readonly taskId: string },
): boolean {
  const graph = graphOf(document);
  const above = new Set(graph.task(taskId)?.upstream);
  for (const id of above) for (const upper of graph.task(id)?.upstream ?? []) above.add(upper);
  return [...above].some((id) => {
    const decision = graph.task(id)?.decision;
    if (!decision || run.states.get(id) !== "success") return false;
    const isDirect = graph.task(taskId)?.upstream.includes(id) ?? false;
    const { label, passes } = script[id] ?? {};
    if (decision.kind === "branch") {
      return isDirect && !withBelow(document, decision.cases[label ?? ""] ?? []).has(taskId);
    }
    if (decision.kind !== "short-circuit") return false;
    return passes === false && (isDirect || decision.ignoreDownstreamTriggerRules);
  });
}

function withBelow(document: DagDocument, taskIds: readonly string[]): ReadonlySet<string> {
  const found = new Set(taskIds);
  for (const id of found) for (const below of graphOf(document).downstream(id)) found.add(below);
  return found;
}
