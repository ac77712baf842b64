// Whether what a sensor waits for in another DAG has come (Airflow: ExternalTaskSensor._poke_af3,
// sensor_helper.py).
import type { DagDocument, SensorDocument } from "../document.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../records.ts";
import type { TaskError, TaskOutcome } from "../task-call.ts";
import type { ExternalWait } from "./waits.ts";

/** A run of one of the dates, with what is known of the tasks that are waited for. */
export interface ExternalRun {
  readonly run: Pick<DagRunRecord, "state">;
  /** Empty where whole runs are waited for. */
  readonly instances: readonly Pick<TaskInstanceRecord, "taskId" | "state">[];
  /** The tasks that are waited for, as the version of the run has them. */
  readonly taskIds: readonly string[];
}

type Sensor = Pick<SensorDocument, "softFail" | "neverFail">;

/**
 * How the sensor ends by the runs that there are; undefined while it waits. Failed states count
 * first, then skipped ones.
 */
export function decideExternal(
  wait: ExternalWait,
  runs: readonly ExternalRun[],
  sensor: Sensor,
): TaskOutcome | undefined {
  const { failedStates, skippedStates, allowedStates, logicalDates } = wait;
  if (failedStates.length > 0 && runs.some((run) => hasAny(wait, run, failedStates))) {
    return failureOf(wait, sensor);
  }
  if (skippedStates.length > 0 && runs.some((run) => hasAny(wait, run, skippedStates))) {
    const end = "reached a state in our states-to-skip-on list. Skipping.";
    return { kind: "skipped", message: `${nameOf(wait, "skipped")} ${end}` };
  }
  const done = runs.filter((run) => hasAll(wait, run, allowedStates));
  return done.length === logicalDates.length ? { kind: "success" } : undefined;
}

/** Why there will never be what is waited for; undefined if there may be. */
export function findMissing(
  { dagId, taskIds = [], taskGroupId, checkExistence }: ExternalWait,
  document: DagDocument | undefined,
): TaskError | undefined {
  if (!checkExistence) return undefined;
  if (!document) {
    const message = `The external DAG ${dagId} does not exist.`;
    return { name: "ExternalDagNotFoundError", message };
  }
  const missing = taskIds.find((id) => !document.tasks.some(({ taskId }) => taskId === id));
  if (missing !== undefined) {
    const message = `The external task ${missing} in DAG ${dagId} does not exist.`;
    return { name: "ExternalTaskNotFoundError", message };
  }
  if (taskGroupId === undefined) return undefined;
  if (document.groups.some(({ groupId }) => groupId === taskGroupId)) return undefined;
  const message = `The external task group '${taskGroupId}' in DAG '${dagId}' does not exist.`;
  return { name: "ExternalTaskGroupNotFoundError", message };
}

/** A failure of the sensor, or what its options make of it. */
export function toSensorFailure(error: TaskError, { neverFail }: Sensor): TaskOutcome {
  if (!neverFail) return { kind: "failed", retry: true, error };
  return { kind: "skipped", message: `skipped by neverFail: ${error.name}: ${error.message}` };
}

/** The tasks of a version that are waited for. */
export function tasksOf(
  { taskIds, taskGroupId }: Pick<ExternalWait, "taskIds" | "taskGroupId">,
  { tasks, groups }: Pick<DagDocument, "tasks" | "groups">,
): readonly string[] {
  if (taskIds) return taskIds;
  if (taskGroupId === undefined) return [];
  const within = new Set([taskGroupId]);
  // A group comes after the one that it is in.
  for (const { groupId, parentId } of groups) {
    if (parentId !== undefined && within.has(parentId)) within.add(groupId);
  }
  return tasks.flatMap(({ taskId, groupId }) =>
    groupId !== undefined && within.has(groupId) ? [taskId] : [],
  );
}

/** Failed or skipped: one task is enough, but a group only as a whole. */
function hasAny(wait: ExternalWait, run: ExternalRun, states: readonly string[]): boolean {
  if (!wait.taskIds) return hasAll(wait, run, states);
  return run.instances.some(({ state }) => state !== null && states.includes(state));
}

function hasAll(
  { taskIds, taskGroupId }: ExternalWait,
  { run, instances, taskIds: wanted }: ExternalRun,
  states: readonly string[],
): boolean {
  if (!taskIds && taskGroupId === undefined) return states.includes(run.state);
  return (
    wanted.length > 0 &&
    wanted.every((id) => {
      const own = instances.filter(({ taskId }) => taskId === id);
      return own.length > 0 && own.every(({ state }) => state !== null && states.includes(state));
    })
  );
}

function failureOf(wait: ExternalWait, sensor: Sensor): TaskOutcome {
  const text = `${nameOf(wait, "failed")} failed.`;
  if (sensor.softFail) return { kind: "skipped", message: `${text} Skipping due to soft_fail.` };
  const name = wait.taskIds
    ? "ExternalTaskFailedError"
    : wait.taskGroupId === undefined
      ? "ExternalDagFailedError"
      : "ExternalTaskGroupFailedError";
  return toSensorFailure({ name, message: text }, sensor);
}

/** In Airflow's words, which write a DAG's id with quotes only where a group has failed. */
function nameOf({ dagId, taskIds, taskGroupId }: ExternalWait, how: "failed" | "skipped"): string {
  if (taskIds) {
    const ids = taskIds.map((id) => `'${id}'`).join(", ");
    return `Some of the external tasks [${ids}] in DAG ${dagId}`;
  }
  if (taskGroupId === undefined) return `The external DAG ${dagId}`;
  const dag = how === "failed" ? `'${dagId}'` : dagId;
  return `The external task_group '${taskGroupId}' in DAG ${dag}`;
}
