// One case of Airflow's timetable vectors, run against the model.
import type { Schedule } from "../../src/model/document.ts";
import { createTimetable } from "../../src/model/timetables/create.ts";
import type { DataInterval, NextRun } from "../../src/model/timetables/timetable.ts";

/**
 * `last` is the data interval of the newest automated run; `runs` follow one another, the clock
 * standing still; null is no run.
 */
export interface TimetableCase {
  readonly timetable: string;
  readonly args: {
    readonly cron?: string;
    readonly crons?: readonly string[];
    readonly dates?: readonly string[];
    readonly tz?: string;
    readonly delta?: number;
    readonly interval?: number;
    readonly run_immediately?: boolean | number;
  };
  readonly now: string;
  readonly earliest: string | null;
  readonly latest: string | null;
  readonly catchup: boolean;
  readonly last: readonly [string, string] | null;
  readonly runs: readonly (null | {
    readonly logical_date: string;
    readonly start: string;
    readonly end: string;
    readonly run_after: string;
  })[];
}

const SCHEDULES: Readonly<Record<string, (args: TimetableCase["args"]) => Schedule>> = {
  CronTrigger: (args) => ({ kind: "cron", cron: args.cron ?? "", ...triggerOptions(args) }),
  MultiCron: (args) => ({
    kind: "multi-cron",
    crons: args.crons ?? [],
    ...triggerOptions(args),
  }),
  CronDataInterval: (args) => ({ kind: "cron-data-interval", cron: args.cron ?? "" }),
  DeltaTrigger: ({ delta = 0, interval }) => ({
    kind: "delta",
    delta,
    ...(interval === undefined ? {} : { interval }),
  }),
  DeltaDataInterval: ({ delta = 0 }) => ({ kind: "delta-data-interval", delta }),
  Once: () => ({ kind: "once" }),
  Continuous: () => ({ kind: "continuous" }),
  Events: ({ dates = [] }) => ({ kind: "events", dates }),
  Null: () => ({ kind: "none" }),
};

/** What differs from Airflow, as one line; `undefined` when nothing does. */
export function checkTimetableCase(vector: TimetableCase): string | undefined {
  const createSchedule = SCHEDULES[vector.timetable];
  if (!createSchedule) return `unknown timetable "${vector.timetable}"`;
  const timetable = createTimetable(createSchedule(vector.args), vector.args.tz ?? "UTC");
  const query = {
    earliest: toMoment(vector.earliest),
    latest: toMoment(vector.latest),
    catchup: vector.catchup,
    now: Date.parse(vector.now),
  };
  let last: DataInterval | undefined = vector.last
    ? { start: Date.parse(vector.last[0]), end: Date.parse(vector.last[1]) }
    : undefined;
  for (const [index, expected] of vector.runs.entries()) {
    const run = timetable.nextRun({ ...query, last });
    const expectedText = describe(
      expected
        ? {
            logicalDate: Date.parse(expected.logical_date),
            start: Date.parse(expected.start),
            end: Date.parse(expected.end),
            runAfter: Date.parse(expected.run_after),
          }
        : undefined,
    );
    if (describe(run) !== expectedText) {
      const { timetable: kind, args, now, earliest, catchup } = vector;
      const what = JSON.stringify({ args, now, earliest, catchup, last: vector.last });
      return `${kind} ${what} run ${index}: expected ${expectedText}, got ${describe(run)}`;
    }
    last = run ?? last;
  }
  return undefined;
}

function triggerOptions({ interval, run_immediately }: TimetableCase["args"]) {
  return {
    ...(interval === undefined ? {} : { interval }),
    ...(run_immediately === undefined ? {} : { runImmediately: run_immediately }),
  };
}

function toMoment(text: string | null): number | undefined {
  return text === null ? undefined : Date.parse(text);
}

function describe(run: NextRun | undefined): string {
  if (!run) return "no run";
  return [run.logicalDate, run.start, run.end, run.runAfter]
    .map((moment) => new Date(moment).toISOString())
    .join(" ");
}
