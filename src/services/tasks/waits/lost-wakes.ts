// Tasks that wait to be woken, and were not: whoever was to wake them has died, or its message was
// lost.
import { inputRequestKey } from "../../../model/ids.ts";
import type { TaskInstanceRecord } from "../../../model/records.ts";
import { decideAwaitedRun } from "../../../model/waits/awaited-runs.ts";
import { isWaitingState, type Wait } from "../../../model/waits/waits.ts";
import type { Platform } from "../../../ports/platform.ts";

/** After what time without a look a task counts as not woken, in ms. */
const LATE_MS = 300_000;

type LookContext = Pick<Platform, "metadata" | "clock">;

/** Whether what the task waits for has come, and nobody has told it. One read where it waits so. */
export async function hasMissedEnd(
  context: LookContext,
  known: TaskInstanceRecord,
): Promise<boolean> {
  const { state, wait, pokedAt = "" } = known;
  if (!isWaitingState(state) || wait === undefined) return false;
  if ((Date.parse(pokedAt) || 0) + LATE_MS > context.clock.now()) return false;
  return hasCome(context, known, wait);
}

async function hasCome(
  { metadata }: LookContext,
  known: TaskInstanceRecord,
  wait: Wait,
): Promise<boolean> {
  if (wait.kind === "input") {
    const key = inputRequestKey(known, known.tryNumber);
    return (await metadata.inputRequests.get(key))?.response !== undefined;
  }
  if (wait.kind !== "run") return false;
  const run = await metadata.runs.get(wait.dagId, wait.runId);
  return decideAwaitedRun(wait, run) !== undefined;
}
