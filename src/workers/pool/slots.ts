// A number of slots that callers wait for: the highest priority goes first, equal ones in their
// order. A free slot is given at the end of the turn of the event loop, so that it goes to the
// right one of those who ask together.

export interface SlotRequest {
  /** Asked when there are fewer slots than callers; 0 when absent. */
  readonly priority?: () => number;
  /** Aborting it ends the wait. */
  readonly signal?: AbortSignal;
}

export interface Slots {
  /**
   * Resolves with the function that releases the slot, or undefined when the signal was aborted
   * first.
   */
  take(request: SlotRequest): Promise<(() => void) | undefined>;
}

interface Caller {
  readonly askPriority: () => number;
  give(): void;
}

interface Ranked {
  readonly caller: Caller;
  readonly priority: number;
}

export function createSlots(count: number): Slots {
  /** Those who have asked in this turn, in their order. */
  const arrived = new Set<Caller>();
  /** Those who must wait, highest priority first. */
  const queue: Ranked[] = [];
  let taken = 0;
  let isGiving = false;

  function giveSoon(): void {
    if (isGiving || taken >= count || queue.length + arrived.size === 0) return;
    isGiving = true;
    process.nextTick(() => {
      isGiving = false;
      give();
    });
  }

  function give(): void {
    const hasEnough = queue.length + arrived.size <= count - taken;
    for (const caller of arrived) {
      if (hasEnough) queue.push({ caller, priority: 0 });
      else rank(caller);
    }
    arrived.clear();
    const next = queue.splice(0, count - taken);
    taken += next.length;
    for (const { caller } of next) caller.give();
  }

  function rank(caller: Caller): void {
    const priority = caller.askPriority();
    const behind = queue.findLastIndex((other) => other.priority >= priority);
    queue.splice(behind + 1, 0, { caller, priority });
  }

  function leave(caller: Caller): void {
    if (arrived.delete(caller)) return;
    const index = queue.findIndex((ranked) => ranked.caller === caller);
    if (index >= 0) queue.splice(index, 1);
  }

  function createRelease(): () => void {
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      taken -= 1;
      giveSoon();
    };
  }

  return {
    async take({ priority: askPriority = () => 0, signal }) {
      if (signal?.aborted) return undefined;
      return new Promise((resolve) => {
        const onAbort = (): void => {
          leave(caller);
          resolve(undefined);
        };
        const caller: Caller = {
          askPriority,
          give() {
            signal?.removeEventListener("abort", onAbort);
            resolve(createRelease());
          },
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        arrived.add(caller);
        giveSoon();
      });
    },
  };
}
