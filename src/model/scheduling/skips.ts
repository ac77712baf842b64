// What a finished task decides about those below it: branches and short circuits (Airflow:
// SkipMixin, ShortCircuitOperator).
import type { DagDocument } from "../document.ts";
import { type Graph, graphOf } from "../graph.ts";
import { isTruthy, type Json } from "../values/json.ts";
import { APPROVE } from "../waits/human-input.ts";

export type SkipDecision =
  /** Ids of the tasks to skip, in the order of the document. */
  | { readonly skip: readonly string[] }
  /** Why the result decides nothing; the task has failed. */
  | { readonly error: string };

/**
 * The skips that follow from a task's result. A branch's result is a label, or a list of labels;
 * `null` or an empty list follows none. A task without a decision skips nothing.
 */
export function decideSkips(document: DagDocument, taskId: string, result: Json): SkipDecision {
  const graph = graphOf(document);
  const decision = graph.task(taskId)?.decision;
  if (!decision) return { skip: [] };
  const direct = graph.downstream(taskId);
  if (decision.kind === "short-circuit") {
    if (decision.isApproval ? isApproved(result) : isTruthy(result)) return { skip: [] };
    // Airflow: ShortCircuitOperator leaves teardowns to their own rule.
    const isSpared = (id: string) => graph.task(id)?.isTeardown === true;
    if (!decision.ignoreDownstreamTriggerRules) {
      return { skip: direct.filter((id) => !isSpared(id)) };
    }
    const below = graph.descendants(taskId);
    const skipped = (id: string) => below.has(id) && !isSpared(id);
    return { skip: document.tasks.map((task) => task.taskId).filter(skipped) };
  }
  if (decision.kind !== "branch") {
    return { skip: skipAllExcept(graph, taskId, new Set(labelsOf(result))) };
  }
  const followed = new Set<string>();
  for (const label of labelsOf(result)) {
    const ids = Object.hasOwn(decision.cases, label) ? decision.cases[label] : undefined;
    if (!ids) {
      const labels = Object.keys(decision.cases).map((each) => `"${each}"`);
      return {
        error: `Task "${taskId}" of DAG "${document.dagId}" returned "${label}", which is no case of its branch; return one of ${labels.join(", ")}`,
      };
    }
    for (const id of ids) followed.add(id);
  }
  return { skip: skipAllExcept(graph, taskId, followed) };
}

/** Whether the result of an approval says so (Airflow: ApprovalOperator). */
function isApproved(result: Json): boolean {
  if (typeof result !== "object" || result === null || !("chosen_options" in result)) return false;
  const { chosen_options: chosen } = result;
  return Array.isArray(chosen) && chosen[0] === APPROVE;
}

/** What lies below a followed task may be a direct follower too, and runs by its own rule. */
function skipAllExcept(
  graph: Graph,
  taskId: string,
  followed: ReadonlySet<string>,
): readonly string[] {
  const kept = graph.descendants(...followed);
  return graph.downstream(taskId).filter((id) => !followed.has(id) && !kept.has(id));
}

function labelsOf(result: Json): readonly string[] {
  if (result === null) return [];
  return Array.isArray(result)
    ? result.map(String)
    : [typeof result === "object" ? JSON.stringify(result) : String(result)];
}
