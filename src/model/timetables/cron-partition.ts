// Airflow's CronPartitionTimetable: a run at each tick of a cron expression, for the partition of
// that tick or of one some ticks away.
import { readMoment, writeMoment } from "../partitions/moments.ts";
import { valueError } from "../python/errors.ts";
import { fromWallClock, toWallClock } from "../values/time-zones.ts";
import type { CronExpression } from "./cron-expression.ts";
import { type CronTriggerOptions, cronTriggerRules } from "./cron-trigger.ts";
import type { Timetable } from "./timetable.ts";
import { nextTriggeredRun } from "./trigger.ts";

export const DEFAULT_KEY_FORMAT = "%Y-%m-%dT%H:%M:%S";

export interface CronPartitionOptions extends Omit<CronTriggerOptions, "intervalMs"> {
  /** The partition's tick, counted from the run's. */
  readonly runOffset: number;
  /** strftime format of a key, of the partition's time in the time zone. */
  readonly keyFormat: string;
}

/** A run per tick; without catchup only for the latest one, as of a plain cron expression. */
export function createCronPartition(
  cron: CronExpression,
  { runOffset, keyFormat, ...trigger }: CronPartitionOptions,
): Timetable {
  const rules = cronTriggerRules(cron, { ...trigger, intervalMs: 0 });
  const { timezone } = trigger;
  const step = runOffset > 0 ? rules.ticks.next : rules.ticks.previous;
  const partitionOf = (tick: number) => {
    let date = tick;
    for (let count = 0; count < Math.abs(runOffset); count += 1) date = step(date);
    return { date, key: partitionKeyAt(date, { timezone, keyFormat }) };
  };
  return {
    nextRun(query) {
      const run = nextTriggeredRun(rules, query);
      return run && { ...run, partition: partitionOf(run.runAfter) };
    },
    inferManualDataInterval: (runAfter) => ({ start: runAfter, end: runAfter }),
    summary: cron.text,
    partitions: {
      dateOf(key) {
        const { wall, offset } = readMoment(key, keyFormat);
        // Airflow: make_aware takes no time that has a zone.
        if (offset === undefined) return fromWallClock(wall, timezone);
        throw valueError(`make_aware expects a naive datetime, and '${key}' says its offset`);
      },
      localize: (moment) => fromWallClock(moment, timezone),
    },
  };
}

/** The key of the partition of a moment. */
export function partitionKeyAt(
  date: number,
  { timezone, keyFormat }: Pick<CronPartitionOptions, "timezone" | "keyFormat">,
): string {
  const wall = toWallClock(date, timezone);
  return writeMoment({ wall, offset: wall - date }, keyFormat);
}
