// Watches the calls of a worker for their two limits, time and memory.
import type { StartedWorker } from "./started-worker.ts";

export interface CallLimits {
  /** Seconds; absent means no limit. */
  readonly seconds: number | undefined;
  readonly memoryMb: number;
  readonly onTimeout: () => void;
  readonly onMemory: () => void;
}

const MEMORY_WATCH_MS = 250;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const MB = 1024 * 1024;

/** Of one worker, whose calls follow one another. */
export class CallWatch {
  readonly #worker: Pick<StartedWorker, "usedBytes">;
  #limits: CallLimits | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Outlives short calls: a timer for each would cost more than the look. */
  #memoryTimer: NodeJS.Timeout | undefined;

  constructor(worker: Pick<StartedWorker, "usedBytes">) {
    this.#worker = worker;
  }

  begin(limits: CallLimits): void {
    this.#limits = limits;
    if (limits.seconds !== undefined) this.#armTimeout(limits.seconds * 1_000);
    this.#memoryTimer ??= setTimeout(this.#lookAtMemory, MEMORY_WATCH_MS).unref();
  }

  end(): void {
    this.#limits = undefined;
    clearTimeout(this.#timer);
  }

  #armTimeout(ms: number): void {
    this.#timer = setTimeout(
      () => {
        if (ms > LONGEST_TIMER_MS) this.#armTimeout(ms - LONGEST_TIMER_MS);
        else this.#limits?.onTimeout();
      },
      Math.min(ms, LONGEST_TIMER_MS),
    );
  }

  readonly #lookAtMemory = async (): Promise<void> => {
    const limits = this.#limits;
    const usedBytes = limits ? await this.#worker.usedBytes() : 0;
    this.#memoryTimer = undefined;
    if (!this.#limits) return;
    if (this.#limits === limits && usedBytes > limits.memoryMb * MB) limits.onMemory();
    else this.#memoryTimer = setTimeout(this.#lookAtMemory, MEMORY_WATCH_MS).unref();
  };
}
