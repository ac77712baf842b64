// The events of a task instance that waits for something, which keep its state.
import type { TaskInstanceRecord } from "../records.ts";
import type { TaskInstanceTransition } from "../task-instance.ts";
import { toIso } from "../values/time.ts";
import { isWaitingState, type Wait } from "./waits.ts";

/** What the instance waits for goes on. Counts as a poke, so that of several looks one counts. */
export function waitOn(
  record: TaskInstanceRecord,
  {
    wakeAt,
    message,
    wait,
    now,
  }: {
    /** Epoch ms, as `wakeAt`. */
    readonly now: number;
    readonly wakeAt: number | undefined;
    readonly message: string;
    readonly wait?: Wait | undefined;
  },
): TaskInstanceTransition | undefined {
  const { state, pokes = 0, tryNumber } = record;
  if (!isWaitingState(state)) return undefined;
  return {
    from: [state],
    tryNumber,
    pokes,
    set: {
      pokes: pokes + 1,
      pokedAt: toIso(now),
      wakeAt: wakeAt === undefined ? undefined : toIso(wakeAt),
      message,
      ...(wait && { wait }),
    },
  };
}
