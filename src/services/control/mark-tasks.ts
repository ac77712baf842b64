// Marks task instances, and clears what has failed below them (Airflow: set_task_instance_state).

import type { TaskSelector } from "../../model/control/pending-change.ts";
import { changeInstances } from "../../model/control/run-changes.ts";
import {
  type Relatives,
  type SelectedInstance,
  selectInstances,
  taskIdOf,
  tasksInGroup,
  withRelatives,
} from "../../model/control/select-instances.ts";
import { annotate, type Mark, noteChange } from "../../model/control/task-control.ts";
import { graphOf } from "../../model/graph.ts";
import { instanceKey } from "../../model/instance-key.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../../model/records.ts";
import { isUnderWay } from "../../model/states.ts";
import { RequestRefused } from "../request-refused.ts";
import { propagate } from "../tasks/propagate.ts";
import { toEnded } from "../tasks/see-instance.ts";
import type { RunScope } from "../tasks/verdicts.ts";
import { wakeWaiters } from "../tasks/waits/wake-waiters.ts";
import { markInstance } from "./apply-mark.ts";
import { type ClearedRun, clearTaskInstances, unknownTask } from "./clear.ts";
import { type ControlContext, forEachInParallel, liveDag } from "./control-context.ts";
import { runNamed, runsAround } from "./find-runs.ts";
import { goOnAtOnce } from "./go-on-at-once.ts";
import { changeRun } from "./pending-changes.ts";

export interface InstanceRequest {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  /** Absent: all instances of the task. */
  readonly mapIndex?: number;
}

/** How instances are marked. */
interface Marking extends Relatives {
  readonly state: Mark;
  /** The runs of earlier, or of later logical dates as well. */
  readonly past?: boolean;
  readonly future?: boolean;
  /** Nothing is changed. */
  readonly isDryRun?: boolean;
}

export interface MarkRequest extends InstanceRequest, Marking {}

/** A task group in a run: all tasks in it, also in groups within it. */
export interface GroupRequest {
  readonly dagId: string;
  readonly runId: string;
  readonly groupId: string;
}

export interface GroupMarkRequest extends GroupRequest, Marking {}

/** The instances of the task in the run; refuses what isn't there in the words of Airflow. */
async function instancesNamed(
  context: Pick<ControlContext, "metadata" | "versions">,
  { dagId, runId, taskId, mapIndex }: InstanceRequest,
): Promise<RunScope & { readonly instances: readonly SelectedInstance[] }> {
  await liveDag(context, dagId);
  const run = await runNamed(context, { dagId, runId });
  const version = await context.versions.get(dagId, run.versionHash);
  if (!graphOf(version.document).task(taskId)) throw unknownTask(dagId, taskId);
  const records = await context.metadata.taskInstances.list({ dagId, runId, taskIds: [taskId] });
  const tasks: readonly TaskSelector[] = [mapIndex === undefined ? taskId : [taskId, mapIndex]];
  const instances = selectInstances(run, version.document, { selection: { tasks }, records });
  if (instances.length > 0) return { run, version, instances };
  throw new RequestRefused(
    "not-found",
    `The Task Instance with dag_id: \`${dagId}\`, run_id: \`${runId}\` and task_id: \`${taskId}\` was not found`,
  );
}

/**
 * Answers what was, or would be, marked, as it was before; refused if all of it has the state
 * already. What is marked in a run that goes on is stopped, and what waits for it goes on.
 */
export async function markTaskInstances(
  context: ControlContext,
  request: MarkRequest,
): Promise<readonly ClearedRun[]> {
  const { taskId, mapIndex, state } = request;
  const { run } = await instancesNamed(context, request);
  return markSelected(context, run, {
    marking: request,
    selectors: [mapIndex === undefined ? taskId : [taskId, mapIndex]],
    refusal: `Task id ${taskId} is already in ${state} state`,
  });
}

/** The same for all instances of the group's tasks (Airflow: set_task_group_state). */
export async function markTaskGroup(
  context: ControlContext,
  request: GroupMarkRequest,
): Promise<readonly ClearedRun[]> {
  const { run, taskIds } = await groupNamed(context, request);
  return markSelected(context, run, {
    marking: request,
    selectors: taskIds,
    refusal: `All task instances in the group are already in ${request.state} state`,
  });
}

interface MarkedSelection {
  readonly marking: Marking;
  readonly selectors: readonly TaskSelector[];
  /** What is told where all have the state. */
  readonly refusal: string;
}

async function markSelected(
  context: ControlContext,
  named: DagRunRecord,
  { marking, selectors, refusal }: MarkedSelection,
): Promise<readonly ClearedRun[]> {
  const { past = false, future = false } = marking;
  const marked: ClearedRun[] = [];
  for (const run of await runsAround(context, named, { past, future })) {
    const each = await selectOf(context, run, { marking, selectors });
    marked.push(each);
  }
  const changed = marked.filter(({ instances }) => instances.length > 0);
  if (marking.isDryRun) return changed;
  if (changed.length === 0) throw new RequestRefused("conflict", refusal);
  for (const each of marked) {
    await markInRun(context, each, { taskIds: selectors.map(taskIdOf), state: marking.state });
  }
  return changed;
}

