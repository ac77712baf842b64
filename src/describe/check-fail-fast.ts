// Which trigger rules the tasks of a DAG may have that ends at its first failure.
import type { TriggerRule } from "../model/dependencies/trigger-rule-names.ts";
import type { DagDocument } from "../model/document.ts";
import type { DagGraph } from "../sdk/drawing/graph.ts";
import type { Report } from "./report.ts";

/** Airflow: FailFastDagInvalidTriggerRule. */
const ALLOWED: ReadonlySet<TriggerRule> = new Set(["all_success", "all_done_setup_success"]);

/** Reports tasks that could start after a failure, which ends all others under `failFast`. */
export function checkFailFast(graph: DagGraph, document: DagDocument, report: Report): void {
  if (!document.failFast) return;
  const sites = new Map(graph.placed.map(({ taskId, site }) => [taskId, site]));
  for (const { taskId, triggerRule } of document.tasks) {
    if (ALLOWED.has(triggerRule)) continue;
    report.add({
      code: "bad-option",
      taskId,
      site: sites.get(taskId) ?? graph.site,
      message: `Task "${taskId}" of DAG "${document.dagId}" has the trigger rule "${triggerRule}", but a DAG with failFast takes "all_success" only`,
      hint: "leave triggerRule out, or failFast",
    });
  }
}
