// What people do to a run, as transitions: the change that they want is recorded first, together
// with the next clear number. From then on no call of the run's execution begins anything, so that
// the change can be applied bit by bit, and by anyone.
import type { RunTransition } from "../dag-run.ts";
import { queueDeadlines } from "../deadlines/run-deadlines.ts";
import type { DagRunRecord } from "../records.ts";
import { isRunFinished } from "../states.ts";
import type { JsonObject } from "../values/json.ts";
import { toIso } from "../values/time.ts";
import type { PendingChange } from "./pending-change.ts";

/**
 * Says that a change of a run that has ended, and stays so, is being made: nobody would come upon
 * what a death leaves of it.
 */
export interface EndedRunChangeRecord {
  readonly dagId: string;
  readonly runId: string;
  /** Of the run before the change. */
  readonly clearNumber: number;
  /** UTC ISO text. */
  readonly begunAt: string;
}

/** The key of the note of a change that leaves a run ended; of each clear number there is one. */
export function endedRunChangeKey({ dagId, runId, clearNumber }: EndedRunChangeRecord): string {
  return `${dagId}/${runId}/${clearNumber}`;
}

/** Whether the run has ended before the change and after it, and something is to be done to it. */
export function leavesEnded({ state }: DagRunRecord, { set }: RunTransition): boolean {
  return isRunFinished(state) && isRunFinished(set.state ?? state) && set.pending !== undefined;
}

const ANY = ["queued", "running", "success", "failed"] as const;

/** The change is refused if the run has moved on. */
function asItIs({ state, clearNumber, deadlines }: DagRunRecord): Omit<RunTransition, "set"> {
  return { from: [state], clearNumber, ...(deadlines === undefined ? {} : { deadlines }) };
}

export interface ClearRunFacts {
  /** Epoch ms. */
  readonly now: number;
  readonly change: PendingChange & { readonly kind: "clear" };
  /** Whether a run that has ended is queued again. */
  readonly isQueued: boolean;
  /** The version that the run goes on with; absent: its own. */
  readonly versionHash?: string | undefined;
  readonly note?: string | undefined;
  /** Takes the place of the run's. */
  readonly conf?: JsonObject | undefined;
}

/**
 * Instances of the run are to be cleared: a run that has ended is queued again, one that goes on
 * does so in another execution (Airflow: clear_task_instances).
 */
export function clearRun(
  run: DagRunRecord,
  { now, change, isQueued, versionHash: newHash, note, conf }: ClearRunFacts,
): RunTransition {
  const { state, clearNumber, versionHash } = run;
  const queuedAt = toIso(now);
  const again = {
    state: "queued",
    startDate: undefined,
    endDate: undefined,
    reason: undefined,
    failure: undefined,
    isHeld: undefined,
  } as const;
  const hash = newHash ?? versionHash;
  return {
    ...asItIs(run),
    set: {
      clearNumber: clearNumber + 1,
      isChanged: true,
      versionHash: hash,
      pending: hash === versionHash ? change : { ...change, leaves: versionHash },
      ...(isQueued || !isRunFinished(state) ? { queuedAt, ...queueDeadlines(run, queuedAt) } : {}),
      ...(isQueued && isRunFinished(state) ? again : {}),
      ...(note === undefined ? {} : { note }),
      ...(conf === undefined ? {} : { conf }),
    },
  };
}

/**
 * The run is queued again, and goes on in another execution (Airflow: set_dag_run_state_to_queued).
 */
export function queueRun(run: DagRunRecord, now: number): RunTransition {
  const queuedAt = toIso(now);
  return {
    ...asItIs(run),
    set: {
      state: "queued",
      clearNumber: run.clearNumber + 1,
      queuedAt,
      ...queueDeadlines(run, queuedAt),
      startDate: undefined,
      endDate: undefined,
      reason: undefined,
      failure: undefined,
      isHeld: undefined,
      // Nothing is cleared, but the execution that goes on is to be left.
      pending: { kind: "clear", tasks: [] },
    },
  };
}

/** The run is for no partition any more. */
export function forgetPartition(): RunTransition {
  return { from: ANY, set: { partitionKey: undefined, partitionDate: undefined } };
}

/** The run is to be marked. */
export function beginMark(
  { state, clearNumber }: DagRunRecord,
  mark: "success" | "failed",
): RunTransition {
  return {
    from: [state],
    clearNumber,
    set: {
      clearNumber: clearNumber + 1,
      isChanged: true,
      pending: { kind: "mark", state: mark },
    },
  };
}

/** Instances of the run are to be marked; undefined if people have changed it before. */
export function changeInstances({
  isChanged,
}: Pick<DagRunRecord, "isChanged">): RunTransition | undefined {
  return isChanged ? undefined : { from: ANY, set: { isChanged: true } };
}

/** The run has the state that people have given it. */
export function endMark(
  { clearNumber, startDate, queuedAt, endDate }: DagRunRecord,
  { state, now }: { readonly state: "success" | "failed"; readonly now: number },
): RunTransition {
  return {
    from: ANY,
    clearNumber,
    set: {
      state,
      startDate: startDate ?? queuedAt,
      endDate: endDate ?? toIso(now),
      reason: undefined,
      failure: undefined,
      pending: undefined,
    },
  };
}

/** The run from which it was to take over is gone. */
export function failTakeOver(
  { clearNumber }: DagRunRecord,
  { from, now }: { readonly from: string; readonly now: number },
): RunTransition {
  const at = toIso(now);
  const note = `Run "${from}" was deleted before anything could be taken over from it`;
  return {
    from: ["queued", "running"],
    clearNumber,
    set: { state: "failed", startDate: at, endDate: at, pending: undefined, note },
  };
}

/** A note of people's; undefined removes it. */
export function noteRun(note: string | undefined): RunTransition {
  return { from: ANY, set: { note } };
}

/** What was asked of the run is done. */
export function changeDone({ clearNumber }: Pick<DagRunRecord, "clearNumber">): RunTransition {
  return { from: ANY, clearNumber, set: { pending: undefined } };
}