/** The group's tasks; refuses a group that the run's version hasn't in the words of Airflow. */
async function groupNamed(
  context: Pick<ControlContext, "metadata" | "versions">,
  { dagId, runId, groupId }: GroupRequest,
): Promise<RunScope & { readonly taskIds: readonly string[] }> {
  await liveDag(context, dagId);
  const run = await runNamed(context, { dagId, runId });
  const version = await context.versions.get(dagId, run.versionHash);
  const taskIds = tasksInGroup(version.document, groupId);
  if (taskIds) return { run, version, taskIds };
  throw new RequestRefused("not-found", `Task group '${groupId}' not found in DAG '${dagId}'`);
}

/** Those of the run that have another state. */
async function selectOf(
  { metadata, versions }: ControlContext,
  run: DagRunRecord,
  { marking, selectors }: Pick<MarkedSelection, "marking" | "selectors">,
): Promise<ClearedRun> {
  const { dagId, runId } = run;
  const version = await versions.get(dagId, run.versionHash);
  const { document } = version;
  const records = await metadata.taskInstances.list({ dagId, runId });
  const selection = { tasks: withRelatives(document, selectors, marking) };
  const all = selectInstances(run, document, { selection, records });
  const instances = all.filter(({ state }) => state !== marking.state);
  return { run, version, instances };
}

async function markInRun(
  context: ControlContext,
  { run, version, instances }: ClearedRun,
  { taskIds, state }: { readonly taskIds: readonly string[]; readonly state: Mark },
): Promise<void> {
  // What others have asked of the run is done first.
  await changeRun(context, run, () => undefined);
  const graph = graphOf(version.document);
  const marked: TaskInstanceRecord[] = [];
  const changed = changeInstances(run);
  const { dagId, runId } = run;
  if (changed) await context.metadata.runs.update({ dagId, runId, ...changed });
  if (run.state === "running") await noteTries(context, run);
  await forEachInParallel(instances, async ({ key, record: known, state: shared }) => {
    const maxTries = graph.task(key.taskId)?.retries ?? 0;
    const done = await markInstance(context, key, {
      known,
      shared,
      maxTries,
      stateFor: () => state,
    });
    if (done) marked.push(done);
  });
  // Before the marks are spread, which may fail again what is to run again.
  const below = [...graph.descendants(...taskIds)];
  if (below.length > 0) {
    const except = new Set([...taskIds, ...instances.map(({ key }) => key.taskId)]);
    await clearTaskInstances(context, { dagId, runId, tasks: below, onlyFailed: true, except });
  }
  await spread(context, { run, version }, marked);
  await context.metadata.runOutcomes.delete(dagId, runId);
}

/** Who ends the tries that are under way learns that the run was changed. */
async function noteTries({ metadata }: ControlContext, run: DagRunRecord): Promise<void> {
  const { dagId, runId } = run;
  const records = await metadata.taskInstances.list({ dagId, runId });
  const begun = records.filter(({ state }) => isUnderWay(state));
  await forEachInParallel(begun, async (record) => {
    await metadata.taskInstances.update({ key: instanceKey(run, record), ...noteChange(record) });
  });
}

/** What the marks mean for other tasks of a run that goes on, and for other runs. */
async function spread(
  context: ControlContext,
  { run, version }: RunScope,
  marked: readonly TaskInstanceRecord[],
): Promise<void> {
  const current = await context.metadata.runs.get(run.dagId, run.runId);
  if (current?.state !== "running") return;
  const ended = marked.map(toEnded).filter((each) => each !== undefined);
  await propagate(context, { run: current, version }, ended);
  await goOnAtOnce(context, current);
  const taskIds = new Set(ended.map((each) => each.taskId));
  await wakeWaiters(
    context,
    current.awaitedBy?.filter((waiter) => waiter.taskIds?.some((each) => taskIds.has(each))),
  );
}

/** Sets the note of the instances, or removes it. Answers them as they were before. */
export async function noteTaskInstances(
  context: ControlContext,
  request: InstanceRequest,
  note: string | undefined,
): Promise<ClearedRun> {
  return noteInstances(context, await instancesNamed(context, request), note);
}

/** The same for all instances of the group's tasks. */
export async function noteTaskGroup(
  context: ControlContext,
  request: GroupRequest,
  note: string | undefined,
): Promise<ClearedRun> {
  const { run, version, taskIds } = await groupNamed(context, request);
  const { dagId, runId } = run;
  const records = await context.metadata.taskInstances.list({ dagId, runId, taskIds });
  const selection = { tasks: taskIds };
  const instances = selectInstances(run, version.document, { selection, records });
  return noteInstances(context, { run, version, instances }, note);
}

async function noteInstances(
  context: ControlContext,
  { run, version, instances }: ClearedRun,
  note: string | undefined,
): Promise<ClearedRun> {
  const graph = graphOf(version.document);
  const noted = await Promise.all(
    instances.map(async ({ key, record }): Promise<SelectedInstance> => {
      const maxTries = graph.task(key.taskId)?.retries ?? 0;
      for (let known = record; ; known = await context.metadata.taskInstances.get(key)) {
        const change = annotate(known, { note, maxTries });
        const changed = await context.metadata.taskInstances.update({ key, ...change });
        if (changed)
          return { key, state: known?.state ?? null, ...(known ? { record: known } : {}) };
      }
    }),
  );
  return { run, version, instances: noted };
}
