// From a DAG's schedule to its timetable: the one door to this folder, besides parseCron for
// checking texts.
import { timeScheduleOf } from "../assets/schedules.ts";
import type { DagDocument, Schedule } from "../document.ts";
import { continuousTimetable } from "./continuous.ts";
import { createCronDataInterval } from "./cron-data-interval.ts";
import type { CronExpression } from "./cron-expression.ts";
import { createCronPartition, DEFAULT_KEY_FORMAT } from "./cron-partition.ts";
import { createCronTrigger } from "./cron-trigger.ts";
import { createDeltaDataInterval } from "./delta-data-interval.ts";
import { createDeltaTrigger } from "./delta-trigger.ts";
import { createEvents } from "./events.ts";
import { createMultiCron } from "./multi-cron.ts";
import { noTimetable, partitionedAtRuntime } from "./none.ts";
import { onceTimetable } from "./once.ts";
import { parseCron } from "./parse-cron.ts";
import type { Timetable } from "./timetable.ts";

type Scheduled = Pick<DagDocument, "schedule" | "timezone">;

const timetables = new WeakMap<Scheduled, Timetable>();

/** The DAG's timetable, made once per document. */
export function timetableOf(document: Scheduled): Timetable {
  let timetable = timetables.get(document);
  if (!timetable) {
    timetable = createTimetable(document.schedule, document.timezone);
    timetables.set(document, timetable);
  }
  return timetable;
}

/**
 * `timezone` is an IANA name. Throws for a cron text that parseCron refuses; an unknown zone throws
 * at first use.
 */
export function createTimetable(given: Schedule, timezone: string): Timetable {
  const schedule = timeScheduleOf(given);
  switch (schedule.kind) {
    case "none":
      return noTimetable;
    case "once":
      return onceTimetable;
    case "continuous":
      return continuousTimetable;
    case "cron":
      return createCronTrigger(readCron(schedule.cron), triggerOptions(schedule, timezone));
    case "cron-partition": {
      const { cron, runOffset = 0, keyFormat = DEFAULT_KEY_FORMAT } = schedule;
      const { runImmediately } = triggerOptions(schedule, timezone);
      return createCronPartition(readCron(cron), {
        timezone,
        runImmediately,
        runOffset,
        keyFormat,
      });
    }
    case "partitioned-at-runtime":
      return partitionedAtRuntime;
    case "multi-cron":
      return createMultiCron(schedule.crons.map(readCron), triggerOptions(schedule, timezone));
    case "cron-data-interval":
      return createCronDataInterval(readCron(schedule.cron), timezone);
    case "delta":
      return createDeltaTrigger(schedule.delta, schedule.interval ?? 0);
    case "delta-data-interval":
      return createDeltaDataInterval(schedule.delta);
    case "events":
      return createEvents(schedule.dates.map((date) => Date.parse(date)));
  }
}

function readCron(text: string): CronExpression {
  const parsed = parseCron(text);
  if (parsed.ok) return parsed.cron;
  throw new Error(`cron "${text}" can't be used: ${parsed.reason}; ${parsed.hint}`);
}

function triggerOptions(
  schedule: { readonly interval?: number; readonly runImmediately?: boolean | number },
  timezone: string,
) {
  const { interval = 0, runImmediately = false } = schedule;
  return {
    timezone,
    intervalMs: interval * 1000,
    runImmediately: typeof runImmediately === "number" ? runImmediately * 1000 : runImmediately,
  };
}
