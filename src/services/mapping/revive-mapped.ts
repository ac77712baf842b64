// Mapped tasks of an active run that nothing comes for any more: whoever expanded one, or recorded
// the end of an instance, died before the messages were sent or the token was given back, or a
// message was lost.
import { instanceKey, UNMAPPED } from "../../model/instance-key.ts";
import { byTask } from "../../model/mapping/instances.ts";
import { mappingOf } from "../../model/mapping/mapped-tasks.ts";
import type { TaskInstanceRecord } from "../../model/records.ts";
import { LATE_MS } from "../../model/scheduling/deferrals.ts";
import type { Platform } from "../../ports/platform.ts";
import { propagate } from "../tasks/propagate.ts";
import type { PropagationContext } from "../tasks/see-instance.ts";
import type { InstanceScope, RunScope } from "../tasks/verdicts.ts";
import { lookAtInstances } from "./look-at-instances.ts";

type ReviveContext = PropagationContext & Pick<Platform, "runner">;

/**
 * Answers the ids of the tasks that go on by this. Instances that have a record are not looked
 * after here: they are found as other tasks are.
 */
export async function reviveMapped(
  context: ReviveContext,
  scope: RunScope,
  records: readonly TaskInstanceRecord[],
): Promise<readonly string[]> {
  const { run, version } = scope;
  const ofTasks = byTask(records);
  const revived: string[] = [];
  for (const task of version.document.tasks) {
    if (!mappingOf(version.document, task)) continue;
    const own = ofTasks.get(task.taskId) ?? [];
    const whole = own.find(({ mapIndex }) => mapIndex === UNMAPPED);
    if (!whole) continue;
    const instance = { ...scope, task, key: instanceKey(run, task) };
    const isRevived = whole.mapping
      ? await reviveInstances(context, instance, { whole, records: own })
      : await reviveWhole(context, instance, whole);
    if (isRevived) revived.push(task.taskId);
  }
  return revived;
}

/** One that waits for others has a gate, and is woken by it. */
async function reviveWhole(
  { metadata, clock, triggers }: ReviveContext,
  { key, run }: InstanceScope,
  { token, state, heldAt }: TaskInstanceRecord,
): Promise<boolean> {
  if (token === undefined || state !== null || isRecent(heldAt, clock.now())) return false;
  const { dagId, runId, taskId } = key;
  const gates = await metadata.gates.list({ dagId, runId, taskIds: [taskId] });
  if (gates.length > 0) return false;
  const { clearNumber } = run;
  await triggers.set({ ...key, clearNumber, pokes: 0, dueAt: clock.now(), isMapped: true });
  return true;
}

async function reviveInstances(
  context: ReviveContext,
  instance: InstanceScope,
  {
    whole: { token, mapping },
    records,
  }: { readonly whole: TaskInstanceRecord; readonly records: readonly TaskInstanceRecord[] },
): Promise<boolean> {
  const { clock, triggers, stateMachines } = context;
  const now = clock.now();
  if (isRecent(mapping?.expandedAt, now)) return false;
  const { messages, newlyEnded, isEnded } = await lookAtInstances(context, instance);
  if (newlyEnded.length > 0) await propagate(context, instance, newlyEnded);
  if (isEnded) {
    if (token !== undefined) await stateMachines.release(token);
    return false;
  }
  const recorded = new Set(records.map(({ mapIndex }) => mapIndex));
  const lost = messages.filter(({ mapIndex }) => !recorded.has(mapIndex));
  // Each is noted when it is looked at, so that the next one leaves it alone.
  await triggers.setAll(lost.map((message) => ({ ...message, looks: 1, leftAt: now })));
  return lost.length > 0;
}

function isRecent(moment: string | undefined, now: number): boolean {
  return Date.parse(moment ?? "") + LATE_MS > now;
}
