// No timetable ever stands still: the next run is later than the last one, in every time zone and
// whatever the schedule was before, and the planner comes to an end.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { DagDocument, Schedule } from "../../src/model/document.ts";
import { type PlannedRun, plan } from "../../src/model/scheduling/planner.ts";
import { createTimetable } from "../../src/model/timetables/create.ts";
import type { DataInterval } from "../../src/model/timetables/timetable.ts";
import { toWallClock } from "../../src/model/values/time-zones.ts";
import { dagDocument } from "./documents.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ZONES = [...Intl.supportedValuesOf("timeZone"), "UTC"];

/** The moments in the year at which the zone's clocks change, to the hour. */
function changesIn(zone: string, year: number): readonly number[] {
  const offsetAt = (moment: number) => toWallClock(moment, zone) - moment;
  const changes: number[] = [];
  const end = Date.UTC(year + 1, 0);
  for (let week = Date.UTC(year, 0); week < end; week += 7 * DAY) {
    if (offsetAt(week) === offsetAt(week + 7 * DAY)) continue;
    let moment = week;
    while (offsetAt(moment) === offsetAt(moment + HOUR)) moment += HOUR;
    changes.push(moment + HOUR);
  }
  return changes;
}

/**
 * One zone and moment of each kind of change that any zone has in the year; zones alike there are
 * the same test.
 */
function kindsOfChange(year: number): readonly (readonly [zone: string, change: number])[] {
  const kinds = new Map<string, readonly [string, number]>();
  for (const zone of ZONES) {
    for (const change of changesIn(zone, year)) {
      const walls = [-1, 1].map((days) => toWallClock(change + days * DAY, zone));
      kinds.set([change, ...walls].join(), [zone, change]);
    }
  }
  return [...kinds.values()];
}

/** Schedules with gaps that begin or end near the day of the change, and some without. */
function schedulesAround(zone: string, change: number): readonly Schedule[] {
  const wall = new Date(toWallClock(change, zone));
  const day = wall.getUTCDate();
  const crons = [
    "0 * * * 1-5",
    "*/30 * * * 0,6",
    `0 * ${day} * *`,
    `*/15 * * * ${(wall.getUTCDay() + 1) % 7}`,
    "30 0-3 * * *",
    "*/20 * * * *",
  ];
  return [
    ...crons.map((cron) => ({ kind: "cron-data-interval" as const, cron })),
    { kind: "multi-cron", crons: ["0 * * * 1-5", "30 1,2 * * *"] },
  ];
}

/** Whether the run after `last` is later, as its kind of timetable counts. */
function isLater({ kind }: Schedule, run: DataInterval, last: DataInterval): boolean {
  const isInterval = kind === "cron-data-interval" || kind === "delta-data-interval";
  return isInterval ? run.start > last.start : run.end > last.end;
}

/** Follows the DAG's runs from the moment on, each created as soon as it is due. */
function follow(document: DagDocument, from: number, until: number): readonly PlannedRun[] {
  const created: PlannedRun[] = [];
  const takenLogicalDates = new Set<string>();
  for (let now = from; now < until; ) {
    const planned = plan({
      document,
      isPaused: false,
      isStale: false,
      now,
      lastAutomatedRun: created.at(-1),
      activeRuns: [],
      lastPlannedAt: from,
      takenLogicalDates,
    });
    expect(planned.problem).toBeUndefined();
    created.push(...planned.create);
    if (planned.nextFireAt === undefined) break;
    expect(planned.nextFireAt).toBeGreaterThan(now + (planned.create.length > 0 ? 0 : 4));
    now = planned.nextFireAt;
  }
  return created;
}

test.each([2024, 2026])(
  "runs go on over each change of clocks that any zone has in %i, each later than the last",
  (year) => {
    const kinds = kindsOfChange(year);
    expect(kinds.length).toBeGreaterThan(15);
    for (const [zone, change] of kinds) {
      for (const schedule of schedulesAround(zone, change)) {
        const timetable = createTimetable(schedule, zone);
        const earliest = change - 30 * HOUR;
        let last = timetable.nextRun({ earliest, catchup: true, now: earliest });
        for (let count = 0; count < 60; count += 1) {
          const run = timetable.nextRun({ last, earliest, catchup: true, now: earliest });
          if (!run || !last || !isLater(schedule, run, last)) {
            expect.unreachable(`${JSON.stringify(schedule)} in ${zone} stops after ${last?.end}`);
          }
          last = run;
        }
      }
    }
  },
);

test("the planner follows hourly runs over each change of clocks, none of them twice", () => {
  for (const [zone, change] of kindsOfChange(2026)) {
    for (const [index, schedule] of schedulesAround(zone, change).slice(0, 3).entries()) {
      const startDate = new Date(change - 30 * HOUR).toISOString();
      const catchup = index === 2;
      const document = dagDocument({ schedule, timezone: zone, startDate, catchup });
      const runs = follow(document, change - 28 * HOUR, change + 60 * HOUR);
      const starts = runs.map(({ logicalDate }) => logicalDate);
      expect(starts).toEqual([...new Set(starts)].sort());
    }
  }
});

