// Clears task instances, so that they run again, and with them the runs that have ended (Airflow:
// DAG.clear, clear_task_instances).

import type { ClearSelection, TaskSelector } from "../../model/control/pending-change.ts";
import { clearRun } from "../../model/control/run-changes.ts";
import {
  type Relatives,
  type SelectedInstance,
  selectInstances,
  taskIdOf,
  withRelatives,
  withScopes,
} from "../../model/control/select-instances.ts";
import { graphOf } from "../../model/graph.ts";
import type { DagRunRecord } from "../../model/records.ts";
import type { TaskInstanceState } from "../../model/states.ts";
import type { JsonObject } from "../../model/values/json.ts";
import type { Version } from "../dag-processing/versions.ts";
import { RequestRefused } from "../request-refused.ts";
import { checkConf } from "../runs/manual-run.ts";
import { type ControlContext, liveDag } from "./control-context.ts";
import { runNamed, runsAround, runsInRange } from "./find-runs.ts";
import { changeRun } from "./pending-changes.ts";

export interface ClearRequest extends Relatives {
  readonly dagId: string;
  /** Absent: the runs with a logical date from `from` to `to`, UTC ISO text, or all. */
  readonly runId?: string;
  readonly from?: string;
  readonly to?: string;
  /** The runs of earlier, or of later logical dates as well. */
  readonly past?: boolean;
  readonly future?: boolean;
  /** Absent: all tasks. */
  readonly tasks?: readonly TaskSelector[];
  /** Ids of tasks that are left as they are. */
  readonly except?: ReadonlySet<string>;
  /** Only those that have failed, or whose upstreams have. */
  readonly onlyFailed?: boolean;
  /** Only those that run. */
  readonly onlyRunning?: boolean;
  /** Whether runs that have ended are queued again; true when absent. */
  readonly resetDagRuns?: boolean;
  /** Takes the place of the runs' own; ours, not Airflow's. */
  readonly conf?: JsonObject;
  /** Whether the runs go on with the DAG's newest version; false when absent. */
  readonly runOnLatestVersion?: boolean;
  /** Refuses to clear what runs; false when absent. */
  readonly preventRunningTask?: boolean;
  readonly note?: string;
  /** Whether the note is for the runs, and not for the instances. */
  readonly noteIsOfRun?: boolean;
  /** Whether runs of which nothing is selected are queued again as well; false when absent. */
  readonly isQueuedAnyway?: boolean;
  /** Nothing is changed. */
  readonly isDryRun?: boolean;
}

/** What was, or would be, cleared of one run: the instances as they were before. */
export interface ClearedRun {
  readonly run: DagRunRecord;
  readonly version: Version;
  readonly instances: readonly SelectedInstance[];
}

/**
 * Runs of which nothing is selected stay as they are, and are left out. Each run is cleared as a
 * whole or, if the process dies, by whoever takes it up; repeating is safe.
 */
export async function clearTaskInstances(
  context: ControlContext,
  request: ClearRequest,
): Promise<readonly ClearedRun[]> {
  const dag = await liveDag(context, request.dagId);
  const runs = await runsMeant(context, request);
  const found: (ClearedRun & { readonly selection: ClearSelection })[] = [];
  for (const run of runs) {
    const each = await selectOf(context, run, request);
    if (each.instances.length > 0 || request.isQueuedAnyway) found.push(each);
  }
  if (request.preventRunningTask) for (const each of found) refuseRunning(each);
  await checkNewConf(context, request, found);
  if (request.isDryRun) return found;
  const { note, noteIsOfRun = false, resetDagRuns = true } = request;
  for (const { run, selection } of found) {
    await changeRun(context, run, (current) =>
      clearRun(current, {
        now: context.clock.now(),
        change: { kind: "clear", ...selection },
        isQueued: resetDagRuns,
        ...(request.runOnLatestVersion ? { versionHash: dag.versionHash } : {}),
        ...(noteIsOfRun ? { note } : {}),
        conf: request.conf,
      }),
    );
  }
  if (found.length > 0) await context.plan(request.dagId);
  return found;
}

