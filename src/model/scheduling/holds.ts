// Transitions of instances that may not start though their dependencies let them: they wait for
// slots of a limit, or their DAG is paused. Nothing is polled meanwhile; whoever gives slots back or
// unpauses the DAG lets them go on.
import type { LimitClaim, SlotWaiter, TaskInstanceRecord } from "../records.ts";
import type { TaskInstanceState } from "../states.ts";
import type { TaskInstanceTransition } from "../task-instance.ts";
import { toIso } from "../values/time.ts";

type Known = TaskInstanceRecord | undefined;

/** States from which an instance may go on to a try, or wait for it. */
const STARTABLE: ReadonlySet<TaskInstanceState | null> = new Set([
  null,
  "scheduled",
  "queued",
  "up_for_retry",
  "up_for_reschedule",
]);

interface Slots {
  readonly limits: readonly LimitClaim[];
  /** Counts for an instance that has no record yet. */
  readonly maxTries: number;
}

/**
 * The instance has its slots and starts next; undefined if it may not start (Airflow: scheduled to
 * queued).
 */
export function queue(
  known: Known,
  { limits, maxTries }: Slots,
): TaskInstanceTransition | undefined {
  return toStart(known, {
    state: "queued",
    limits,
    message: undefined,
    ...(known ? {} : { maxTries }),
  });
}

/** The instance waits for slots; `message` says of what. Undefined if it may not start. */
export function waitForSlots(
  known: Known,
  {
    limits,
    waiter,
    message,
    maxTries,
  }: Slots & { readonly waiter: SlotWaiter; readonly message: string },
): TaskInstanceTransition | undefined {
  return toStart(known, {
    state: "scheduled",
    limits,
    waiter,
    message,
    ...(known ? {} : { maxTries }),
  });
}

/** It waits elsewhere, or for something else to be told. */
export function waitInstead(
  { tryNumber }: TaskInstanceRecord,
  { waiter, message }: { readonly waiter: SlotWaiter; readonly message: string },
): TaskInstanceTransition {
  return { from: ["scheduled"], tryNumber, set: { waiter, message } };
}

/**
 * It does not start since its DAG is paused; slots that it had or waited for are for others.
 * Undefined if it may not start anyway.
 */
export function pause(
  known: Known,
  { maxTries, now }: { readonly maxTries: number; readonly now: number },
): TaskInstanceTransition | undefined {
  const { state = null } = known ?? {};
  const paused = { pausedAt: toIso(now), ...(known ? {} : { maxTries }) };
  if (state === "queued" || state === "scheduled") {
    return toStart(known, { ...paused, state: "scheduled", message: undefined });
  }
  return toStart(known, paused);
}

/** Its DAG is no longer paused; whoever makes the change has it go on. */
export function unpause({ state, tryNumber }: TaskInstanceRecord): TaskInstanceTransition {
  return { from: [state], tryNumber, set: { pausedAt: undefined } };
}

/** What an instance waits for whose DAG is paused, in Airflow's words (DagUnpausedDep). */
export function describePause({ dagId }: Pick<TaskInstanceRecord, "dagId">): string {
  return `Task's DAG '${dagId}' is paused.`;
}

/** Whether it is let go on by somebody, and by no message of its own. */
export function isHeld(
  known: Pick<TaskInstanceRecord, "waiter" | "pausedAt"> | undefined,
): boolean {
  return known?.waiter !== undefined || known?.pausedAt !== undefined;
}

/** A poke of a sensor that had begun its try still belongs to that. */
function toStart(
  known: Known,
  set: TaskInstanceTransition["set"],
): TaskInstanceTransition | undefined {
  const { state = null, tryNumber = 0, pokes = 0 } = known ?? {};
  if (!STARTABLE.has(state)) return undefined;
  const resumes = state === "up_for_reschedule" && set.state !== undefined;
  return {
    from: [state],
    tryNumber,
    pokes,
    set: {
      pausedAt: undefined,
      ...set,
      ...(resumes ? { resumesTry: true } : {}),
    },
  };
}
