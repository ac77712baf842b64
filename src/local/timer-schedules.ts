// Schedules as one timer in this process: it holds the next moment of each DAG and looks at the
// clock at least once a second, so that a clock that jumps or a machine that slept delays nothing
// for longer.
import type { Clock, Reporter } from "../ports/platform.ts";
import type { Schedules } from "../ports/schedules.ts";

const LONGEST_MS = 1_000;
/** When a DAG is called again whose call failed. */
const AGAIN_MS = 60_000;

export interface TimerSchedules extends Schedules {
  /** Moments by DAG, epoch ms. */
  readonly next: ReadonlyMap<string, number>;
  /** Calls for the DAG now. Never rejects: what fails is reported, and called again in a minute. */
  call(dagId: string): Promise<void>;
  stop(): void;
}

export interface TimerSchedulesOptions {
  readonly clock: Clock;
  readonly report: Pick<Reporter, "error">;
  /** Called once for each DAG that is due; it is to set the DAG's next moment. */
  onDue(dagId: string): Promise<void>;
}

/** Nothing is set at first. */
export function createTimerSchedules({
  clock,
  report,
  onDue,
}: TimerSchedulesOptions): TimerSchedules {
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
      for (const dagId of due) void call(dagId);
    }
    arm();
  }

  async function call(dagId: string): Promise<void> {
    try {
      await onDue(dagId);
    } catch (problem) {
      if (stopped) return;
      report.error(`DAG "${dagId}" could not be scheduled: ${String(problem)}`);
      put(dagId, Math.min(next.get(dagId) ?? Infinity, clock.now() + AGAIN_MS));
    }
  }

  function put(dagId: string, moment: number): void {
    next.set(dagId, moment);
    if (moment >= earliest) return;
    earliest = moment;
    arm();
  }

  return {
    next,
    async set({ dagId, nextFireAt }) {
      if (nextFireAt === undefined) next.delete(dagId);
      else put(dagId, nextFireAt);
    },
    async remove(dagId) {
      next.delete(dagId);
    },
    call,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
