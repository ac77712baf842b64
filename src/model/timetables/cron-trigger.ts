// Airflow's CronTriggerTimetable: runs at the ticks of a cron expression. What a plain cron text
// means.
import type { CronExpression } from "./cron-expression.ts";
import { createCronTicks } from "./ticks.ts";
import type { Timetable } from "./timetable.ts";
import { nextTriggeredRun, type TriggerRules } from "./trigger.ts";

const SHORTEST_BUFFER_MS = 5 * 60_000;

export interface CronTriggerOptions {
  readonly timezone: string;
  /** Length of the data interval that ends at each tick. */
  readonly intervalMs: number;
  /**
   * Without a start date: run for the past tick at once; a number of ms: only if it was so long ago
   * at most.
   */
  readonly runImmediately: boolean | number;
}

export function createCronTrigger(cron: CronExpression, options: CronTriggerOptions): Timetable {
  const { intervalMs } = options;
  const rules = cronTriggerRules(cron, options);
  return {
    nextRun: (query) => nextTriggeredRun(rules, query),
    inferManualDataInterval: (runAfter) => ({ start: runAfter - intervalMs, end: runAfter }),
    summary: cron.text,
  };
}

/** The rules by which runs follow the ticks of a cron expression. */
export function cronTriggerRules(
  cron: CronExpression,
  { timezone, intervalMs, runImmediately }: CronTriggerOptions,
): TriggerRules {
  const ticks = createCronTicks(cron, timezone);
  return {
    ticks,
    intervalMs,
    firstRun(now) {
      const past = ticks.alignToPrevious(now);
      if (runImmediately === true) return past;
      const next = ticks.alignToNext(now);
      // `false` is not "never": Airflow falls through to its default buffer.
      const buffer =
        runImmediately === false
          ? Math.max((next - past) / 10, SHORTEST_BUFFER_MS)
          : runImmediately;
      return now - past <= buffer ? past : next;
    },
  };
}
