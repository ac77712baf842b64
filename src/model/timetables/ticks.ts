// Ticks of a cron expression in a time zone, with Airflow's answers to clock changes (Airflow:
// timetables/_cron.py).
import { fromWallClock, toWallClock } from "../values/time-zones.ts";
import type { CronExpression } from "./cron-expression.ts";
import { nextTick, previousTick } from "./cron-ticks.ts";

/**
 * All times are epoch ms. "Aligned" means: the time itself if it is a tick, else the next or
 * previous one.
 */
export interface Ticks {
  next(after: number): number;
  previous(before: number): number;
  alignToNext(at: number): number;
  alignToPrevious(at: number): number;
}

/**
 * Where the clocks go back, a tick inside the doubled hour comes once, the second time; where they
 * go forward, a tick inside the skipped hour moves on by that hour. A schedule that leaves out no
 * hour goes by elapsed time instead.
 */
export function createCronTicks(cron: CronExpression, timezone: string): Ticks {
  function step(from: number, direction: typeof nextTick): number {
    const wall = toWallClock(from, timezone);
    const tick = direction(cron, wall);
    if (tick === undefined) {
      const day = new Date(from).toISOString();
      throw new RangeError(`cron "${cron.text}" has no tick within 50 years of ${day}`);
    }
    return cron.coversEveryHour ? from + (tick - wall) : fromWallClock(tick, timezone);
  }
  const next = (after: number) => step(after, nextTick);
  const previous = (before: number) => step(before, previousTick);
  return {
    next,
    previous,
    alignToNext(at) {
      const tick = next(at);
      return previous(tick) === at ? at : tick;
    },
    alignToPrevious(at) {
      const tick = previous(at);
      return next(tick) === at ? at : tick;
    },
  };
}

/** Ticks every `deltaMs`, counted from wherever one stands (Airflow: timetables/_delta.py). */
export function createDeltaTicks(deltaMs: number): Ticks {
  return {
    next: (after) => after + deltaMs,
    previous: (before) => before - deltaMs,
    alignToNext: (at) => at,
    alignToPrevious: (at) => at,
  };
}
