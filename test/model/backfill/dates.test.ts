import { expect, test } from "vitest";
import {
  type BackfillRange,
  countDates,
  datesFrom,
  MOST_BACKFILL_DATES,
} from "../../../src/model/backfill/dates.ts";
import type { Schedule } from "../../../src/model/document.ts";
import { createTimetable } from "../../../src/model/timetables/create.ts";
import { toIso } from "../../../src/model/values/time.ts";

const DAY = 24 * 3_600_000;

interface Range {
  readonly schedule?: Schedule;
  readonly timezone?: string;
  readonly from?: string;
  readonly to?: string;
  readonly now?: string;
}

function range({
  schedule = { kind: "cron", cron: "@daily" },
  timezone = "UTC",
  from = "2026-01-01",
  to = "2026-01-31",
  now = "2030-01-01",
}: Range = {}): BackfillRange {
  const [start, end, moment] = [Date.parse(from), Date.parse(to), Date.parse(now)];
  return { schedule, timezone, from: start, to: end, now: moment };
}

function dates(asked: Range = {}) {
  const counted = countDates(range(asked));
  if (!counted) throw new Error("too many dates");
  return counted;
}

const isoOf = (found: readonly { readonly logicalDate: number }[]) =>
  found.map(({ logicalDate }) => toIso(logicalDate).slice(0, 10));

test("both ends of the range belong to it", () => {
  const counted = dates({ from: "2026-01-01", to: "2026-01-03" });
  expect(counted.total).toBe(3);
  expect(isoOf(datesFrom(counted, { index: 0, count: 9 }))).toEqual([
    "2026-01-01",
    "2026-01-02",
    "2026-01-03",
  ]);
  expect(dates({ from: "2026-01-01T00:00:01Z", to: "2026-01-02T23:59:59Z" }).total).toBe(1);
});

test("only intervals that have ended are backfilled", () => {
  const schedule: Schedule = { kind: "cron-data-interval", cron: "@daily" };
  // The interval of the 3rd ends as the 4th begins, and must have ended before now.
  expect(dates({ schedule, now: "2026-01-04T00:00:00Z" }).total).toBe(2);
  expect(dates({ schedule, now: "2026-01-04T00:00:00.001Z" }).total).toBe(3);
});

const SCHEDULES: readonly Schedule[] = [
  { kind: "cron", cron: "30 2 * * *" },
  { kind: "cron", cron: "@hourly", interval: 3_600 },
  { kind: "multi-cron", crons: ["0 6 * * *", "30 18 * * 1-5"] },
  { kind: "cron-data-interval", cron: "0 */6 * * *" },
  { kind: "delta", delta: 5_400 },
  { kind: "delta-data-interval", delta: 86_400 },
  { kind: "events", dates: Array.from({ length: 250 }, (_, day) => toIso(Date.UTC(2026, 0, day))) },
];

test.each(SCHEDULES)("any date is found by a few steps: $kind", (schedule) => {
  const asked = { schedule, timezone: "Europe/Zurich", to: "2026-12-31" };
  const query = range(asked);
  const counted = dates(asked);
  const timetable = createTimetable(schedule, "Europe/Zurich");
  const all: number[] = [];
  for (let last: { start: number; end: number } | undefined; ; ) {
    const { from: earliest, to: latest, now } = query;
    const run = timetable.nextRun({ last, earliest, latest, catchup: true, now });
    if (!run) break;
    all.push(run.logicalDate);
    last = run;
  }
  expect(counted.total).toBe(all.length);
  expect(counted.total).toBeGreaterThan(200);
  for (const index of [0, 1, 98, 99, 100, 101, 199, 200, counted.total - 2, counted.total - 1]) {
    const found = datesFrom(counted, { index, count: 3 }).map(({ logicalDate }) => logicalDate);
    expect(found).toEqual(all.slice(index, index + 3));
  }
  expect(datesFrom(counted, { index: counted.total, count: 1 })).toEqual([]);
});

test("a range with more dates than a backfill may have is refused", () => {
  const schedule: Schedule = { kind: "delta", delta: 60 };
  const from = Date.parse("2026-01-01");
  const to = (dates: number) => from + (dates - 1) * 60_000;
  const count = (dates: number) =>
    countDates({ ...range({ schedule }), from, to: to(dates), now: to(dates) + DAY });
  expect(count(MOST_BACKFILL_DATES)?.total).toBe(MOST_BACKFILL_DATES);
  expect(count(MOST_BACKFILL_DATES + 1)).toBeUndefined();
});

test("a range without dates has none", () => {
  const counted = dates({ from: "2026-01-01T01:00:00Z", to: "2026-01-01T02:00:00Z" });
  expect(counted).toMatchObject({ total: 0, marks: [] });
  expect(counted.last).toBeUndefined();
});
