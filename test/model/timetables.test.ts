// Timetables against every case that Airflow's own code decided, and the kinds that the vectors
// leave out.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Schedule } from "../../src/model/document.ts";
import { createTimetable, timetableOf } from "../../src/model/timetables/create.ts";
import type { NextRunQuery } from "../../src/model/timetables/timetable.ts";
import { type CronPartitionCase, checkCronPartitions } from "../vectors/cron-partitions.ts";
import { checkTimetableCase, type TimetableCase } from "../vectors/timetables.ts";
import { dagDocument } from "./documents.ts";

const cases: TimetableCase[] = JSON.parse(
  readFileSync(new URL("../vectors/airflow-3.3-timetables.json", import.meta.url), "utf8"),
);
const DAY = 86_400_000;
const NOW = Date.parse("2026-01-10T06:30:00Z");

function next(schedule: Schedule, query: Partial<NextRunQuery> = {}): string | undefined {
  const run = createTimetable(schedule, "UTC").nextRun({ catchup: false, now: NOW, ...query });
  if (!run) return undefined;
  expect(run.logicalDate).toBe(run.start);
  expect(run.runAfter).toBe(run.end);
  const [start, end] = [run.start, run.end].map((each) =>
    new Date(each).toISOString().slice(0, 16),
  );
  return start === end ? start : `${start}/${end}`;
}

test("timetables give Airflow 3.3's runs in all 97 cases", () => {
  expect(cases).toHaveLength(97);
  expect(cases.flatMap((each) => checkTimetableCase(each) ?? [])).toEqual([]);
});

test("partitions by cron are Airflow 3.3's in all 160 cases, and so are their keys and ranges", () => {
  const partitions: CronPartitionCase[] = JSON.parse(
    readFileSync(new URL("../vectors/airflow-3.3-cron-partitions.json", import.meta.url), "utf8"),
  );
  expect(partitions).toHaveLength(160);
  expect(partitions.flatMap((each) => checkCronPartitions(each) ?? []).slice(0, 3)).toEqual([]);
});

test("a changed schedule goes on as Airflow's, in all 107 cases that Airflow doesn't fail in", () => {
  const changes: TimetableCase[] = JSON.parse(
    readFileSync(new URL("../vectors/airflow-3.3-schedule-changes.json", import.meta.url), "utf8"),
  );
  expect(changes).toHaveLength(107);
  expect(changes.flatMap((each) => checkTimetableCase(each) ?? [])).toEqual([]);
});

test("a cron with an interval covers the time before its tick", () => {
  const schedule = { kind: "cron", cron: "0 6 * * *", interval: 86_400 } as const;
  const earliest = Date.parse("2026-01-01T00:00:00Z");
  expect(next(schedule, { earliest })).toBe("2026-01-09T06:00/2026-01-10T06:00");
  expect(createTimetable(schedule, "UTC").inferManualDataInterval(NOW)).toEqual({
    start: NOW - DAY,
    end: NOW,
  });
});

test("run immediately takes the past tick at once, or only if it was recent enough", () => {
  const daily = { kind: "cron", cron: "0 0 * * *" } as const;
  expect(next({ ...daily, runImmediately: true })).toBe("2026-01-10T00:00");
  expect(next({ ...daily, runImmediately: 7 * 3600 })).toBe("2026-01-10T00:00");
  expect(next({ ...daily, runImmediately: 6 * 3600 })).toBe("2026-01-11T00:00");
  expect(next({ ...daily, runImmediately: false })).toBe("2026-01-11T00:00");
  // Airflow's buffer of a tenth of the gap holds for `false` as well.
  const now = Date.parse("2026-01-10T02:00:00Z");
  expect(next({ ...daily, runImmediately: false }, { now })).toBe("2026-01-10T00:00");
});

test("several crons give the latest past tick of all, else the earliest to come", () => {
  const schedule = { kind: "multi-cron", crons: ["0 5 * * *", "0 6 * * *", "0 7 * * *"] } as const;
  const earliest = Date.parse("2026-01-01T00:00:00Z");
  expect(next(schedule, { earliest })).toBe("2026-01-10T06:00");
  const last = { start: NOW - 1_800_000, end: NOW - 1_800_000 };
  expect(next(schedule, { earliest, last })).toBe("2026-01-10T07:00");
  expect(next(schedule, { earliest, catchup: true })).toBe("2026-01-01T05:00");
});

test("a run by hand on a cron with data intervals covers the last complete one", () => {
  const timetable = createTimetable({ kind: "cron-data-interval", cron: "0 0 * * *" }, "UTC");
  expect(timetable.inferManualDataInterval(NOW)).toEqual({
    start: Date.parse("2026-01-09T00:00:00Z"),
    end: Date.parse("2026-01-10T00:00:00Z"),
  });
});

test("once runs at the start date or now, and never again", () => {
  expect(next({ kind: "once" })).toBe("2026-01-10T06:30");
  expect(next({ kind: "once" }, { earliest: NOW + DAY })).toBe("2026-01-11T06:30");
  expect(next({ kind: "once" }, { last: { start: 0, end: 0 } })).toBeUndefined();
  expect(next({ kind: "once" }, { latest: NOW - 1 })).toBeUndefined();
});

