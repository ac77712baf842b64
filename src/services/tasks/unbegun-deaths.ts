// A worker that dies before it has recorded the try that it was called for: the function can't start,
// or is killed at its start. The try counts as one that has failed, so that it takes its turn with
// the others: the task is not called without end.
import { isHeld } from "../../model/scheduling/holds.ts";
import { dueOf } from "../../model/scheduling/sensors.ts";
import { poke } from "../../model/task-instance.ts";
import type { ServiceContext } from "../service-context.ts";
import { addLogLine } from "./log-line.ts";
import { leaveNext } from "./message-calls.ts";
import { recordFailure } from "./try-ends.ts";
import type { InstanceScope } from "./verdicts.ts";

/**
 * Records the try after so many pokes as begun and failed; nothing happens if it has begun, or waits
 * for something else. Whoever dies in between leaves a try that has not ended, as its worker would
 * have. Repeating is safe.
 */
export async function recordUnbegunDeath(
  context: ServiceContext,
  instance: InstanceScope,
  { pokes, reason }: { readonly pokes: number; readonly reason: string },
): Promise<void> {
  const { clock, metadata } = context;
  const { key, task } = instance;
  const known = await metadata.taskInstances.get(key);
  const now = clock.now();
  if ((known?.pokes ?? 0) !== pokes || isHeld(known) || (dueOf(known) ?? now) > now) return;
  const change = poke(known, { maxTries: task.retries, now, pokedBy: "triggerer" });
  const started = change && (await metadata.taskInstances.update({ key, ...change }));
  if (!started) return;
  const message = `the worker died before the ${task.sensor ? "poke" : "try"} began: ${reason}`;
  await addLogLine(context, started, { level: "error", event: message });
  const error = { name: "WorkerDied", message };
  await leaveNext(context, instance, await recordFailure(context, instance, { started, error }));
}
