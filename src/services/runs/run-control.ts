// Run control: what people and programs ask of DAGs and runs: trigger, pause, delete. The API
// server and the CLI go through it.
import type { DagRecord, DagRunRecord, TaskInstanceKey } from "../../model/records.ts";
import { forgetPlan } from "../../model/scheduling/planner.ts";
import type { Platform } from "../../ports/platform.ts";
import { type ClearedRun, type ClearRequest, clearTaskInstances } from "../control/clear.ts";
import type { ControlContext } from "../control/control-context.ts";
import { deleteInstance } from "../control/delete-instance.ts";
import {
  type GroupMarkRequest,
  type GroupRequest,
  type InstanceRequest,
  type MarkRequest,
  markTaskGroup,
  markTaskInstances,
  noteTaskGroup,
  noteTaskInstances,
} from "../control/mark-tasks.ts";
import { createRunFrom } from "../control/run-from.ts";
import { deleteRun, markRun, noteRun, type RunMark, type RunRequest } from "../control/runs.ts";
import type { Versions } from "../dag-processing/versions.ts";
import { createRun } from "../deadlines/create-run.ts";
import { holdRuns } from "../limits/pausing.ts";
import {
  type ClearedPartitions,
  type ClearPartitionsRequest,
  clearPartitions,
} from "../partitions/clear-partitions.ts";
import { RequestRefused } from "../request-refused.ts";
import { retry } from "../retry.ts";
import type { Callbacks } from "../tasks/callbacks.ts";
import { updateDag } from "../update-dag.ts";
import { beginDeletion, completeDeletion, isQuick } from "../upkeep/dag-deletions.ts";
import { checkRunId, checkTriggerable, type TriggerRequest, toManualRun } from "./manual-run.ts";
import type { Scheduler } from "./scheduler.ts";

export interface RunControl {
  /**
   * Creates a manual run and starts it as soon as the DAG may; refused when the id or the logical
   * date is taken.
   */
  trigger(request: TriggerRequest): Promise<DagRunRecord>;
  /** Repeating is safe. */
  setPaused(dagId: string, isPaused: boolean): Promise<DagRecord>;
  /**
   * Removes the DAG with its history and its queued runs; refused while a run is going on. The DAG
   * is gone at once; what it has left may be removed after that, by the upkeep.
   */
  deleteDag(dagId: string): Promise<void>;
  /** Task instances run again, and runs that have ended with them. */
  clear(request: ClearRequest): Promise<readonly ClearedRun[]>;
  /** Task instances get a state, whatever they are at. */
  mark(request: MarkRequest): Promise<readonly ClearedRun[]>;
  /** Task instances get a note; undefined removes it. */
  note(request: InstanceRequest, note: string | undefined): Promise<ClearedRun>;
  /** Those of all tasks in a group get a state. */
  markGroup(request: GroupMarkRequest): Promise<readonly ClearedRun[]>;
  /** Those of all tasks in a group get a note; undefined removes it. */
  noteGroup(request: GroupRequest, note: string | undefined): Promise<ClearedRun>;
  /** Removes what became of a task instance; refused while its run is going on. */
  deleteInstance(key: TaskInstanceKey): Promise<void>;
  /** A run gets a state, and its instances with it. */
  markRun(request: RunRequest, state: RunMark): Promise<DagRunRecord>;
  /** A run gets a note; undefined removes it. */
  noteRun(request: RunRequest, note: string | undefined): Promise<DagRunRecord>;
  /** Runs lose their partitions. */
  clearPartitions(request: ClearPartitionsRequest): Promise<ClearedPartitions>;
  /** Removes a run with all that belongs to it; refused while it is going on. */
  deleteRun(request: RunRequest): Promise<void>;
}

export interface RunControlContext extends Platform {
  readonly versions: Versions;
  readonly callbacks: Callbacks;
  readonly scheduler: Pick<Scheduler, "schedule">;
}

/** A person or a program waits for the answer, and a function that answers lives for 30 seconds. */
const PLANNING = { attempts: 3, patienceMs: 5_000 } as const;

export function createRunControl(context: RunControlContext): RunControl {
  const control: ControlContext = { ...context, plan: (dagId) => planNow(context, dagId) };
  return {
    trigger: (request) => trigger(context, control, request),
    setPaused: (dagId, isPaused) => setPaused(context, dagId, isPaused),
    deleteDag: (dagId) => deleteDag(context, dagId),
    clear: (request) => clearTaskInstances(control, request),
    mark: (request) => markTaskInstances(control, request),
    note: (request, note) => noteTaskInstances(control, request, note),
    markGroup: (request) => markTaskGroup(control, request),
    noteGroup: (request, note) => noteTaskGroup(control, request, note),
    deleteInstance: (key) => deleteInstance(control, key),
    markRun: (request, state) => markRun(control, request, state),
    noteRun: (request, note) => noteRun(control, request, note),
    clearPartitions: (request) => clearPartitions(control, request),
    deleteRun: (request) => deleteRun(control, request),
  };
}

