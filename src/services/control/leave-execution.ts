// A run that goes on in another execution: what waits in the one before is let go, and tries that
// it has called for go on.
import { instanceKey } from "../../model/instance-key.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../../model/records.ts";
import { isUnderWay } from "../../model/states.ts";
import { disown } from "../../model/task-instance.ts";
import { BY_MESSAGE } from "../tasks/gates.ts";
import { type ChangeContext, forEachInParallel } from "./control-context.ts";

export interface Left {
  /** The instances as they were before the change. */
  readonly records: readonly TaskInstanceRecord[];
  /** Version of the execution before; absent: the run's. */
  readonly hash?: string | undefined;
}

/** `run` has the clear number of the execution to come. Repeating is safe. */
export async function leaveExecution(
  { metadata, stateMachines }: ChangeContext,
  run: DagRunRecord,
  { records, hash = run.versionHash }: Left,
): Promise<void> {
  const { dagId, runId, clearNumber } = run;
  await forEachInParallel(records, async (record) => {
    const key = instanceKey(run, record);
    if (isUnderWay(record.state)) await metadata.taskInstances.update({ key, ...disown(record) });
    else if (record.state === "up_for_retry") await stateMachines.wake?.(key);
    if (record.token !== undefined) await stateMachines.release(record.token);
  });
  for (const gate of await metadata.gates.list({ dagId, runId })) {
    if (gate.token !== BY_MESSAGE) await stateMachines.release(gate.token);
    await metadata.gates.take(gate);
  }
  const input = { dagId, runId, clearNumber: clearNumber - 1 };
  await stateMachines.leave({ dagId, hash, input }, "the run goes on in another execution");
}
