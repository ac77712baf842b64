// The instances of a task in a run. A task that isn't mapped has one, with the index -1. So has a
// mapped one until it is expanded (Airflow: the unexpanded task instance); then it has one per
// item, from 0 on, whether it has a record yet or not. Whoever asks for "all instances of a task"
// asks here, and never counts records.
//
// The record with the index -1 stands for the mapped task as a whole. Once it has a `mapping` it is
// no instance any more: it says how many there are, and holds the engine's token until they have
// all ended. An end that it has without a `mapping` is that of all of them.
import type { DagDocument, TaskDocument } from "../document.ts";
import { UNMAPPED } from "../instance-key.ts";
import type { TaskInstanceRecord } from "../records.ts";
import { isFinished, type TaskInstanceState } from "../states.ts";
import { literalLength } from "./lengths.ts";
import { mappingOf, upstreamInGroup } from "./mapped-tasks.ts";

/** As much of a record as tells instances apart. */
export type Recorded = Pick<TaskInstanceRecord, "taskId" | "state"> &
  Partial<Pick<TaskInstanceRecord, "mapIndex" | "mapping">>;

/** An instance, with its record if it has one. */
export interface Instance<R> {
  readonly mapIndex: number;
  readonly state: TaskInstanceState | null;
  /** Its own. */
  readonly record?: R;
  /** That of the task as a whole, whose end it shares; absent for one that has a record. */
  readonly whole?: R;
}

/** Whether the task has been expanded, so that the record with index -1 is none of an instance. */
export function isExpanded(whole: Pick<TaskInstanceRecord, "mapping"> | undefined): boolean {
  return whole?.mapping !== undefined;
}

/** Whether a mapped task has its instances from the start of the run. */
export function isLiteral(document: DagDocument, task: Pick<TaskDocument, "taskId">): boolean {
  const mapping = mappingOf(document, task);
  return mapping !== undefined && (literalLength(mapping) ?? 0) > 0;
}

/**
 * Whether the task has its instances from the start of the run, and each follows others of its own
 * index: what it depends on is asked of each, and never of the task as a whole.
 */
export function hasIndexesFromStart(
  document: DagDocument,
  task: Pick<TaskDocument, "taskId" | "upstream">,
): boolean {
  return isLiteral(document, task) && upstreamInGroup(document, task).length > 0;
}

/**
 * The instances of a task, by index; never none. `records` are those of the task in one run, all
 * that there are.
 */
export function instancesOfTask<R extends Recorded>(
  document: DagDocument,
  task: Pick<TaskDocument, "taskId">,
  records: readonly R[],
): readonly Instance<R>[] {
  const mapping = mappingOf(document, task);
  if (!mapping) {
    if (records.length === 0) return [{ mapIndex: UNMAPPED, state: null }];
    return records.map((record) => toInstance(indexOf(record), record));
  }
  const whole = records.find((record) => indexOf(record) === UNMAPPED);
  const byIndex = new Map(records.map((record) => [indexOf(record), record]));
  byIndex.delete(UNMAPPED);
  const length = whole?.mapping?.length ?? (literalLength(mapping) || undefined);
  if (length === undefined && byIndex.size === 0) return [toInstance(UNMAPPED, whole)];
  const instances: Instance<R>[] = [];
  for (let index = 0; index < (length ?? 0); index += 1) {
    const record = byIndex.get(index);
    byIndex.delete(index);
    instances.push(record ? toInstance(index, record) : ofWhole(index, whole));
  }
  // Those of a mapping that was longer, or that is to be expanded once more.
  const others = [...byIndex.values()].sort((a, b) => indexOf(a) - indexOf(b));
  return [...instances, ...others.map((record) => toInstance(indexOf(record), record))];
}

/** All instances of a run, in the order of the document; a mapped task's by index. */
export function instancesOfRun(
  document: DagDocument,
  records: Iterable<TaskInstanceRecord>,
  { dagId, runId }: Pick<TaskInstanceRecord, "dagId" | "runId">,
): readonly TaskInstanceRecord[] {
  const ofTasks = byTask(records);
  return document.tasks.flatMap((task) =>
    instancesOfTask(document, task, ofTasks.get(task.taskId) ?? []).map((instance) =>
      toRecord(instance, { dagId, runId, task }),
    ),
  );
}

/** The record of an instance; one that has none yet looks as it will when it gets one. */
export function toRecord(
  { mapIndex, state, record, whole }: Instance<TaskInstanceRecord>,
  {
    dagId,
    runId,
    task: { taskId, retries },
  }: Pick<TaskInstanceRecord, "dagId" | "runId"> & {
    readonly task: Pick<TaskDocument, "taskId" | "retries">;
  },
): TaskInstanceRecord {
  if (record) return record;
  const own = { dagId, runId, taskId, mapIndex, state };
  const { startDate, endDate, message } = whole ?? {};
  return {
    ...own,
    tryNumber: 0,
    maxTries: retries,
    tries: [],
    ...(startDate === undefined ? {} : { startDate }),
    ...(endDate === undefined ? {} : { endDate }),
    ...(message === undefined ? {} : { message }),
  };
}

/** The records of a run by task. */
export function byTask<R extends Pick<TaskInstanceRecord, "taskId">>(
  records: Iterable<R>,
): ReadonlyMap<string, readonly R[]> {
  const found = new Map<string, R[]>();
  for (const record of records) {
    const others = found.get(record.taskId);
    if (others) others.push(record);
    else found.set(record.taskId, [record]);
  }
  return found;
}

function toInstance<R extends Recorded>(mapIndex: number, record: R | undefined): Instance<R> {
  return { mapIndex, state: record?.state ?? null, ...(record ? { record } : {}) };
}

/** An instance without a record ends when the task has ended as a whole, and as it has. */
function ofWhole<R extends Recorded>(mapIndex: number, whole: R | undefined): Instance<R> {
  if (!whole || isExpanded(whole) || !isFinished(whole.state)) return { mapIndex, state: null };
  return { mapIndex, state: whole.state, whole };
}

function indexOf({ mapIndex = UNMAPPED }: Recorded): number {
  return mapIndex;
}
