// Runs whose engine died, or whose execution ended without them: they are taken up again, go on in
// another execution, or are ended.
import { moveRun } from "../../model/dag-run.ts";
import { instanceKey } from "../../model/instance-key.ts";
import type { DagRunRecord } from "../../model/records.ts";
import { disown, free } from "../../model/task-instance.ts";
import type { ChangeContext } from "../control/control-context.ts";
import { goOnAtOnce } from "../control/go-on-at-once.ts";
import { completePending } from "../control/pending-changes.ts";
import type { ServiceContext } from "../service-context.ts";
import { addLogLine } from "../tasks/log-line.ts";
import { propagate } from "../tasks/propagate.ts";
import { toEnded } from "../tasks/see-instance.ts";
import { abandonRun, isAbandonReason, type RunEndContext } from "./run-ends.ts";

const LOST = "The server ended while this try ran. The task starts again, and keeps its retries";

export type RecoveryContext = RunEndContext &
  ChangeContext &
  Pick<ServiceContext, "logs" | "runner">;

/**
 * Takes up a running run whose engine died: what ran there is free to run again, without the loss
 * of a retry. To be called only when none of its executions is left. What the trigger rule of a
 * freed task decided before it started still holds. Where workers outlive the engine, their tries
 * go on, and are waited for.
 */
export async function resumeRun(context: RecoveryContext, run: DagRunRecord): Promise<void> {
  if (isAbandonReason(run.reason)) return abandonRun(context, run, run.reason);
  const { metadata, clock, stateMachines, versions } = context;
  const { dagId, runId, clearNumber, versionHash: hash } = run;
  const scope = { run, version: await versions.get(dagId, hash) };
  const records = await metadata.taskInstances.list({ dagId, runId });
  const died = context.runner.limit === undefined ? records : [];
  await Promise.all(
    died.map(async (record) => {
      const change = free(record, { now: clock.now() });
      if (!change) return;
      await addLogLine(context, record, { level: "error", event: LOST });
      await metadata.taskInstances.update({ key: instanceKey(run, record), ...change });
    }),
  );
  if (run.pending) return void (await completePending(context, run));
  const ended = records.map(toEnded).filter((each) => each !== undefined);
  await propagate(context, scope, ended, { isRepeated: true });
  await stateMachines.start({ dagId, hash, input: { dagId, runId, clearNumber } });
  if (run.isChanged) await goOnAtOnce(context, run);
}

/**
 * Has a running run go on in another execution, since the history of its own is full. Tasks that
 * have ended return at once there; tries that run in workers are waited for, by messages. Nothing
 * happens if the run has moved on already. A process that dies in between leaves a run without an
 * execution, which is taken up.
 */
export async function continueRun(context: RecoveryContext, run: DagRunRecord): Promise<void> {
  const { metadata, stateMachines, report } = context;
  const { dagId, runId, versionHash: hash } = run;
  const moved = await metadata.runs.update({ dagId, runId, ...moveRun(run) });
  if (!moved) return;
  const { clearNumber } = moved;
  report.warn(
    `The history of run "${runId}" of DAG "${dagId}" was full; it goes on in execution ${clearNumber}`,
  );
  const records = await metadata.taskInstances.list({ dagId, runId });
  await Promise.all(
    records
      .filter(({ state }) => state === "running")
      .map((each) =>
        metadata.taskInstances.update({ key: instanceKey(run, each), ...disown(each) }),
      ),
  );
  await stateMachines.start({ dagId, hash, input: { dagId, runId, clearNumber } });
}
