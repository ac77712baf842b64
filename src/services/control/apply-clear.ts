// Applies a clear that is recorded with its run. Until it is done, no call of any execution of the
// run begins anything; each write is refused if the instance has changed since it was read, also by
// another process that applies the same clear.

import type { PendingChange } from "../../model/control/pending-change.ts";
import { type SelectedInstance, selectInstances } from "../../model/control/select-instances.ts";
import { clear, remove } from "../../model/control/task-control.ts";
import { graphOf } from "../../model/graph.ts";
import { instanceKey } from "../../model/instance-key.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../../model/records.ts";
import type { RunScope } from "../tasks/verdicts.ts";
import { clearWholes } from "./clear-wholes.ts";
import { type ChangeContext, forEachInParallel } from "./control-context.ts";
import { leaveExecution } from "./leave-execution.ts";
import { releaseInstance } from "./release-waits.ts";

type Clear = PendingChange & { readonly kind: "clear" };

/** `run` is the run as the clear was recorded. Repeating is safe. */
export async function applyClear(
  context: ChangeContext,
  run: DagRunRecord,
  change: Clear,
): Promise<void> {
  const { metadata, versions } = context;
  const { dagId, runId } = run;
  const version = await versions.get(dagId, run.versionHash);
  const scope = { run, version };
  const records = await metadata.taskInstances.list({ dagId, runId });
  const selected = selectInstances(run, version.document, { selection: change, records });
  await forEachInParallel(selected, (each) => clearInstance(context, scope, { change, ...each }));
  await clearWholes(context, scope, { selected, records });
  await removeUnknown(context, scope, records);
  // Of a run that was queued by the change, the execution has ended, or comes to nothing.
  const left = { records, hash: change.leaves };
  if (run.state !== "success" && run.state !== "failed") await leaveExecution(context, run, left);
}

async function clearInstance(
  context: ChangeContext,
  { run, version }: RunScope,
  { key, record, change }: SelectedInstance & { readonly change: Clear },
): Promise<void> {
  const { metadata } = context;
  // A call of the execution that is left may be about to begin a try of a task without a record.
  if (!record && run.state !== "running") return;
  const retries = graphOf(version.document).task(key.taskId)?.retries;
  let known: TaskInstanceRecord | undefined = record ?? { ...key, ...NONE };
  while (known) {
    const cleared = clear(known, { retries, note: change.note });
    if (!cleared || (await metadata.taskInstances.update({ key, ...cleared }))) {
      return releaseInstance(context, known, "it was cleared");
    }
    // The instance is read before the run: while the change is not done, what was read holds.
    known = await metadata.taskInstances.get(key);
    if (!(await isStillPending(context, run))) return;
    if (change.states && (!known?.state || !change.states.includes(known.state))) return;
  }
}

const NONE = { state: null, tryNumber: 0, maxTries: 0, tries: [] } as const;

async function isStillPending(
  { metadata }: Pick<ChangeContext, "metadata">,
  { dagId, runId, clearNumber }: DagRunRecord,
): Promise<boolean> {
  const run = await metadata.runs.get(dagId, runId);
  return run?.clearNumber === clearNumber && run.pending !== undefined;
}

/** Instances of tasks that the run's version hasn't, which is another than theirs. */
async function removeUnknown(
  { metadata, clock }: ChangeContext,
  { run, version }: RunScope,
  records: readonly TaskInstanceRecord[],
): Promise<void> {
  const graph = graphOf(version.document);
  const unknown = records.filter(({ taskId }) => graph.task(taskId) === undefined);
  await forEachInParallel(unknown, async (record) => {
    const key = instanceKey(run, record);
    const known = await metadata.taskInstances.get(key);
    const change = known && remove(known, { now: clock.now() });
    if (change) await metadata.taskInstances.update({ key, ...change });
  });
}
