// A number of slots that callers wait for: the highest priority goes first, equal ones in their order.

export interface SlotRequest {
  /** Asked when the caller must wait; 0 when absent. */
  readonly priority?: () => number;
  /** Aborting it ends the wait. */
  readonly signal?: AbortSignal;
}

export interface Slots {
  /** Resolves with the function that releases the slot, or undefined when the signal was aborted first. */
  take(request: SlotRequest): Promise<(() => void) | undefined>;
}

interface Waiting {
  readonly priority: number;
  give(): void;
}

export function createSlots(count: number): Slots {
  /** Highest priority first. */
  const queue: Waiting[] = [];
  let taken = 0;

  /** A slot goes from hand to hand while callers wait. */
  function createRelease(): () => void {
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      const next = queue.shift();
      if (next) next.give();
      else taken -= 1;
    };
  }

  function wait({ priority, signal }: SlotRequest): Promise<(() => void) | undefined> {
    const own = priority?.() ?? 0;
    return new Promise((resolve) => {
      const waiting: Waiting = {
        priority: own,
        give() {
          signal?.removeEventListener("abort", leave);
          resolve(createRelease());
        },
      };
      const leave = (): void => {
        queue.splice(queue.indexOf(waiting), 1);
        resolve(undefined);
      };
      const behind = queue.findLastIndex((other) => other.priority >= own);
      queue.splice(behind + 1, 0, waiting);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  return {
    async take(request) {
      if (request.signal?.aborted) return undefined;
      if (taken >= count) return wait(request);
      taken += 1;
      return createRelease();
    },
  };
}
