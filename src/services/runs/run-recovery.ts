// Runs whose engine died, or whose execution ended without them: they are taken up again, or ended.
import { instanceKey } from "../../model/instance-key.ts";
import type { DagRunRecord } from "../../model/records.ts";
import { free } from "../../model/task-instance.ts";
import type { ServiceContext } from "../service-context.ts";
import { addLogLine } from "../tasks/log-line.ts";
import { propagate } from "../tasks/propagate.ts";
import { toEnded } from "../tasks/verdict-wave.ts";
import { abandonRun, isAbandonReason, type RunEndContext } from "./run-ends.ts";

const LOST = "The server ended while this try ran. The task starts again, and keeps its retries";

/**
 * Takes up a running run whose engine died: what ran there is free to run again, without the loss
 * of a retry. To be called only when none of its executions is left. What the trigger rule of a
 * freed task decided before it started still holds.
 */
export async function resumeRun(
  context: RunEndContext & Pick<ServiceContext, "logs">,
  run: DagRunRecord,
): Promise<void> {
  if (isAbandonReason(run.reason)) return abandonRun(context, run, run.reason);
  const { metadata, clock, stateMachines, versions } = context;
  const { dagId, runId, clearNumber, versionHash: hash } = run;
  const scope = { run, version: await versions.get(dagId, hash) };
  const records = await metadata.taskInstances.list({ dagId, runId });
  await Promise.all(
    records.map(async (record) => {
      const change = free(record, { now: clock.now() });
      if (!change) return;
      await addLogLine(context, record, { level: "error", event: LOST });
      await metadata.taskInstances.update({ key: instanceKey(run, record), ...change });
    }),
  );
  const ended = records.map(toEnded).filter((each) => each !== undefined);
  await propagate(context, scope, ended, { isRepeated: true });
  await stateMachines.start({ dagId, hash, input: { dagId, runId, clearNumber } });
}