async function dagOf({ metadata }: RunControlContext, dagId: string): Promise<DagRecord> {
  const dag = await metadata.dags.get(dagId);
  if (!dag) throw notFound(dagId);
  return dag;
}

async function trigger(
  context: RunControlContext,
  control: ControlContext,
  request: TriggerRequest,
): Promise<DagRunRecord> {
  const { clock, versions } = context;
  const { dagId } = request;
  const dag = await dagOf(context, dagId);
  checkTriggerable(dag);
  checkRunId(request);
  const version = await versions.get(dagId, dag.versionHash);
  const now = clock.now();
  const random = context.randomId();
  const { from } = request;
  if (from) {
    const made = await createRunFrom(control, { ...request, from }, { version, random });
    if (made) return startIfPossible(context, made);
    throw await taken(context, request);
  }
  const run = toManualRun(request, version, { now, random });
  if ((await createRun(context, run, version.document)) === "exists") {
    throw await taken(context, run);
  }
  return startIfPossible(context, run);
}

async function taken(
  { metadata }: RunControlContext,
  { dagId, runId, logicalDate }: Pick<TriggerRequest, "dagId" | "runId" | "logicalDate">,
): Promise<RequestRefused> {
  const hasId = runId !== undefined && (await metadata.runs.get(dagId, runId)) !== undefined;
  const what = hasId ? `id "${runId}"` : `logical date ${logicalDate}`;
  return new RequestRefused("conflict", `DAG "${dagId}" already has a run with ${what}`);
}

/** What could not be planned now is planned by the next call for the DAG, or as an orphan. */
async function planNow({ clock, scheduler, report }: RunControlContext, dagId: string) {
  try {
    await retry(clock, () => scheduler.schedule(dagId), PLANNING);
  } catch (problem) {
    report.error(`DAG "${dagId}" could not be planned: ${String(problem)}`);
  }
}

/** Plans the DAG. The run as that left it: perhaps it waits for others. */
async function startIfPossible(
  { metadata, clock, scheduler, report }: RunControlContext,
  run: DagRunRecord,
): Promise<DagRunRecord> {
  const { dagId, runId } = run;
  try {
    await retry(clock, () => scheduler.schedule(dagId), PLANNING);
    return (await metadata.runs.get(dagId, runId)) ?? run;
  } catch (problem) {
    // It is queued, and the next planning of the DAG starts it; told of a failure, the caller would
    // make another run.
    const told = `Run "${runId}" of DAG "${dagId}" is queued, but could not be planned`;
    report.error(`${told}: ${String(problem)}`);
    return run;
  }
}

async function setPaused(
  context: RunControlContext,
  dagId: string,
  isPaused: boolean,
): Promise<DagRecord> {
  const { metadata, scheduler } = context;
  const { dag, isChanged } = await updateDag(metadata.dags, dagId, (current) =>
    current && current.isPaused !== isPaused ? { ...forgetPlan(current), isPaused } : undefined,
  );
  if (!dag) throw notFound(dagId);
  // At once, and without a scheduler, too: a server that starts later takes the runs as they are.
  await holdRuns(context, await metadata.runs.listRunning(dagId), isPaused);
  if (isChanged) await scheduler.schedule(dagId);
  return dag;
}

async function deleteDag(context: RunControlContext, dagId: string): Promise<void> {
  const { metadata } = context;
  const dag = await metadata.dags.get(dagId);
  if (!dag) {
    // Who asks again, because no answer came, has asked for what is being done.
    if (await metadata.deletions.get(dagId)) return;
    throw notFound(dagId);
  }
  const [running] = await metadata.runs.listRunning(dagId);
  if (running) {
    throw new RequestRefused(
      "conflict",
      `DAG "${dagId}" can't be deleted while its run "${running.runId}" is going on`,
    );
  }
  await beginDeletion(context, dag);
  if (await isQuick(context, dagId)) await completeDeletion(context, dagId);
}

function notFound(dagId: string): RequestRefused {
  return new RequestRefused("not-found", `The Dag with ID: \`${dagId}\` was not found`);
}
