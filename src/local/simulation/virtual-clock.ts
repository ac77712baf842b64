// A clock that stands until it is told to go on, and schedules that follow it.
import type { Clock, Reporter } from "../../ports/platform.ts";
import type { Schedules } from "../../ports/schedules.ts";

export interface VirtualClock extends Clock {
  /** The next moment that something sleeps until; Infinity when nothing does. */
  readonly nextAt: number;
  /** Sets the time and wakes nobody. */
  set(now: number): void;
  /** Lets time pass until this moment; wakes who slept until then. */
  advanceTo(moment: number): void;
  /** Forgets all sleepers, as the death of the process does. */
  clear(): void;
}

export function createVirtualClock(begin: number): VirtualClock {
  let now = begin;
  /**
   * In the order in which they fell asleep. There may be thousands, most of which are woken early.
   */
  const sleepers = new Set<{ readonly at: number; wake(): void }>();
  return {
    now: () => now,
    get nextAt() {
      let next = Number.POSITIVE_INFINITY;
      for (const { at } of sleepers) next = Math.min(next, at);
      return next;
    },
    set(moment) {
      now = moment;
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (ms <= 0 || signal?.aborted) return resolve();
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.add(sleeper);
        const wakeEarly = () => {
          sleepers.delete(sleeper);
          resolve();
        };
        signal?.addEventListener("abort", wakeEarly, { once: true });
      }),
    advanceTo(moment) {
      now = Math.max(now, moment);
      const due = [...sleepers].filter(({ at }) => at <= now);
      for (const sleeper of due) sleepers.delete(sleeper);
      for (const { wake } of due) wake();
    },
    clear() {
      sleepers.clear();
    },
  };
}

/** When a DAG is called again whose call failed, as on one machine. */
const AGAIN_MS = 60_000;

/** Calls `onDue` at the moment that was set last for a DAG. */
export function createVirtualSchedules({
  clock,
  report,
  onDue,
}: {
  readonly clock: Clock;
  readonly report: Pick<Reporter, "error">;
  onDue(dagId: string): Promise<void>;
}): Schedules {
  const waits = new Map<string, AbortController>();

  async function wait(dagId: string, moment: number): Promise<void> {
    const own = new AbortController();
    waits.set(dagId, own);
    await clock.sleep(moment - clock.now(), own.signal);
    if (own.signal.aborted) return;
    try {
      await onDue(dagId);
    } catch (problem) {
      report.error(String(problem));
      void wait(dagId, clock.now() + AGAIN_MS);
    }
  }

  return {
    async set({ dagId, nextFireAt }) {
      waits.get(dagId)?.abort();
      waits.delete(dagId);
      if (nextFireAt !== undefined) void wait(dagId, nextFireAt);
    },
    async remove(dagId) {
      waits.get(dagId)?.abort();
      waits.delete(dagId);
    },
  };
}
