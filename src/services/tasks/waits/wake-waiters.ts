// Wakes the tasks that wait for a run: with a message, on which they are looked at.
import type { RunWaiter, TaskInstanceKey } from "../../../model/records.ts";
import { isWaitingState } from "../../../model/waits/waits.ts";
import type { Metadata } from "../../../ports/metadata.ts";
import type { Platform } from "../../../ports/platform.ts";

export type WakeContext = Pick<Platform, "triggers" | "clock"> & {
  readonly metadata: Pick<Metadata, "runs" | "taskInstances">;
};

/** Costs nothing where there are none. Repeating is safe. */
export async function wakeWaiters(
  context: WakeContext,
  waiters: readonly RunWaiter[] = [],
): Promise<void> {
  for (const waiter of waiters) await wake(context, waiter);
}

/** Has a task looked at now if it waits. */
export async function wake(
  { metadata, triggers, clock }: WakeContext,
  { dagId, runId, taskId, mapIndex }: TaskInstanceKey,
): Promise<void> {
  const key = { dagId, runId, taskId, mapIndex };
  const run = await metadata.runs.get(dagId, runId);
  if (run?.state !== "running") return;
  const known = await metadata.taskInstances.get(key);
  if (!known || !isWaitingState(known.state)) return;
  const { clearNumber } = run;
  await triggers.set({ ...key, clearNumber, pokes: known.pokes ?? 0, dueAt: clock.now() });
}
