// Which of the tasks that wait for a worker goes first (Airflow: the weight rule "downstream", its
// default).
import type { DagDocument } from "../document.ts";
import { graphOf } from "../graph.ts";

/** The task's own weight and those of all tasks below it: what holds up most comes first. */
export function totalPriorityWeight(document: DagDocument, taskId: string): number {
  const graph = graphOf(document);
  const weightOf = (id: string) => graph.task(id)?.priorityWeight ?? 0;
  let total = weightOf(taskId);
  for (const below of graph.descendants(taskId)) total += weightOf(below);
  return total;
}