test("hourly runs on weekdays go on after London's clocks went back on Sunday", () => {
  const document = dagDocument({
    schedule: { kind: "cron-data-interval", cron: "0 * * * 1-5" },
    timezone: "Europe/London",
    startDate: "2024-10-25T19:00:00.000Z",
    catchup: true,
  });
  const until = Date.parse("2024-10-28T03:00:00Z");
  const runs = follow(document, Date.parse("2024-10-25T20:00:00Z"), until);
  expect(runs.map(({ dataIntervalStart }) => dataIntervalStart?.slice(8, 13))).toEqual(
    // The last one of Friday lasts until Sunday 23:00: elapsed time is counted, as in Airflow.
    ["25T19", "25T20", "25T21", "25T22", "27T23", "28T00", "28T01"],
  );
});

const field = (min: number, max: number) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant("*") },
    { weight: 2, arbitrary: fc.integer({ min, max }).map(String) },
    fc.constantFrom(2, 5, 7, 15).map((step) => `*/${step}`),
    fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${a},${b}`),
  );
const crons = fc
  .tuple(
    field(0, 59),
    field(0, 23),
    field(1, 28),
    fc.constantFrom("*", "*", "3,10", "11"),
    field(0, 6),
  )
  .map((fields) => fields.join(" "));
const seconds = fc.integer({ min: 1, max: 2_000_000 });
const moments = fc
  .integer({ min: Date.UTC(1975, 0) / 60_000, max: Date.UTC(2037, 0) / 60_000 })
  .map((minute) => minute * 60_000);
const schedules: fc.Arbitrary<Schedule> = fc.oneof(
  crons.map((cron) => ({ kind: "cron-data-interval" as const, cron })),
  fc
    .tuple(crons, fc.constantFrom(0, 3_600, 86_400))
    .map(([cron, interval]) => ({ kind: "cron" as const, cron, interval })),
  fc
    .array(crons, { minLength: 1, maxLength: 3 })
    .map((all) => ({ kind: "multi-cron" as const, crons: all })),
  fc
    .tuple(seconds, seconds)
    .map(([delta, interval]) => ({ kind: "delta" as const, delta, interval })),
  seconds.map((delta) => ({ kind: "delta-data-interval" as const, delta })),
  fc.array(moments, { minLength: 1, maxLength: 5 }).map((all) => ({
    kind: "events" as const,
    dates: all.map((moment) => new Date(moment).toISOString()),
  })),
  fc.constant({ kind: "continuous" as const }),
  fc.constant({ kind: "once" as const }),
);

test("after any last run, of this schedule or another, the next run is later", () => {
  const query = {
    schedule: schedules,
    zone: fc.constantFrom(...ZONES),
    start: moments,
    length: fc.integer({ min: 0, max: 20 * 24 * 60 }).map((minutes) => minutes * 60_000),
    ago: fc.integer({ min: 0, max: 40 * 24 * 60 }).map((minutes) => minutes * 60_000),
    catchup: fc.boolean(),
    hasStartDate: fc.boolean(),
  };
  fc.assert(
    fc.property(
      fc.record(query),
      ({ schedule, zone, start, length, ago, catchup, hasStartDate }) => {
        const timetable = createTimetable(schedule, zone);
        let last: DataInterval = { start, end: start + length };
        const now = last.end + ago;
        const earliest = hasStartDate ? start - DAY : undefined;
        for (let count = 0; count < 8; count += 1) {
          const run = timetable.nextRun({ last, earliest, catchup, now });
          if (!run) break;
          if (schedule.kind !== "continuous") expect(isLater(schedule, run, last)).toBe(true);
          last = run;
        }
      },
    ),
    { numRuns: 1_500 },
  );
});

test("planning ends for any schedule, zone and last run", () => {
  fc.assert(
    fc.property(
      fc.record({
        schedule: schedules,
        timezone: fc.constantFrom(...ZONES),
        start: moments,
        length: fc.integer({ min: 0, max: 90_000_000 }),
        ago: fc.integer({ min: -90_000_000, max: 900_000_000 }),
        catchup: fc.boolean(),
      }),
      ({ schedule, timezone, start, length, ago, catchup }) => {
        const startDate = new Date(start - DAY).toISOString();
        const document = dagDocument({ schedule, timezone, startDate, catchup, maxActiveRuns: 5 });
        const end = start + length;
        const now = end + ago;
        const [logicalDate, dataIntervalEnd] = [start, end].map((at) => new Date(at).toISOString());
        const planned = plan({
          document,
          isPaused: false,
          isStale: false,
          now,
          lastAutomatedRun: {
            logicalDate: logicalDate ?? "",
            dataIntervalStart: logicalDate ?? "",
            dataIntervalEnd: dataIntervalEnd ?? "",
          },
          activeRuns: [],
          lastPlannedAt: undefined,
        });
        expect(planned.problem).toBeUndefined();
        expect(planned.create.length).toBeLessThanOrEqual(5);
        expect(planned.nextFireAt ?? Infinity).toBeGreaterThan(now);
        const dates = planned.create.map((run) => run.logicalDate);
        expect(dates).toEqual([...new Set(dates)]);
      },
    ),
    { numRuns: 1_000 },
  );
});
