// Airflow's CronDataIntervalTimetable: a run covers the time from one tick to the next, and starts
// at its end.
import type { CronExpression } from "./cron-expression.ts";
import { type IntervalRules, nextIntervalRun } from "./data-interval.ts";
import { createCronTicks } from "./ticks.ts";
import type { Timetable } from "./timetable.ts";

export function createCronDataInterval(cron: CronExpression, timezone: string): Timetable {
  const ticks = createCronTicks(cron, timezone);
  const rules: IntervalRules = {
    ticks,
    lastCompleteStart(now) {
      const lastStart = ticks.previous(now);
      // An interval that ends right now is complete.
      return ticks.next(lastStart) === now ? lastStart : ticks.previous(lastStart);
    },
  };
  return {
    nextRun: (query) => nextIntervalRun(rules, query),
    inferManualDataInterval(runAfter) {
      const end = ticks.alignToPrevious(runAfter);
      return { start: ticks.previous(end), end };
    },
    summary: cron.text,
  };
}
