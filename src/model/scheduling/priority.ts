// Which of the tasks that wait for a worker or for a slot goes first (Airflow:
// task/priority_strategy.py).
import type { DagDocument, WeightRule } from "../document.ts";
import { graphOf } from "../graph.ts";

export const WEIGHT_RULES: readonly WeightRule[] = ["downstream", "upstream", "absolute"];

/** Airflow keeps priority weights as 32-bit integers (db_safe_priority). */
const HIGHEST = 2_147_483_647;
const LOWEST = -2_147_483_648;

/** The task's own weight, and those that its weight rule adds, each task counted once. */
export function totalPriorityWeight(document: DagDocument, taskId: string): number {
  const graph = graphOf(document);
  const task = graph.task(taskId);
  let total = task?.priorityWeight ?? 0;
  for (const other of relativesOf(document, taskId, task?.weightRule)) {
    total += graph.task(other)?.priorityWeight ?? 0;
  }
  return Math.min(Math.max(total, LOWEST), HIGHEST);
}

function relativesOf(
  document: DagDocument,
  taskId: string,
  rule: WeightRule = "downstream",
): Iterable<string> {
  if (rule === "absolute") return [];
  const graph = graphOf(document);
  return rule === "upstream" ? graph.ancestors(taskId) : graph.descendants(taskId);
}
