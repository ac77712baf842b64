// Schedules as one timer in this process: it holds the next moment of each DAG and looks at the clock at least once
// a second, so that a clock that jumps or a machine that slept delays nothing for longer.
import type { Clock } from "../ports/platform.ts";
import type { Schedules } from "../ports/schedules.ts";

const LONGEST_MS = 1_000;

export interface TimerSchedules extends Schedules {
  /** Moments by DAG, epoch ms. */
  readonly next: ReadonlyMap<string, number>;
  stop(): void;
}

/** `onDue` is called once for each DAG that is due; it is to set the DAG's next moment. */
export function createTimerSchedules(clock: Clock, onDue: (dagId: string) => void): TimerSchedules {
  const next = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let earliest = Number.POSITIVE_INFINITY;
  let stopped = false;

  function arm(): void {
    clearTimeout(timer);
    timer = undefined;
    if (stopped || earliest === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(fire, Math.min(LONGEST_MS, Math.max(0, earliest - clock.now())));
    timer.unref();
  }

  function fire(): void {
    const now = clock.now();
    if (now >= earliest) {
      const due: string[] = [];
      earliest = Number.POSITIVE_INFINITY;
      for (const [dagId, moment] of next) {
        if (moment <= now) due.push(dagId);
        else earliest = Math.min(earliest, moment);
      }
      for (const dagId of due) next.delete(dagId);
      for (const dagId of due) onDue(dagId);
    }
    arm();
  }

  return {
    next,
    async set({ dagId, nextFireAt }) {
      if (nextFireAt === undefined) {
        next.delete(dagId);
        return;
      }
      next.set(dagId, nextFireAt);
      if (nextFireAt < earliest) {
        earliest = nextFireAt;
        arm();
      }
    },
    async remove(dagId) {
      next.delete(dagId);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
