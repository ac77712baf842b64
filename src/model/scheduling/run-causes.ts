// The task instance that the end of a run is put down to, whose context the DAG's callbacks get
// (Airflow: dagrun.py, update_state; scheduler_job_runner.py for a run that takes too long).
import type { DagDocument, TaskDocument } from "../document.ts";
import type { TaskInstanceRecord } from "../records.ts";
import { isFinished } from "../states.ts";
import type { CallbackReason } from "../task-call.ts";

type Cause = Pick<TaskInstanceRecord, "taskId" | "tryNumber" | "maxTries" | "mapIndex">;

/** Undefined where there is none: a run that failed by upstream_failed leaves alone, say. */
export function findCause(
  document: DagDocument,
  reason: CallbackReason,
  instances: readonly TaskInstanceRecord[],
): Cause | undefined {
  switch (reason) {
    case "success":
      return latest(instances, "success");
    case "task_failure":
      return latest(instances, "failed");
    case "timed_out": {
      const open = instances.filter(({ state }) => !isFinished(state));
      return latestBy(open, ({ startDate }) => startDate) ?? firstOpen(document, instances);
    }
    case "all_tasks_deadlocked": {
      const finished = finishedTasks(instances);
      const isBlocked = ({ upstream }: TaskDocument) => upstream.some((id) => finished.has(id));
      return firstOpen(document, instances, isBlocked);
    }
  }
}

/** The first task that has not finished, with its instance if it has one. */
function firstOpen(
  { tasks }: DagDocument,
  instances: readonly TaskInstanceRecord[],
  isWanted: (task: TaskDocument) => boolean = () => true,
): Cause | undefined {
  const finished = finishedTasks(instances);
  const task = tasks.find((each) => !finished.has(each.taskId) && isWanted(each));
  if (!task) return undefined;
  const { taskId, retries } = task;
  const known = instances.find((each) => each.taskId === taskId && !isFinished(each.state));
  return known ?? { taskId, tryNumber: 0, maxTries: retries, mapIndex: -1 };
}

function finishedTasks(instances: readonly TaskInstanceRecord[]): ReadonlySet<string> {
  const finished = new Set<string>();
  const open = new Set<string>();
  for (const { taskId, state } of instances) (isFinished(state) ? finished : open).add(taskId);
  for (const taskId of open) finished.delete(taskId);
  return finished;
}

function latest(
  instances: readonly TaskInstanceRecord[],
  wanted: "success" | "failed",
): TaskInstanceRecord | undefined {
  return latestBy(
    instances.filter(({ state }) => state === wanted),
    ({ endDate }) => endDate,
  );
}

/** The first of those with the greatest date; one without a date comes before all others. */
function latestBy(
  instances: readonly TaskInstanceRecord[],
  dateOf: (instance: TaskInstanceRecord) => string | undefined,
): TaskInstanceRecord | undefined {
  const moment = (instance: TaskInstanceRecord) => Date.parse(dateOf(instance) ?? "") || 0;
  return instances.reduce<TaskInstanceRecord | undefined>(
    (best, each) => (best && moment(best) >= moment(each) ? best : each),
    undefined,
  );
}