/** Refuses a conf that the params of the version that each run goes on with don't take. */
async function checkNewConf(
  { versions, metadata }: ControlContext,
  { dagId, conf, runOnLatestVersion }: ClearRequest,
  found: readonly ClearedRun[],
): Promise<void> {
  if (conf === undefined) return;
  const dag = runOnLatestVersion ? await metadata.dags.get(dagId) : undefined;
  const latest = dag && (await versions.get(dagId, dag.versionHash));
  for (const { version } of found) checkConf(dagId, conf, (latest ?? version).document.params);
}

async function runsMeant(
  context: ControlContext,
  { dagId, runId, past = false, future = false, from, to }: ClearRequest,
): Promise<readonly DagRunRecord[]> {
  if (runId === undefined) {
    return runsInRange(context, dagId, {
      from: past ? undefined : from,
      to: future ? undefined : to,
    });
  }
  const run = await runNamed(context, { dagId, runId });
  if ((past || future) && run.logicalDate === null) {
    throw new RequestRefused(
      "invalid",
      "Cannot use include_past or include_future with no logical_date(e.g. manually or asset-triggered).",
    );
  }
  return runsAround(context, run, { past, future });
}

async function selectOf(
  { metadata, versions }: ControlContext,
  run: DagRunRecord,
  request: ClearRequest,
): Promise<ClearedRun & { readonly selection: ClearSelection }> {
  const { dagId, runId } = run;
  const version = await versions.get(dagId, run.versionHash);
  const { document } = version;
  const records = await metadata.taskInstances.list({ dagId, runId });
  const { tasks: named, note, noteIsOfRun = false } = request;
  const known = new Set(records.map(({ taskId }) => taskId));
  for (const taskId of (named ?? []).map(taskIdOf)) {
    if (graphOf(document).task(taskId) || known.has(taskId)) continue;
    // Other runs may be of other versions.
    if (run.runId === request.runId) throw unknownTask(dagId, taskId);
  }
  const { except } = request;
  const related = named && withScopes(document, withRelatives(document, named, request));
  const tasks = related?.filter((each) => !except?.has(taskIdOf(each)));
  const selection: ClearSelection = {
    ...(tasks && !coversAll(tasks, document.tasks.length) ? { tasks } : {}),
    ...statesOf(request),
    ...(note === undefined || noteIsOfRun ? {} : { note }),
  };
  return {
    run,
    version,
    selection,
    instances: selectInstances(run, document, { selection, records }),
  };
}

/** So that the record of the clear stays small. */
function coversAll(tasks: readonly TaskSelector[], count: number): boolean {
  return new Set(tasks.filter((each) => typeof each === "string")).size >= count;
}

/** Airflow: both together mean either. */
function statesOf({ onlyFailed, onlyRunning }: ClearRequest): Pick<ClearSelection, "states"> {
  const states: TaskInstanceState[] = [];
  if (onlyFailed) states.push("failed", "upstream_failed");
  if (onlyRunning) states.push("running");
  return states.length > 0 ? { states } : {};
}

function refuseRunning({ instances }: ClearedRun): void {
  const running = instances.find(({ state }) => AT_WORK.has(state ?? ""));
  if (!running) return;
  throw new RequestRefused(
    "conflict",
    `AirflowClearRunningTaskException: Task "${running.key.taskId}" of run "${running.key.runId}" is ${running.state}. Disable 'prevent_running_task' to proceed, or wait until the task is not running, queued, or scheduled state.`,
  );
}

const AT_WORK: ReadonlySet<string> = new Set(["running", "restarting", "queued", "scheduled"]);

/** In the words of Airflow. */
export function unknownTask(dagId: string, taskId: string): RequestRefused {
  return new RequestRefused("not-found", `Task '${taskId}' not found in DAG '${dagId}'`);
}
