// Calls of a worker that nobody waited for, and that have failed as the platform reports: the
// worker died, or could not do what it was called for. Without the report, a message would find
// that out when the longest time of a worker is over.
import type { TaskInstanceRecord } from "../../model/records.ts";
import { saysDied } from "../../model/scheduling/deferrals.ts";
import { isHeld } from "../../model/scheduling/holds.ts";
import { dueOf } from "../../model/scheduling/sensors.ts";
import { isFinished, isUnderWay } from "../../model/states.ts";
import type { ServiceContext } from "../service-context.ts";
import { leaveNext, recordUnbegunDeath } from "../tasks/message-calls.ts";
import { finishEnd } from "../tasks/task-ends.ts";
import { recordDeath } from "../tasks/try-ends.ts";
import type { InstanceScope } from "../tasks/verdicts.ts";

/** Which call of the triggerer's has failed. */
export interface FailedCall {
  readonly callId: string;
  /** The pokes after which the task was to run. */
  readonly pokes: number;
  /** Name of the error that it ended with; absent for a call that was never made. */
  readonly error?: string;
  /** For people. */
  readonly reason?: string;
}

/** When a task is called again whose call has failed before a try began; in ms. */
const AGAIN_MS = 10_000;

/** Does what is left to do after the call. Repeating is safe. */
export async function followFailedCall(
  context: ServiceContext,
  instance: InstanceScope,
  failed: FailedCall,
): Promise<void> {
  const known = await context.metadata.taskInstances.get(instance.key);
  if (known && isFinished(known.state)) {
    return finishEnd(context, instance, known, { isRepeated: true });
  }
  if (known && isUnderWay(known.state)) {
    if (!isBegunBy(known, failed)) return;
    return leaveNext(context, instance, await recordDeath(context, instance, known));
  }
  const { pokes, error, reason } = failed;
  if (error !== undefined && saysDied(error)) {
    const why = reason === undefined ? error : `${error}: ${reason}`;
    return recordUnbegunDeath(context, instance, { pokes, reason: why });
  }
  if (known) await callAgain(context, instance, { known, failed });
}

function isBegunBy(known: TaskInstanceRecord, { callId, pokes }: FailedCall): boolean {
  return known.pokedBy === "triggerer" && known.callId === callId && known.pokes === pokes + 1;
}

/**
 * A task whose moment had come is called again soon: its call was never made, or says itself that
 * it could do nothing yet. One that had never begun has a message that does so. As this one counts
 * as a later look, those that were left before do nothing any more.
 */
async function callAgain(
  { clock, triggers }: ServiceContext,
  { key, run: { clearNumber } }: InstanceScope,
  { known, failed: { pokes } }: { readonly known: TaskInstanceRecord; readonly failed: FailedCall },
): Promise<void> {
  const now = clock.now();
  const dueAt = dueOf(known);
  const isFor = (known.pokes ?? 0) === pokes && !isHeld(known);
  if (!isFor || dueAt === undefined || dueAt > now) return;
  const message = { pokes, dueAt: now + AGAIN_MS, looks: 1, leftAt: now };
  await triggers.set({ ...key, clearNumber, ...message });
}
