// Airflow's MultipleCronTriggerTimetable: runs whenever one of several cron expressions ticks.
import type { CronExpression } from "./cron-expression.ts";
import { type CronTriggerOptions, createCronTrigger } from "./cron-trigger.ts";
import type { NextRun, Timetable } from "./timetable.ts";

export function createMultiCron(
  crons: readonly CronExpression[],
  options: CronTriggerOptions,
): Timetable {
  const members = crons.map((cron) => createCronTrigger(cron, options));
  return {
    nextRun(query) {
      // Without catchup the latest tick that is due comes before all that are not.
      const rank = ({ logicalDate }: NextRun) =>
        !query.catchup && logicalDate <= query.now ? -logicalDate : logicalDate;
      const runs = members.flatMap((member) => member.nextRun(query) ?? []);
      return runs.length === 0 ? undefined : runs.reduce((a, b) => (rank(b) < rank(a) ? b : a));
    },
    inferManualDataInterval: (runAfter) => ({
      start: runAfter - options.intervalMs,
      end: runAfter,
    }),
    summary: members.map(({ summary }) => summary).join(", "),
  };
}
