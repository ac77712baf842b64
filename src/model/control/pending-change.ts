// A change that people have asked of a run, as it is recorded with the run until it is done.
import type { TaskInstanceState } from "../states.ts";

/** A task with all its instances, or one of its map indexes. */
export type TaskSelector = string | readonly [taskId: string, mapIndex: number];

/** Which task instances of a run are to be cleared. */
export interface ClearSelection {
  /** Absent: all tasks. */
  readonly tasks?: readonly TaskSelector[];
  /** Only instances in these states; absent: in any. */
  readonly states?: readonly TaskInstanceState[];
  /** The note that they get. */
  readonly note?: string;
}

/**
 * A change of a run and its instances that takes several writes. It is recorded first, so that
 * whoever takes the run up completes it.
 */
export type PendingChange =
  | ({
      readonly kind: "clear";
      /** The version of the execution that the run leaves; absent: the one that it goes on with. */
      readonly leaves?: string;
    } & ClearSelection)
  /** A new run takes over from an earlier run of the DAG all but the tasks that are to run. */
  | { readonly kind: "take-over"; readonly runId: string; readonly tasks: readonly TaskSelector[] }
  /** The run is marked, and its instances with it. */
  | { readonly kind: "mark"; readonly state: "success" | "failed" };
