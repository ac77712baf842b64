// Setups and teardowns in a document, and what is wrong with them.
import type { TriggerRule } from "../model/dependencies/trigger-rule-names.ts";
import type { TaskDocument } from "../model/document.ts";
import type { CallSite } from "../sdk/call-site.ts";
import { nameOf, type TaskRecord } from "../sdk/drawing/graph.ts";
import { isTeardown } from "../sdk/drawing/setups.ts";
import type { Report } from "./report.ts";

const TEARDOWN_RULE = "all_done_setup_success";

type SetupParts = Pick<TaskDocument, "isSetup" | "isTeardown" | "onFailureFailDagrun"> & {
  readonly triggerRule?: TriggerRule;
};

/** What the author has made of the task; a teardown's trigger rule is given. */
export function describeSetup(
  task: TaskRecord,
  given: TriggerRule | undefined,
  report: Report,
): SetupParts {
  if (task.part === "setup") return { isSetup: true };
  if (!isTeardown(task)) return {};
  if (given !== undefined && given !== TEARDOWN_RULE) {
    report.add({
      code: "bad-setup",
      severity: "warning",
      taskId: task.taskId,
      site: task.site,
      message: `${nameOf(task)} is a teardown, so its trigger rule is "${TEARDOWN_RULE}", not "${given}"`,
      hint: "leave triggerRule out",
    });
  }
  return {
    triggerRule: TEARDOWN_RULE,
    isTeardown: true,
    ...(task.failsRun ? { onFailureFailDagrun: true } : {}),
  };
}

/** What follows a setup needs its success (Airflow: DAG.validate_setup_teardown). */
export function checkFollowersOfSetups(
  tasks: readonly TaskDocument[],
  {
    dagId,
    siteOf,
    report,
  }: {
    readonly dagId: string;
    readonly siteOf: (taskId: string) => CallSite | undefined;
    readonly report: Report;
  },
): void {
  const setups = new Set(tasks.flatMap(({ isSetup, taskId }) => (isSetup ? [taskId] : [])));
  if (setups.size === 0) return;
  for (const { taskId, upstream, triggerRule, isTeardown: ends } of tasks) {
    const setup = upstream.find((id) => setups.has(id));
    const site = siteOf(taskId);
    if (setup === undefined || ends || triggerRule === "all_success" || !site) continue;
    report.add({
      code: "bad-setup",
      taskId,
      site,
      message: `Task "${taskId}" of DAG "${dagId}" follows the setup "${setup}" with trigger rule "${triggerRule}"; what follows a setup has the rule "all_success"`,
      hint: "leave triggerRule out, or draw the edge from a task in between",
    });
  }
}
