// Task instances as Airflow's API answers them (TaskInstanceResponse). One that has no record yet
// is there too, with state null, as in Airflow.
import type { TaskDocument } from "../../model/document.ts";
import { DEFAULT_POOL } from "../../model/ids.ts";
import type { DagRunRecord, TaskInstanceRecord, TaskTry } from "../../model/records.ts";
import type { TaskInstanceState } from "../../model/states.ts";
import type { JsonObject } from "../../model/values/json.ts";
import type { Version } from "../../services/dag-processing/versions.ts";
import { displayNameOf, toDagVersionResponse } from "./dag-responses.ts";
import { durationOf, toWireDate, toWireDateOrNull, uuidOf } from "./wire.ts";

/** Airflow's name of the queue that every task has here. */
export const QUEUE = "default";

export interface TaskInstanceFacts {
  readonly run: DagRunRecord;
  readonly version: Version;
  readonly task: TaskDocument;
  /** Absent for an instance that has no record. */
  readonly record?: TaskInstanceRecord | undefined;
  /** Since when its try waits for a slot, epoch ms; absent when it does not. */
  readonly queuedSince?: number | undefined;
  /** Why it has not started, where that has been asked. */
  readonly waitsFor?: string | undefined;
}

/** Airflow's state: a try that waits for a slot is queued, which only the runner knows. */
export function stateOf({ record, queuedSince }: TaskInstanceFacts): TaskInstanceState | null {
  return queuedSince === undefined ? (record?.state ?? null) : "queued";
}

/** The pool whose slots the task takes. */
export function poolOf({ pool = DEFAULT_POOL }: Pick<TaskDocument, "pool">): string {
  return pool;
}

export function toTaskInstanceResponse(facts: TaskInstanceFacts) {
  const { run, version, task, record, queuedSince, waitsFor } = facts;
  const { dagId, runId } = run;
  const { taskId } = task;
  const { tryNumber = 0, mapIndex = -1, startDate, endDate } = record ?? {};
  return {
    id: uuidOf("task-instance", dagId, runId, taskId, mapIndex, tryNumber),
    task_id: taskId,
    dag_id: dagId,
    dag_run_id: runId,
    map_index: mapIndex,
    logical_date: toWireDateOrNull(run.logicalDate),
    run_after: toWireDate(run.runAfter),
    start_date: toWireDateOrNull(startDate),
    end_date: toWireDateOrNull(endDate),
    duration: durationOf(startDate, endDate),
    state: stateOf(facts),
    try_number: tryNumber,
    max_tries: record?.maxTries ?? task.retries,
    task_display_name: task.displayName ?? taskId,
    dag_display_name: displayNameOf(version.document),
    hostname: null,
    unixname: null,
    pool: poolOf(task),
    pool_slots: task.poolSlots ?? 1,
    queue: QUEUE,
    priority_weight: task.priorityWeight,
    operator: task.operator,
    operator_name: task.operator,
    queued_when: queuedSince === undefined ? null : toWireDate(new Date(queuedSince).toISOString()),
    scheduled_when: null,
    pid: null,
    executor: null,
    executor_config: "{}",
    note: record?.note ?? null,
    rendered_map_index: record?.renderedMapIndex ?? (mapIndex < 0 ? null : String(mapIndex)),
    rendered_fields: toSnakeCase(record?.renderedFields ?? {}),
    trigger: null,
    triggerer_job: null,
    dag_version: toDagVersionResponse(version),
    // Not in Airflow: why the instance ended as it did, or what it waits for.
    message: record?.message ?? waitsFor ?? null,
  };
}

/** Fields that a try has not, though an instance does. */
const ONLY_OF_PRESENT = [
  "id",
  "logical_date",
  "run_after",
  "note",
  "rendered_map_index",
  "rendered_fields",
  "trigger",
  "triggerer_job",
  "message",
] as const;

/** One try of an instance (TaskInstanceHistoryResponse). */
export function toTryResponse(
  facts: TaskInstanceFacts,
  {
    tryNumber,
    state,
    startDate,
    endDate,
  }: Pick<TaskTry, "tryNumber" | "startDate"> & {
    readonly state: TaskInstanceState | null;
    readonly endDate?: string;
  },
) {
  return {
    ...without(toTaskInstanceResponse(facts), ONLY_OF_PRESENT),
    try_number: tryNumber,
    state,
    start_date: toWireDateOrNull(startDate),
    end_date: toWireDateOrNull(endDate),
    duration: durationOf(startDate, endDate),
  };
}

function without<T extends object, K extends keyof T>(value: T, names: readonly K[]): Omit<T, K> {
  const kept: Partial<T> = { ...value };
  for (const name of names) delete kept[name];
  return kept as Omit<T, K>;
}

/** Airflow's names of an operator's fields: `bashCommand` is bash_command. */
function toSnakeCase(fields: JsonObject): JsonObject {
  const toName = (name: string) =>
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [toName(name), value]));
}
