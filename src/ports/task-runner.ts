// Where user code runs, apart from the product's own. The worker reserves a slot, records the try
// as running, runs it in the slot, and releases the slot.
import type { TaskInstanceKey } from "../model/records.ts";
import type { CallbackCall, TaskCall, TaskOutcome } from "../model/task-call.ts";
import type { TaskServices } from "../model/task-services.ts";

export interface ReserveOptions {
  /** Whose try it is. */
  readonly instance: TaskInstanceKey;
  /** The code of the try, which is fetched before there is a slot. */
  readonly bundleHash: string;
  /** Aborting it ends the wait for a slot. */
  readonly signal: AbortSignal;
  /** Asked when the try must wait: a higher one goes first, equal ones in their order. */
  priority(): number;
}

export interface RunOptions {
  readonly bundleHash: string;
  /** Seconds; absent means no limit. */
  readonly timeout?: number;
  readonly signal: AbortSignal;
  readonly services: TaskServices;
  /**
   * Runs the try in a process of its own, if the runner can: what kills that process is the try's
   * death, not the server's. Absent: false.
   */
  readonly isIsolated?: boolean;
}

/** A try that ended without an outcome of its own. */
export interface DiedTry {
  readonly kind: "died";
  readonly reason: string;
  /** Whether it took longer than its `timeout`. */
  readonly timedOut?: boolean;
}

/** The right to run one try now. */
export interface Slot {
  /**
   * Runs one try; at most once per slot. Never rejects for what user code does: one that exits,
   * crashes, runs out of memory or exceeds the timeout answers `died` and harms no other task, and
   * so does one whose bundle is gone. Aborting the signal kills the try, which answers `died`.
   */
  run(call: TaskCall, options: RunOptions): Promise<TaskOutcome | DiedTry>;
  /** Gives the slot to the next try that waits. Repeating does nothing. */
  release(): void;
}

export interface TaskRunner {
  /** Whether it can run a try in a process of its own; absent: false. */
  readonly canIsolate?: boolean;
  /** The longest that a worker lives, in seconds; absent where its death is always reported. */
  readonly limit?: number;
  /**
   * What it usually means when a worker dies without a report, for people; absent where unknown.
   */
  readonly silentDeath?: string;
  /**
   * Waits until a try may run. Undefined when the signal was aborted first. Rejects when the bundle
   * can't be fetched now, which is no fault of the try. The caller must release the slot, whatever
   * happens.
   */
  reserve(options: ReserveOptions): Promise<Slot | undefined>;
  /**
   * Since when the instance's try waits for a slot here, epoch ms (Airflow: queued); undefined when
   * it does not. Absent where tries wait elsewhere.
   */
  queuedSince?(instance: TaskInstanceKey): number | undefined;
  /**
   * Stops the instance's try, if it runs here: its signal fires, after a grace it is killed, and it
   * answers `died`. Absent where tries run elsewhere, and find out by themselves.
   */
  stop?(instance: TaskInstanceKey, reason: string): void;
  /** Runs callbacks of a DAG or of a task whose worker vanished; what they throw is logged only. */
  runCallbacks(
    call: CallbackCall,
    options: {
      readonly bundleHash: string;
      readonly services: TaskServices;
      /** Of the DAG; absent where it has none. */
      readonly role?: string;
    },
  ): Promise<void>;
}
