// /ui/ti: one task instance with all that its page shows besides its log.
import type { DagDocument } from "../../../model/document.ts";
import { graphOf } from "../../../model/graph.ts";
import { instancesOfTask, toRecord } from "../../../model/mapping/instances.ts";
import { mappingOf } from "../../../model/mapping/mapped-tasks.ts";
import type { TaskInstanceKey, TaskInstanceRecord } from "../../../model/records.ts";
import { letterOf, taskStatesOf } from "../../../model/summaries/run-outcome.ts";
import { runDuration } from "../../../services/summaries/dag-list.ts";
import { type TaskHistory, taskHistory } from "../../../services/summaries/task-history.ts";
import type { UnmetDependency } from "../../../services/tasks/verdicts.ts";
import { RETURN_VALUE } from "../../../services/tasks/xcom-values.ts";
import type { Principal } from "../../access/principal.ts";
import { type ApiContext, runOf } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import {
  stateOf,
  type TaskInstanceFacts,
  toTaskInstanceResponse,
} from "../../responses/task-instance-responses.ts";
import { toWireDate, toWireDateOrNull } from "../../responses/wire.ts";
import { unmetOf } from "../task-instances/explain-waits.ts";
import { idsOf, notFound } from "../task-instances/instance-look-up.ts";
import { abilitiesOn } from "./abilities.ts";
import { directoryOf } from "./ui-context.ts";

export const uiTaskInstanceOperations: Operations = (context) => [
  operation("get_ui_task_instance", {
    permission: "GET dag.task_instance",
    query: ["indexes"],
    handle: ({ path, query, c }) =>
      instanceAnswer(context, idsOf(path), {
        hasIndexes: query.boolean("indexes") ?? false,
        principal: c.var.principal,
      }),
  }),
];

async function instanceAnswer(
  context: ApiContext,
  ids: TaskInstanceKey,
  { hasIndexes, principal }: { readonly hasIndexes: boolean; readonly principal: Principal },
): Promise<Schema<"UiTaskInstanceResponse">> {
  const { dagId, runId, taskId } = ids;
  const { metadata } = context.platform;
  // The whole run in one read: what the task needs, and what needs it, may be anywhere in it.
  const [{ run, version }, records, listed] = await Promise.all([
    runOf(context, ids),
    metadata.taskInstances.list({ dagId, runId }),
    directoryOf(context).dag(dagId),
  ]);
  const { document } = version;
  const facts = factsOf(context, { run, version, records, ids });
  const [unmet, xcom, history] = await Promise.all([
    unmetOf(context, facts),
    principal.may("GET dag.xcom", dagId) ? metadata.xcoms.list(ids) : [],
    listed ? taskHistory({ metadata, ...context.services }, listed, taskId) : NO_HISTORY,
  ]);
  const { letters } = taskStatesOf(document, records);
  return {
    ti: toTaskInstanceResponse(facts),
    tries: triesOf(facts),
    why: unmet.map(toWait),
    needs: neighbours(document, facts.task.upstream, letters),
    needed_by: neighbours(document, graphOf(document).downstream(taskId), letters),
    recent: history.recent.map(({ runId: id, letter, duration }) => ({
      dag_run_id: id,
      s: letter,
      duration_s: duration,
    })),
    median_s: history.median,
    p90_s: history.p90,
    xcom: xcom.map(({ key, sizeBytes, timestamp }) => ({
      key,
      size_bytes: sizeBytes,
      timestamp: toWireDate(timestamp),
      read_by: key === RETURN_VALUE ? readersOf(document, taskId) : [],
    })),
    indexes: hasIndexes ? indexesOf(facts, records) : null,
    can: abilitiesOn(principal, dagId),
  };
}

const NO_HISTORY: TaskHistory = { recent: [], median: null, p90: null };

function factsOf(
  { platform }: ApiContext,
  {
    run,
    version,
    records,
    ids,
  }: Pick<TaskInstanceFacts, "run" | "version"> & {
    readonly records: readonly TaskInstanceRecord[];
    readonly ids: TaskInstanceKey;
  },
): TaskInstanceFacts {
  const { document } = version;
  const task = graphOf(document).task(ids.taskId);
  if (!task) throw notFound(ids);
  const own = records.filter(({ taskId }) => taskId === ids.taskId);
  const instances = instancesOfTask(document, task, own);
  const found = instances.find(({ mapIndex }) => mapIndex === ids.mapIndex);
  // A mapped task as a whole has a page of its own, which shows its instances.
  const whole = own.find(({ mapIndex }) => mapIndex === ids.mapIndex);
  if (!found && ids.mapIndex >= 0) throw notFound(ids);
  const record = found ? toRecord(found, { ...run, task }) : whole;
  return { run, version, task, record, queuedSince: platform.runner.queuedSince?.(ids) };
}

/** Those before, and the present one. */
function triesOf(facts: TaskInstanceFacts): readonly Schema<"UiTry">[] {
  const { record } = facts;
  if (!record) return [];
  const past = record.tries.filter(({ tryNumber }) => tryNumber !== record.tryNumber);
  const present = { ...record, state: stateOf(facts) };
  return [...past, ...(record.tryNumber > 0 ? [present] : [])].map((each) => ({
    try_number: each.tryNumber,
    state: each.state,
    start_date: toWireDateOrNull(each.startDate),
    end_date: toWireDateOrNull(each.endDate),
  }));
}

/** Airflow's names of what may keep an instance back. */
const KINDS: Readonly<Record<string, Schema<"UiWait">["kind"]>> = {
  "Trigger Rule": "upstream",
  "Mapped dependencies have succeeded": "upstream",
  "Previous Dagrun State": "previous",
  "Not In Retry Period": "retry",
  "Ready To Reschedule": "reschedule",
  "Pool Slots Available": "pool",
  "Task Instance Slots Available": "limit",
  "Task Concurrency": "limit",
  "Dag Not Paused": "paused",
  "Task Slot": "slot",
  "Dagrun Running": "run",
};

function toWait({ name, reason }: UnmetDependency): Schema<"UiWait"> {
  return { kind: KINDS[name] ?? "other", name, reason };
}

function neighbours(
  { tasks }: DagDocument,
  taskIds: readonly string[],
  letters: string,
): readonly Schema<"UiNeighbour">[] {
  const places = new Map(tasks.map(({ taskId }, place) => [taskId, place]));
  return taskIds.map((taskId) => ({
    task_id: taskId,
    s: letters.charAt(places.get(taskId) ?? -1) || "n",
  }));
}

function readersOf({ tasks }: DagDocument, taskId: string): readonly string[] {
  return tasks.filter(({ reads }) => reads.includes(taskId)).map((task) => task.taskId);
}

const MOST_INDEXES = 5_000;

/** Null for a task that isn't mapped. */
function indexesOf(
  { run, version: { document }, task }: TaskInstanceFacts,
  records: readonly TaskInstanceRecord[],
) {
  if (!mappingOf(document, task)) return null;
  const own = records.filter(({ taskId }) => taskId === task.taskId);
  return instancesOfTask(document, task, own)
    .filter(({ mapIndex }) => mapIndex >= 0)
    .slice(0, MOST_INDEXES)
    .map((instance) => {
      const record = toRecord(instance, { ...run, task });
      return {
        map_index: record.mapIndex,
        label: record.renderedMapIndex ?? String(record.mapIndex),
        s: letterOf(record.state),
        duration_s: runDuration(record) ?? null,
        try_number: record.tryNumber,
      };
    });
}
