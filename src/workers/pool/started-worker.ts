// A started worker as its pool sees it: a thread (thread-workers.ts) or a process
// (process-workers.ts).
import type { HostMessage, WorkerMessage } from "../messages.ts";
import type { Death } from "./deaths.ts";

export interface WorkerEvents {
  onMessage(message: WorkerMessage): void;
  /** Why it is about to be gone, where something said so. */
  onDeath(death: Death): void;
  /** It is gone, and all its messages have been delivered; `death` is what its end looked like. */
  onGone(death: Death): void;
}

export interface StartedWorker {
  post(message: HostMessage): void;
  /** Whether the process of the pool lives as long as it. */
  ref(): void;
  unref(): void;
  /** Resolves when it is gone. */
  terminate(): Promise<unknown>;
  /** It was terminated and isn't gone; nobody waits for it any longer. */
  abandon(): void;
  /** Bytes that its calls have in use; 0 when it is ending. */
  usedBytes(): Promise<number>;
  /** Text that it had not written when it ended; "" where it leaves none. */
  takeUnwritten(): string;
}

/** What the workers of a pool are. */
export interface WorkerKind {
  start(events: WorkerEvents): StartedWorker;
  /**
   * A worker that is found to use more memory during a call is ended; it is looked at a few times
   * a second.
   */
  readonly memoryLimitMb: number;
  /** What such a call dies of. */
  readonly outOfMemory: Death;
}
