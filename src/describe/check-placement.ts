// Checks of how tasks are declared and placed: each once, under an id of its own, with inputs that
// are JSON.
import { isKey } from "../model/ids.ts";
import { type DagGraph, nameOf, type TaskRecord } from "../sdk/drawing/graph.ts";
import { findResults } from "../sdk/results.ts";
import { toJsonText } from "./json-text.ts";
import { ownerOf, type Report } from "./report.ts";

const KEY_HINT = "use letters, digits, dashes, dots and underscores, at most 250 characters";

/** Reports tasks that are never placed, and two that are placed under one id. */
export function checkPlaced({ declared, placed }: DagGraph, report: Report): void {
  for (const task of declared) {
    if (task.placement || task.isOverridden) continue;
    report.add({
      code: "task-never-placed",
      taskId: task.taskId,
      site: task.site,
      message: `${nameOf(task)} is declared but never placed`,
      hint: `call it: dag.task("${task.taskId}", …)(…)`,
    });
  }
  const byId = new Map<string, TaskRecord>();
  for (const task of placed) {
    const first = byId.get(task.taskId);
    if (!first) {
      byId.set(task.taskId, task);
      continue;
    }
    const isSame = first.family === task.family;
    report.add({
      code: isSame ? "task-placed-twice" : "duplicate-task",
      taskId: task.taskId,
      site: task.site,
      message: isSame
        ? `${nameOf(task)} is placed twice`
        : `${nameOf(task)} has the id of another task`,
      hint: isSame ? "use .override({ taskId }) to place it again" : "give it an id of its own",
    });
  }
}

/** Reports an id that can't be used, and inputs that are not JSON. */
export function checkTask(task: TaskRecord, report: Report): void {
  const { taskId, placement, site } = task;
  if (!isKey(taskId) || /^\.+$/.test(taskId)) {
    const hint = taskId === "" ? "name the function, or give an id" : KEY_HINT;
    report.add({
      code: "bad-task-id",
      taskId,
      site,
      hint,
      message: `${nameOf(task)} has a bad id`,
    });
  }
  for (const [name, value] of Object.entries(placement?.inputs ?? {})) {
    const json = findResults(value).length > 0 ? {} : toJsonText(value, name);
    if (!("error" in json)) continue;
    const message = `Input "${name}" of ${ownerOf(task)} is not JSON: ${json.error}`;
    report.add({ code: "not-json", taskId, site: placement?.site ?? site, message });
  }
}
