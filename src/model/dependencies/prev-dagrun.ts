// Whether the run before lets a task start: depends_on_past and wait_for_downstream (Airflow:
// prev_dagrun_dep.py).
import type { DagDocument, TaskDocument } from "../document.ts";
import { graphOf } from "../graph.ts";
import { type Dependency, type DependencyAnswer, MET, type PreviousRun } from "./dependency.ts";

export const prevDagrun: Dependency = {
  name: "Previous Dagrun State",
  needs: "past",
  decide({ document, task, past: { previous, isFirstOfBackfill = false, hasEverRun = false } }) {
    if (!task.dependsOnPast && !task.waitForDownstream) return MET;
    if (!previous || isFirstOfBackfill || isBeforeStart(document, previous)) return MET;
    if (!hasTask(previous, task)) {
      return task.ignoreFirstDependsOnPast && !hasEverRun ? MET : waits(NOT_RUN);
    }
    const own = stateCounts(previous, [task.taskId]);
    if (own.missing > 0) return waits(NOT_RUN);
    if (own.unsuccessful > 0) {
      return waits(
        `depends_on_past is true for this task, but ${own.unsuccessful} previous task instance(s) are not in a successful state.`,
      );
    }
    if (!task.waitForDownstream) return MET;
    const followers = graphOf(document)
      .downstream(task.taskId)
      .filter((taskId) => graphOf(previous.document).task(taskId));
    const below = stateCounts(previous, followers);
    if (below.missing + below.unsuccessful === 0) return MET;
    return waits(
      "The tasks downstream of the previous task instance(s) haven't completed, and wait_for_downstream is True.",
    );
  },
};

const NOT_RUN =
  "depends_on_past is true for this task's DAG, but the previous task instance has not run yet.";

/** Whether the task was in the DAG when the run before was made. */
export function hasTask(
  { document }: Pick<PreviousRun, "document">,
  { taskId }: Pick<TaskDocument, "taskId">,
): boolean {
  return graphOf(document).task(taskId) !== undefined;
}

function waits(reason: string): DependencyAnswer {
  return { kind: "waits", reason };
}

/** Tasks without an instance, and instances of the others that are neither success nor skipped. */
function stateCounts({ instances }: PreviousRun, taskIds: readonly string[]) {
  const missing = new Set(taskIds);
  const watched = new Set(taskIds);
  let unsuccessful = 0;
  for (const { taskId, state } of instances) {
    if (!watched.has(taskId)) continue;
    missing.delete(taskId);
    if (state !== "success" && state !== "skipped") unsuccessful += 1;
  }
  return { missing: missing.size, unsuccessful };
}

function isBeforeStart({ catchup, startDate }: DagDocument, { logicalDate }: PreviousRun): boolean {
  if (!catchup || startDate === undefined || logicalDate === null) return false;
  return Date.parse(logicalDate) < Date.parse(startDate);
}
