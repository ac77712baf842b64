// What is told when something has failed for good: the payload of notifications, from the services
// to the notifier.
import type { RunDeadline } from "./deadlines/records.ts";
import { deadlineId } from "./deadlines/run-deadlines.ts";
import { UNMAPPED } from "./instance-key.ts";
import type { CallbackReason } from "./task-call.ts";

interface FailedRun {
  /** The same whenever the same failure is told again, and of no other failure. */
  readonly id: string;
  readonly dagId: string;
  readonly runId: string;
}

/** A task that failed by its own last try. */
export interface TaskFailed extends FailedRun {
  readonly kind: "task-failed";
  readonly taskId: string;
  /** Absent for a task that isn't mapped. */
  readonly mapIndex?: number;
  readonly tryNumber: number;
  readonly message: string;
}

/** A run that failed otherwise than by a failed task, which is told by itself. */
export interface RunFailed extends FailedRun {
  readonly kind: "run-failed";
  readonly reason: CallbackReason;
}

/** A run that had not succeeded by the deadline of one of its DAG's alerts. */
export interface DeadlineMissed extends FailedRun {
  readonly kind: "deadline-missed";
  /** That of the alert. */
  readonly name?: string;
  /** UTC ISO text. */
  readonly deadlineTime: string;
}

export type FailureEvent = TaskFailed | RunFailed | DeadlineMissed;

interface Execution {
  readonly dagId: string;
  readonly runId: string;
  readonly clearNumber: number;
}

/**
 * `tryNumber` is 0 when no try of the task has started. Tries count on when a run is cleared, so a
 * task that failed before and was not cleared is not a new event.
 */
export function taskFailed(
  { dagId, runId }: Pick<Execution, "dagId" | "runId">,
  task: Pick<TaskFailed, "taskId" | "tryNumber" | "mapIndex"> & {
    readonly message?: string | undefined;
  },
): TaskFailed {
  const { taskId, mapIndex = UNMAPPED, tryNumber, message = "failed" } = task;
  const mapped = mapIndex === UNMAPPED ? {} : { mapIndex };
  const id = JSON.stringify([dagId, runId, taskId, tryNumber, ...Object.values(mapped)]);
  return { kind: "task-failed", id, dagId, runId, taskId, ...mapped, tryNumber, message };
}

export function runFailed(
  { dagId, runId, clearNumber }: Execution,
  reason: CallbackReason,
): RunFailed {
  return {
    kind: "run-failed",
    id: JSON.stringify([dagId, runId, clearNumber]),
    dagId,
    runId,
    reason,
  };
}

export function deadlineMissed(
  { dagId, runId }: Pick<Execution, "dagId" | "runId">,
  deadline: RunDeadline,
): DeadlineMissed {
  const { name, deadlineTime } = deadline;
  const id = JSON.stringify([deadlineId({ dagId, runId }, deadline), deadlineTime]);
  const named = name === undefined ? {} : { name };
  return { kind: "deadline-missed", id, dagId, runId, ...named, deadlineTime };
}

const KINDS: readonly unknown[] = ["task-failed", "run-failed", "deadline-missed"];

/** Reads an event from the text that it crossed a queue as; throws when it is none. */
export function parseFailureEvent(text: string): FailureEvent {
  const event: Partial<FailureEvent> = JSON.parse(text);
  if (!KINDS.includes(event.kind)) {
    throw new Error(`A notification of kind "${String(event.kind)}" is not known`);
  }
  return event as FailureEvent;
}
