// Run control: what people and programs ask of DAGs and runs: trigger, pause, delete. The API
// server and the CLI go through it.
import type { DagRecord, DagRunRecord } from "../../model/records.ts";
import { forgetPlan } from "../../model/scheduling/planner.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Versions } from "../dag-processing/versions.ts";
import { RequestRefused } from "../request-refused.ts";
import { retry } from "../retry.ts";
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
}

export interface RunControlContext extends Platform {
  readonly versions: Versions;
  readonly scheduler: Pick<Scheduler, "schedule">;
}

/** A person or a program waits for the answer, and a function that answers lives for 30 seconds. */
const PLANNING = { attempts: 3, patienceMs: 5_000 } as const;

export function createRunControl(context: RunControlContext): RunControl {
  return {
    trigger: (request) => trigger(context, request),
    setPaused: (dagId, isPaused) => setPaused(context, dagId, isPaused),
    deleteDag: (dagId) => deleteDag(context, dagId),
  };
}

async function dagOf({ metadata }: RunControlContext, dagId: string): Promise<DagRecord> {
  const dag = await metadata.dags.get(dagId);
  if (!dag) throw notFound(dagId);
  return dag;
}

async function trigger(context: RunControlContext, request: TriggerRequest): Promise<DagRunRecord> {
  const { metadata, clock, versions } = context;
  const { dagId } = request;
  const dag = await dagOf(context, dagId);
  checkTriggerable(dag);
  checkRunId(request);
  const version = await versions.get(dagId, dag.versionHash);
  const now = clock.now();
  const run = toManualRun(request, version, { now, random: context.randomId() });
  if ((await metadata.runs.create(run)) === "exists") {
    const hasId = (await metadata.runs.get(dagId, run.runId)) !== undefined;
    const what = hasId ? `id "${run.runId}"` : `logical date ${run.logicalDate}`;
    throw new RequestRefused("conflict", `DAG "${dagId}" already has a run with ${what}`);
  }
  return startIfPossible(context, run);
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
  { metadata, scheduler }: RunControlContext,
  dagId: string,
  isPaused: boolean,
): Promise<DagRecord> {
  const { dag, isChanged } = await updateDag(metadata.dags, dagId, (current) =>
    current && current.isPaused !== isPaused ? { ...forgetPlan(current), isPaused } : undefined,
  );
  if (!dag) throw notFound(dagId);
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
