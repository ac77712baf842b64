// Pausing a DAG holds its running runs: what runs ends, and no further task starts (Airflow: runs of
// paused DAGs are not scheduled). Each run says itself that it is held, so that a task that starts
// reads nothing more for it.
import { holdRun } from "../../model/dag-run.ts";
import { instanceKey } from "../../model/instance-key.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../../model/records.ts";
import { describePause, pause, unpause } from "../../model/scheduling/holds.ts";
import type { Platform } from "../../ports/platform.ts";
import type { InstanceScope } from "../tasks/verdicts.ts";
import { HeldBack } from "../tasks/worker-events.ts";

type PausingContext = Pick<Platform, "clock" | "triggers"> & {
  readonly metadata: Pick<Platform["metadata"], "runs" | "taskInstances">;
};

/**
 * Throws HeldBack for an instance of a run that is held: it goes on when the DAG is unpaused. That
 * it waits is recorded first and the run looked at afterwards, so that no unpausing is missed.
 */
export async function refuseWhilePaused(
  { metadata, clock }: PausingContext,
  { run, task, key }: InstanceScope,
  known: TaskInstanceRecord | undefined,
): Promise<void> {
  if (!run.isHeld) return;
  const change = pause(known, { maxTries: task.retries, now: clock.now() });
  const held = change && (await metadata.taskInstances.update({ key, ...change }));
  const now = await metadata.runs.get(run.dagId, run.runId);
  if (held && !now?.isHeld) await metadata.taskInstances.update({ key, ...unpause(held) });
  else throw new HeldBack(describePause(run));
}

/**
 * Holds the running runs, or lets them go on where they were. Whoever dies half way leaves what the
 * next planning of the DAG, or whoever looks for orphans, does again.
 */
export async function holdRuns(
  context: PausingContext,
  runs: readonly DagRunRecord[],
  isHeld: boolean,
): Promise<void> {
  for (const run of runs) {
    if (run.state !== "running" || (run.isHeld ?? false) === isHeld) continue;
    // `dags test` runs a DAG whose schedule it has paused (Airflow: dag.test ignores the pause).
    if (run.triggeredBy === "test" && isHeld) continue;
    const { dagId, runId } = run;
    const changed = await context.metadata.runs.update({ dagId, runId, ...holdRun(isHeld) });
    if (changed && !isHeld) await letGoOn(context, changed);
  }
}

/** Has the tasks of the run go on that were held. */
async function letGoOn(context: PausingContext, run: DagRunRecord): Promise<void> {
  const { dagId, runId } = run;
  const instances = await context.metadata.taskInstances.list({ dagId, runId });
  await Promise.all(
    instances
      .filter(({ pausedAt }) => pausedAt !== undefined)
      .map((each) => unpauseInstance(context, run, each)),
  );
}

/** Has an instance go on that was held. */
export async function unpauseInstance(
  { metadata, triggers, clock }: PausingContext,
  { clearNumber }: DagRunRecord,
  held: TaskInstanceRecord,
): Promise<void> {
  const key = instanceKey(held, held);
  const changed = await metadata.taskInstances.update({
    key,
    ...unpause(held),
  });
  if (!changed) return;
  const { pokes = 0 } = changed;
  await triggers.set({ ...key, clearNumber, pokes, dueAt: clock.now() });
}