test("continuous goes on where the last run ended, one run at a time", () => {
  const last = { start: NOW - 2 * DAY, end: NOW - DAY };
  expect(next({ kind: "continuous" }, { last })).toBe("2026-01-09T06:30/2026-01-10T06:30");
  expect(next({ kind: "continuous" }, { earliest: NOW - DAY })).toBe(
    "2026-01-09T06:30/2026-01-10T06:30",
  );
  expect(next({ kind: "continuous" }, { last, latest: NOW - 1 })).toBeUndefined();
  expect(createTimetable({ kind: "continuous" }, "UTC").activeRunsLimit).toBe(1);
});

test("events run at their moments; without catchup those that have passed are left out", () => {
  const dates = ["2026-02-01T00:00:00Z", "2026-01-09T00:00:00Z", "2026-01-12T00:00:00Z"];
  const schedule = { kind: "events", dates } as const;
  expect(next(schedule)).toBe("2026-01-12T00:00");
  expect(next(schedule, { catchup: true })).toBe("2026-01-09T00:00");
  const last = { start: Date.parse("2026-01-12"), end: Date.parse("2026-01-12") };
  expect(next(schedule, { last })).toBe("2026-02-01T00:00");
  expect(next(schedule, { last, latest: NOW })).toBeUndefined();
});

test("a DAG without schedule never runs by itself", () => {
  expect(next({ kind: "none" }, { earliest: 0, catchup: true })).toBeUndefined();
});

test("a run at the end date exists, one after it does not", () => {
  const schedule = { kind: "cron", cron: "0 0 * * *" } as const;
  const earliest = Date.parse("2026-01-10T00:00:00Z");
  expect(next(schedule, { earliest, latest: earliest, catchup: true })).toBe("2026-01-10T00:00");
  expect(next(schedule, { earliest, latest: earliest - 1, catchup: true })).toBeUndefined();
});

test.each([
  [{ kind: "cron", cron: "@daily" }, "0 0 * * *"],
  [{ kind: "multi-cron", crons: ["0 1 * * *", "@hourly"] }, "0 1 * * *, 0 * * * *"],
  [{ kind: "delta", delta: 86_400 }, "1 day, 0:00:00"],
  [{ kind: "delta", delta: 5_400.5 }, "1:30:00.500000"],
  [{ kind: "delta-data-interval", delta: 266_400 }, "3 days, 2:00:00"],
  [{ kind: "once" }, "@once"],
  [{ kind: "continuous" }, "@continuous"],
  [{ kind: "events", dates: ["2026-01-01T00:00:00Z"] }, "1 events"],
  [{ kind: "none" }, "None"],
] as const)("the summary of %j is Airflow's %j", (schedule, summary) => {
  expect(createTimetable(schedule, "UTC").summary).toBe(summary);
});

test("a schedule with a wrong cron can't be used, and says why", () => {
  expect(() => createTimetable({ kind: "cron", cron: "0 25 * * *" }, "UTC")).toThrow(
    'cron "0 25 * * *" can\'t be used: 25 is no hour; write 0 to 23',
  );
});

test("a document's timetable is made once", () => {
  const document = dagDocument({ schedule: { kind: "cron", cron: "@daily" } });
  expect(timetableOf(document)).toBe(timetableOf(document));
});

const schedules: fc.Arbitrary<Schedule> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 59 }), fc.constantFrom("*", "*/6", "3", "1,2"))
    .map(([minute, hours]) => ({ kind: "cron" as const, cron: `${minute} ${hours} * * *` })),
  fc.constantFrom("@daily", "@weekly", "30 2 1 * *").map((cron) => ({
    kind: "cron-data-interval" as const,
    cron,
  })),
  fc.integer({ min: 60, max: 200_000 }).map((delta) => ({ kind: "delta" as const, delta })),
  fc.integer({ min: 60, max: 200_000 }).map((delta) => ({
    kind: "delta-data-interval" as const,
    delta,
  })),
);

test("with catchup runs follow one another without end, each after the one before", () => {
  const zones = fc.constantFrom("UTC", "Europe/Zurich", "America/New_York");
  const starts = fc.integer({ min: NOW - 700 * DAY, max: NOW });
  fc.assert(
    fc.property(schedules, zones, starts, (schedule, zone, earliest) => {
      const timetable = createTimetable(schedule, zone);
      let last = timetable.nextRun({ earliest, catchup: true, now: NOW });
      expect(last?.start).toBeGreaterThanOrEqual(earliest);
      for (let count = 0; count < 30; count += 1) {
        const run = timetable.nextRun({ last, earliest, catchup: true, now: NOW });
        expect(run?.logicalDate).toBeGreaterThan(last?.logicalDate ?? 0);
        expect(run?.start).toBeGreaterThanOrEqual(last?.end ?? 0);
        last = run;
      }
    }),
  );
});
