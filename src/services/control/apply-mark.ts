// Applies the mark of a run that is recorded with it: its instances get their states, its execution
// ends, and with it what runs (Airflow: api/common/mark_tasks.py).

import type { PendingChange } from "../../model/control/pending-change.ts";
import { endMark } from "../../model/control/run-changes.ts";
import { selectInstances } from "../../model/control/select-instances.ts";
import { type Mark, mark } from "../../model/control/task-control.ts";
import { graphOf } from "../../model/graph.ts";
import type { DagRunRecord, TaskInstanceKey, TaskInstanceRecord } from "../../model/records.ts";
import { isFinished, isUnderWay, type TaskInstanceState } from "../../model/states.ts";
import { wakeOtherRuns } from "../tasks/propagate.ts";
import { wakeWaiters } from "../tasks/waits/wake-waiters.ts";
import { type ChangeContext, forEachInParallel } from "./control-context.ts";
import { leaveExecution } from "./leave-execution.ts";
import { releaseInstance } from "./release-waits.ts";

type MarkChange = PendingChange & { readonly kind: "mark" };

/**
 * Answers the run as marked; the run as it was when a teardown is still to run, so that it goes on
 * (Airflow: teardowns that have not finished are left to do their work). Repeating is safe.
 */
export async function applyMark(
  context: ChangeContext,
  run: DagRunRecord,
  { state }: MarkChange,
): Promise<"marked" | "goes-on"> {
  const { metadata, versions, stateMachines, clock } = context;
  const { dagId, runId, clearNumber } = run;
  const { document } = await versions.get(dagId, run.versionHash);
  const graph = graphOf(document);
  const records = await metadata.taskInstances.list({ dagId, runId });
  let goesOn = false;
  await forEachInParallel(
    selectInstances(run, document, { selection: {}, records }),
    async ({ key, state: current, record }) => {
      const task = graph.task(key.taskId);
      if (!task) return;
      if (task.isTeardown && !isFinished(current)) {
        goesOn = true;
        return;
      }
      await markInstance(context, key, {
        known: record,
        shared: current,
        maxTries: task.retries,
        stateFor: (present) => markFor(present, state),
      });
    },
  );
  if (goesOn) {
    if (run.state === "running") await leaveExecution(context, run, { records });
    return "goes-on";
  }
  const change = endMark(run, { state, now: clock.now() });
  if (await metadata.runs.update({ dagId, runId, ...change })) {
    const input = { dagId, runId, clearNumber: clearNumber - 1 };
    await stateMachines.stop(input, `the run was marked as ${state}`);
    await wakeOtherRuns(context, run);
    await wakeWaiters(context, run.awaitedBy);
  }
  return "marked";
}

/** What an instance in this state gets; undefined where it stays. */
function markFor(current: TaskInstanceState | null, state: "success" | "failed"): Mark | undefined {
  if (state === "success") return "success";
  if (isFinished(current)) return undefined;
  const isAtWork = isUnderWay(current) || current === "deferred" || current === "up_for_reschedule";
  return isAtWork ? "failed" : "skipped";
}

export interface MarkWish {
  readonly known: TaskInstanceRecord | undefined;
  /** Its state as long as it has no record, which it may share with its task as a whole. */
  readonly shared: TaskInstanceState | null;
  /** For an instance that has no record yet. */
  readonly maxTries: number;
  /** What an instance in this state gets. */
  stateFor(current: TaskInstanceState | null): Mark | undefined;
}

/**
 * Marks one instance, whatever it is at, and ends what goes on for it. Answers it as marked;
 * undefined where it stays as it is.
 */
export async function markInstance(
  context: Pick<ChangeContext, "metadata" | "stateMachines" | "runner" | "clock">,
  key: TaskInstanceKey,
  { known: first, shared, maxTries, stateFor }: MarkWish,
): Promise<TaskInstanceRecord | undefined> {
  const { metadata, clock } = context;
  let known = first;
  for (;;) {
    const state = stateFor(known ? known.state : shared);
    const change = state && mark(known, { state, maxTries, now: clock.now() });
    if (!change) return undefined;
    const marked = await metadata.taskInstances.update({ key, ...change });
    if (marked) {
      if (known) await releaseInstance(context, known, `it was marked as ${state}`);
      return marked;
    }
    known = await metadata.taskInstances.get(key);
  }
}
