// What a worker is asked to run and what it answers: pure JSON, so it crosses threads, processes
// and Lambda alike.

import type { OutletEvent } from "./assets/documents.ts";
import type { DagRunState, DagRunType } from "./states.ts";
import type { Json, JsonObject } from "./values/json.ts";
import type { Wait } from "./waits/waits.ts";

/** Longest JSON text of one task's result, in bytes of UTF-8 (16 MiB). */
export const MAX_RESULT_BYTES = 16 * 1024 * 1024;

/**
 * The run that a task instance belongs to. Times are UTC ISO text; `null` where Airflow has None.
 */
export interface TaskCallRun {
  readonly runType: DagRunType;
  /**
   * `null` for a run without a logical date (Airflow 3: manual, asset): then `ds`, `ts` … are
   * absent.
   */
  readonly logicalDate: string | null;
  readonly dataIntervalStart: string | null;
  readonly dataIntervalEnd: string | null;
  readonly runAfter: string;
  /** The partition that the run is for; absent where it is for none. */
  readonly partitionKey?: string;
  /** Start of the period that the key stands for; absent where it stands for none. */
  readonly partitionDate?: string;
  /** `null` while the run is queued. */
  readonly startDate: string | null;
  /** The run's `conf` as triggered; `{}` when none was given. */
  readonly conf: { readonly [key: string]: Json };
}

/** One try of one task instance. */
export interface TaskCall {
  readonly dagId: string;
  readonly taskId: string;
  readonly runId: string;
  /** 1 for the first try. */
  readonly tryNumber: number;
  /**
   * Tries allowed besides the first (Airflow: retries when the instance was created or last
   * cleared).
   */
  readonly maxTries: number;
  /** -1 unless the task is mapped. */
  readonly mapIndex: number;
  readonly run: TaskCallRun;
  /** Values of the DAG's params for this run: defaults, overridden by `conf`. */
  readonly params: { readonly [name: string]: Json };
  /**
   * JSON text of the return value of each task in `TaskDocument.reads`, by task id.
   * An upstream without an XCom (skipped, failed, returned undefined) is absent and reads as null.
   */
  readonly reads: { readonly [taskId: string]: string };
  /** Present on an instance of a mapped task, or of a task in a mapped group. */
  readonly mapped?: MappedCall;
}

/** What an instance gets of what its task, or the group around it, is mapped over. */
export interface MappedCall {
  /** Instances of the task. */
  readonly count: number;
  /** Position in the list of each argument. */
  readonly positions: { readonly [argument: string]: number };
  /**
   * Of mapped tasks that it is mapped over: how many results there are, and the JSON text of those
   * that the instance needs, by position. All of them where it reads the list as a whole: then the
   * task is in `reads`.
   */
  readonly items: {
    readonly [taskId: string]: {
      readonly length: number;
      readonly values: { readonly [position: number]: string };
    };
  };
}

export interface TaskError {
  /** Class of the error: "TypeError", "FailTask" … */
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

/** What a retry policy says of a failure, besides whether it may be retried. */
export interface RetryAdvice {
  /** Seconds until the next try, in the place of the task's own delay. */
  readonly delay?: number;
  /** For people. */
  readonly reason?: string;
}

/** How a try ended, and what there is to show of it. */
export type TaskOutcome = Ending & {
  /** Template fields as they were rendered, by name; absent where there are none. */
  readonly renderedFields?: JsonObject;
  /** Label of an instance of a mapped task; absent where there is none. */
  readonly renderedMapIndex?: string;
};

type Ending =
  /**
   * `result` is the JSON text of the return value; absent when the task returned undefined (no
   * XCom).
   */
  | {
      readonly kind: "success";
      readonly result?: string;
      /** What the task said of its outlets; absent where it said nothing. */
      readonly outletEvents?: readonly OutletEvent[];
    }
  | { readonly kind: "skipped"; readonly message?: string }
  /** A sensor's poke said "not yet"; it is poked again later, within the same try. */
  | { readonly kind: "reschedule" }
  /**
   * The task waits for this, and ends without its code when that has come (Airflow: TaskDeferred).
   */
  | { readonly kind: "deferred"; readonly wait: Wait }
  /** `retry` false forbids further tries (FailTask); true leaves it to the tries left. */
  | {
      readonly kind: "failed";
      readonly retry: boolean;
      readonly error: TaskError;
      readonly advice?: RetryAdvice;
    };

/** Why callbacks run (Airflow: context["reason"]); tasks' own callbacks have none. */
export type CallbackReason = "success" | "task_failure" | "all_tasks_deadlocked" | "timed_out";

/** Runs the callbacks of a task, or of the DAG when `taskId` is absent. */
export interface CallbackCall {
  readonly call: Omit<TaskCall, "taskId" | "reads"> & { readonly taskId?: string };
  /** A DAG has "success", "failure" and "deadline" only, a task all others. */
  readonly kind: "success" | "failure" | "retry" | "skipped" | "deadline";
  /** The error that ended the try (failure, retry). */
  readonly error?: TaskError;
  readonly reason?: CallbackReason;
  /** Of a DAG's callbacks: the task instance that the run's end is put down to, if there is one. */
  readonly lastTi?: Pick<TaskCall, "taskId" | "tryNumber" | "maxTries" | "mapIndex">;
  /** What the run has missed; `alert` is the place of its alert among those of the DAG. */
  readonly deadline?: {
    readonly alert: number;
    readonly id: string;
    readonly name?: string;
    readonly deadlineTime: string;
  };
  /** State of the run when known, for the context's `dagRun.state`. */
  readonly runState?: DagRunState;
}
