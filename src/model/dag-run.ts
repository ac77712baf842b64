// The state machine of a DAG run. Each event says from which state it is legal and what it changes;
// the metadata refuses the change if the run has moved on by then. What follows from an end is in
// services/runs/run-ends.ts.
import type { RunDeadline } from "./deadlines/records.ts";
import type { Changes, DagRunRecord, RunWaiter } from "./records.ts";
import type { DagRunState } from "./states.ts";
import type { RunFailure } from "./summaries/run-failure.ts";
import type { CallbackReason } from "./task-call.ts";
import { toIso } from "./values/time.ts";

/** A change of a run, with what must hold for it. */
export interface RunTransition {
  /** The change is refused unless the run is in one of these states. */
  readonly from: readonly DagRunState[];
  /** The change is refused unless the run has this clear number; absent: any. */
  readonly clearNumber?: number;
  /** The change is refused unless exactly these tasks wait for the run; absent: any. */
  readonly awaitedBy?: readonly RunWaiter[];
  /** The change is refused unless the run has exactly these deadlines; absent: any. */
  readonly deadlines?: readonly RunDeadline[];
  readonly set: Changes<Omit<DagRunRecord, "dagId" | "runId">>;
}

interface Moment {
  /** Epoch ms. */
  readonly now: number;
}

type Cleared = Pick<DagRunRecord, "clearNumber">;

/** A queued run starts. */
export function startRun({ now }: Moment): RunTransition {
  return {
    from: ["queued"],
    set: {
      state: "running",
      startDate: toIso(now),
      endDate: undefined,
      reason: undefined,
      failure: undefined,
      isHeld: undefined,
    },
  };
}

/**
 * A run whose execution could not be started waits again. The execution may have been started all
 * the same: with another clear number, none of its calls does anything.
 */
export function requeueRun({ clearNumber }: Cleared): RunTransition {
  return {
    from: ["running"],
    clearNumber,
    set: { state: "queued", startDate: undefined, clearNumber: clearNumber + 1 },
  };
}

/**
 * A running run goes on in another execution, since its own has failed for a limit of the engine.
 */
export function moveRun({ clearNumber }: Cleared): RunTransition {
  return { from: ["running"], clearNumber, set: { clearNumber: clearNumber + 1 } };
}

/**
 * Somebody is about to end the run for this reason; if that process dies, the next one ends it by
 * the reason.
 */
export function recordReason(
  { clearNumber }: Cleared,
  { reason }: { readonly reason: CallbackReason },
): RunTransition {
  return { from: ["running"], clearNumber, set: { reason } };
}

/** Waiters that a run remembers; others look for its end at intervals only. */
const MOST_WAITERS = 20;

/**
 * A task waits for the run or its tasks. Refused if another has said so meanwhile. Undefined if the
 * run remembers it, or no more of them.
 */
export function awaitRun(
  { awaitedBy = [] }: Pick<DagRunRecord, "awaitedBy">,
  waiter: RunWaiter,
): RunTransition | undefined {
  const { dagId, runId, taskId, mapIndex } = waiter;
  const isSame = (other: RunWaiter) =>
    other.dagId === dagId &&
    other.runId === runId &&
    other.taskId === taskId &&
    other.mapIndex === mapIndex;
  if (awaitedBy.length >= MOST_WAITERS || awaitedBy.some(isSame)) return undefined;
  const from = ["queued", "running"] as const;
  return { from, awaitedBy, set: { awaitedBy: [...awaitedBy, waiter] } };
}

/** No further task of a running run starts, or they may again. */
export function holdRun(isHeld: boolean): RunTransition {
  return { from: ["running"], set: { isHeld: isHeld ? true : undefined } };
}

/** A queued run never starts, since its backfill was cancelled. */
export function failQueued({ now }: Moment): RunTransition {
  return { from: ["queued"], set: { state: "failed", endDate: toIso(now) } };
}

/** A running run ends. */
export function endRun(
  { clearNumber }: Cleared,
  {
    state,
    reason,
    failure,
    now,
  }: Moment & {
    readonly state: "success" | "failed";
    readonly reason: CallbackReason;
    readonly failure?: RunFailure | undefined;
  },
): RunTransition {
  return { from: ["running"], clearNumber, set: { state, reason, failure, endDate: toIso(now) } };
}
