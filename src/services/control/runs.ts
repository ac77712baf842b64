// What people do to a run as a whole, besides clearing it: mark it, note something, remove it.
import { beginMark, noteRun as noted, queueRun } from "../../model/control/run-changes.ts";
import type { DagRunRecord } from "../../model/records.ts";
import { isRunFinished } from "../../model/states.ts";
import { RequestRefused } from "../request-refused.ts";
import { removeRun } from "../upkeep/clean-dag.ts";
import { type ControlContext, liveDag } from "./control-context.ts";
import { runNamed } from "./find-runs.ts";
import { changeRun } from "./pending-changes.ts";

export interface RunRequest {
  readonly dagId: string;
  readonly runId: string;
}

/** States that people may give to a run (Airflow: DagRunMutableStates). */
export type RunMark = "queued" | "success" | "failed";

/**
 * The run gets the state: with success all its instances do, with failed those that run fail and
 * those that wait are skipped, and what runs is stopped; queued, it goes on. Answers it after that.
 */
export async function markRun(
  context: ControlContext,
  request: RunRequest,
  state: RunMark,
): Promise<DagRunRecord> {
  await liveDag(context, request.dagId);
  const run = await runNamed(context, request);
  const { clock } = context;
  await changeRun(context, run, (current) => {
    if (state !== "queued") return beginMark(current, state);
    return current.state === "queued" ? undefined : queueRun(current, clock.now());
  });
  await context.plan(run.dagId);
  return runNamed(context, request);
}

/** Undefined removes the note. */
export async function noteRun(
  { metadata }: Pick<ControlContext, "metadata">,
  request: RunRequest,
  note: string | undefined,
): Promise<DagRunRecord> {
  await runNamed({ metadata }, request);
  const { dagId, runId } = request;
  return (
    (await metadata.runs.update({ dagId, runId, ...noted(note) })) ??
    (await runNamed({ metadata }, request))
  );
}

/**
 * Removes the run with its instances, XComs and logs; refused while it is going on (Airflow:
 * delete_dag_run). A queued run never starts after that.
 */
export async function deleteRun(context: ControlContext, request: RunRequest): Promise<void> {
  const run = await runNamed(context, request);
  const { dagId, runId } = run;
  const ended = await changeRun(context, run, (current) => {
    if (current.state === "running") throw stillRunning(current);
    return current.state === "queued" ? beginMark(current, "failed") : undefined;
  });
  if (ended === undefined) return;
  if (!isRunFinished(ended.state)) throw stillRunning(ended);
  await removeRun(context, ended);
  await context.plan(dagId);
  if (await context.metadata.runs.get(dagId, runId)) throw stillRunning(ended);
}

/** In the words of Airflow. */
function stillRunning({ dagId, runId, state }: DagRunRecord): RequestRefused {
  return new RequestRefused(
    "conflict",
    `The DagRun with dag_id: \`${dagId}\` and run_id: \`${runId}\` cannot be deleted in ${state} state`,
  );
}
