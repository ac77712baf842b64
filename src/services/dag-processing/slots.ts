// How many files are worked on at a time, so that one that takes long holds up no others.
import type { Clock } from "../../ports/platform.ts";

export interface SlottedWork {
  /** Resolves when the work has given its slot up: it has ended either way, or it takes long. */
  readonly passed: Promise<void>;
  /** Settles as the work does. */
  readonly done: Promise<void>;
}

export interface Slots {
  /** Starts the work as soon as a slot is free, first come, first served. */
  run(work: () => Promise<void>): SlottedWork;
}

/** Work that goes on for longer than `patienceMs` keeps running, but gives its slot to the next. */
export function createSlots({
  count,
  patienceMs,
  clock,
}: {
  readonly count: number;
  readonly patienceMs: number;
  readonly clock: Pick<Clock, "sleep">;
}): Slots {
  const waiting: (() => void)[] = [];
  let free = count;

  async function takeSlot(): Promise<void> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function giveSlot(): void {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }

  /** Resolves when the work has ended, or its time is over. */
  async function untilSlow(work: Promise<void>): Promise<void> {
    const ended = new AbortController();
    const patience = clock.sleep(patienceMs, ended.signal).catch(() => {});
    await Promise.race([work.catch(() => {}), patience]);
    ended.abort();
  }

  return {
    run(work) {
      const started = takeSlot().then(() => ({ running: work() }));
      const done = started.then(({ running }) => running);
      const passed = started.then(({ running }) => untilSlow(running)).then(giveSlot);
      return { passed, done };
    },
  };
}
