// Where user code runs: a worker thread on one machine, the Lambda's own process on AWS.
import type { CallbackCall, TaskCall, TaskOutcome } from "../model/task-call.ts";
import type { TaskServices } from "../model/task-services.ts";

export interface RunOptions {
  readonly bundleHash: string;
  /** Seconds; absent means no limit. */
  readonly timeout?: number;
  readonly signal: AbortSignal;
  readonly services: TaskServices;
  /** Asked when the try must wait for a thread: a higher one goes first, equal ones in their order. */
  priority(): number;
  /**
   * Awaited when a thread is free for the call, before anything of it runs (the try is recorded as running here);
   * false gives the thread up again, and `run` answers undefined.
   */
  onStart(): Promise<boolean>;
}

/** A try that ended without an outcome of its own. */
export interface DiedTry {
  readonly kind: "died";
  readonly reason: string;
  /** Whether it took longer than its `timeout`. */
  readonly timedOut?: boolean;
}

export interface TaskRunner {
  /** The longest that a worker lives, in seconds; absent where its death is always told. */
  readonly limit?: number;
  /**
   * Runs one try. Never rejects for what user code does: a thread that exits, runs out of memory or exceeds the
   * timeout answers `died` and harms no other task. Aborting the signal kills the try, which answers `died`.
   * Rejects only with what `onStart` rejected with. The call is read when `onStart` has resolved, not before.
   */
  run(call: TaskCall, options: RunOptions): Promise<TaskOutcome | DiedTry | undefined>;
  /** Runs callbacks of a DAG or of a task whose worker vanished; what they throw is logged only. */
  runCallbacks(
    call: CallbackCall,
    options: { readonly bundleHash: string; readonly services: TaskServices },
  ): Promise<void>;
}
