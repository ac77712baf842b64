// Whether the run before lets a task start: depends_on_past and wait_for_downstream (Airflow: prev_dagrun_dep.py).
import type { DagDocument, TaskDocument } from "../document.ts";
import { graphOf } from "../graph.ts";
import type { TaskInstanceState } from "../states.ts";

/** The run with the latest earlier logical date; with catchup, manual runs don't count as one. */
export interface PreviousRun {
  /** UTC ISO text. */
  readonly logicalDate: string | null;
  /** The version that the run is on; a task that it lacks was not in the DAG then. */
  readonly document: DagDocument;
  /** Recorded instances of the task and of its direct downstream tasks; others may be among them. */
  readonly instances: Iterable<{
    readonly taskId: string;
    readonly state: TaskInstanceState | null;
  }>;
}

export interface PastQuery {
  readonly document: DagDocument;
  readonly task: TaskDocument;
  /** Absent for the DAG's first run, and for a run without logical date. */
  readonly previous?: PreviousRun | undefined;
  readonly isFirstOfBackfill?: boolean;
  /** Whether the task has an instance in any earlier run; asked only where the run before lacks the task. */
  readonly hasEverRun: () => Promise<boolean>;
}

/** True if nothing in the past keeps the task from starting; false: ask again when the run before has moved on. */
export async function decidePastDependency(query: PastQuery): Promise<boolean> {
  const { document, task, previous, isFirstOfBackfill = false, hasEverRun } = query;
  if (!task.dependsOnPast && !task.waitForDownstream) return true;
  if (!previous || isFirstOfBackfill || isBeforeStart(document, previous)) return true;
  const before = graphOf(previous.document);
  if (!before.task(task.taskId)) return task.ignoreFirstDependsOnPast && !(await hasEverRun());
  const watched = new Set([task.taskId]);
  if (task.waitForDownstream) {
    for (const follower of graphOf(document).downstream(task.taskId)) {
      if (before.task(follower)) watched.add(follower);
    }
  }
  const seen = new Set<string>();
  for (const { taskId, state } of previous.instances) {
    if (!watched.has(taskId)) continue;
    if (state !== "success" && state !== "skipped") return false;
    seen.add(taskId);
  }
  return seen.size === watched.size;
}

function isBeforeStart({ catchup, startDate }: DagDocument, { logicalDate }: PreviousRun): boolean {
  if (!catchup || startDate === undefined || logicalDate === null) return false;
  return Date.parse(logicalDate) < Date.parse(startDate);
}
