// A new run that begins at some tasks of an earlier one: what it takes over from that run, as it
// is, and what runs. Ours, not Airflow's, which can only clear the earlier run.
import type { DagDocument, TaskDocument } from "../document.ts";
import { UNMAPPED } from "../instance-key.ts";
import { byTask, instancesOfTask, isExpanded, toRecord } from "../mapping/instances.ts";
import { mappingOf } from "../mapping/mapped-tasks.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../records.ts";
import { isFinished } from "../states.ts";
import type { TaskInstanceTransition } from "../task-instance.ts";
import type { TaskSelector } from "./pending-change.ts";

/** A run with the document of its version. */
export interface KnownRun {
  readonly run: Pick<DagRunRecord, "dagId" | "runId">;
  readonly document: DagDocument;
}

/**
 * The records of the earlier run that the new one takes over: those of all tasks but the ones that
 * are to run, as far as they have ended. A task that the earlier run didn't have, or that is mapped
 * otherwise now, runs.
 */
export function takenRecords(
  source: KnownRun,
  target: Pick<KnownRun, "document">,
  {
    tasks,
    records,
  }: {
    /** Those that are to run. */
    readonly tasks: readonly TaskSelector[];
    /** All that the earlier run has. */
    readonly records: readonly TaskInstanceRecord[];
  },
): readonly TaskInstanceRecord[] {
  const whole = new Set(tasks.filter((each) => typeof each === "string"));
  const single = new Map<string, Set<number>>();
  for (const each of tasks) {
    if (typeof each === "string") continue;
    const indexes = single.get(each[0]) ?? new Set();
    single.set(each[0], indexes.add(each[1]));
  }
  const ofTasks = byTask(records);
  const before = new Map(source.document.tasks.map((task) => [task.taskId, task]));
  return target.document.tasks.flatMap((task) => {
    const { taskId } = task;
    const earlier = before.get(taskId);
    if (whole.has(taskId) || !earlier || !isMappedAlike(source, target, task)) return [];
    const own = ofTasks.get(taskId) ?? [];
    const indexes = single.get(taskId);
    return indexes ? otherInstances(source, earlier, { own, indexes }) : endedRecords(own);
  });
}

function isMappedAlike(
  source: Pick<KnownRun, "document">,
  target: Pick<KnownRun, "document">,
  task: TaskDocument,
): boolean {
  const textOf = ({ document }: Pick<KnownRun, "document">) =>
    JSON.stringify(mappingOf(document, task));
  return textOf(source) === textOf(target);
}

/** Where the task as a whole has been expanded, it stays so: instances without a record run. */
function endedRecords(own: readonly TaskInstanceRecord[]): readonly TaskInstanceRecord[] {
  return own.filter((record) => isExpanded(record) || isFinished(record.state));
}

/**
 * The other instances of a mapped task, without the task as a whole: it is expanded once more, as
 * after a clear.
 */
function otherInstances(
  { run, document }: KnownRun,
  task: TaskDocument,
  {
    own,
    indexes,
  }: { readonly own: readonly TaskInstanceRecord[]; readonly indexes: ReadonlySet<number> },
): readonly TaskInstanceRecord[] {
  return instancesOfTask(document, task, own)
    .filter(({ mapIndex, state }) => {
      return mapIndex !== UNMAPPED && !indexes.has(mapIndex) && isFinished(state);
    })
    .map((instance) => toRecord(instance, { ...run, task }));
}

/** What of a record is true of the new run as well; its tries are not. */
const TAKEN = [
  "state",
  "startDate",
  "endDate",
  "message",
  "skips",
  "lengths",
  "renderedFields",
  "renderedMapIndex",
  "mapping",
] as const satisfies readonly (keyof TaskInstanceRecord)[];

/** The instance of the new run gets what it takes over, unless it has a record by now. */
export function takeOver(
  record: TaskInstanceRecord,
  {
    retries,
    lengths = record.lengths,
  }: {
    readonly retries: number;
    /** Where the new run's version needs others. */
    readonly lengths?: TaskInstanceRecord["lengths"];
  },
): TaskInstanceTransition {
  const { runId, tryNumber } = record;
  const tried = tryNumber > 0 ? `, try ${tryNumber}` : "";
  const taken = Object.fromEntries(
    TAKEN.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]])),
  );
  return {
    from: [null],
    tryNumber: 0,
    set: {
      ...taken,
      ...(lengths === undefined ? {} : { lengths }),
      maxTries: retries,
      note: `Taken over from run "${runId}"${tried}`,
    },
  };
}
