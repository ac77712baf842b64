// Cron texts: what is read and refused, and the ticks, compared with croniter and with a search
// minute by minute.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCron } from "../../src/model/timetables/parse-cron.ts";
import { createCronTicks, type Ticks } from "../../src/model/timetables/ticks.ts";
import { toWallClock } from "../../src/model/values/time-zones.ts";

function ticksOf(text: string, timezone = "UTC"): Ticks {
  const parsed = parseCron(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`);
  return createCronTicks(parsed.cron, timezone);
}

function nextTicks(text: string, from: string, count: number, timezone = "UTC"): string[] {
  const ticks = ticksOf(text, timezone);
  let at = Date.parse(from);
  return Array.from({ length: count }, () => {
    at = ticks.next(at);
    return new Date(at).toISOString().slice(0, 19);
  });
}

// Made by croniter 6.2.4 with the clock-change rules of Airflow's timetables/_cron.py.
interface CroniterCase {
  readonly cron: string;
  readonly tz: string;
  readonly at: string;
  readonly next: string;
  readonly previous: string;
  readonly aligned_next: string;
  readonly aligned_previous: string;
}
const croniterCases: CroniterCase[] = JSON.parse(
  readFileSync(new URL("croniter-ticks.json", import.meta.url), "utf8"),
);

test("ticks are croniter's in 500 cases, many of them around clock changes", () => {
  expect(croniterCases).toHaveLength(500);
  const wrong = croniterCases.flatMap((each) => {
    const ticks = ticksOf(each.cron, each.tz);
    const at = Date.parse(each.at);
    const actual = [
      ticks.next(at),
      ticks.previous(at),
      ticks.alignToNext(at),
      ticks.alignToPrevious(at),
    ].map((tick) => new Date(tick).toISOString().replace(".000", ""));
    const expected = [each.next, each.previous, each.aligned_next, each.aligned_previous];
    return actual.join() === expected.join() ? [] : [{ ...each, actual }];
  });
  expect(wrong).toEqual([]);
});

test("presets mean what Airflow says", () => {
  const from = "2026-02-11T10:30:00Z";
  expect(nextTicks("@hourly", from, 1)).toEqual(["2026-02-11T11:00:00"]);
  expect(nextTicks("@daily", from, 1)).toEqual(["2026-02-12T00:00:00"]);
  expect(nextTicks("@weekly", from, 1)).toEqual(["2026-02-15T00:00:00"]);
  expect(nextTicks("@monthly", from, 1)).toEqual(["2026-03-01T00:00:00"]);
  expect(nextTicks("@quarterly", from, 1)).toEqual(["2026-04-01T00:00:00"]);
  expect(nextTicks("@yearly", from, 1)).toEqual(["2027-01-01T00:00:00"]);
});

test("a sixth field is seconds and comes last", () => {
  expect(nextTicks("*/30 * * * * 15", "2026-01-01T00:00:00Z", 3)).toEqual([
    "2026-01-01T00:00:15",
    "2026-01-01T00:30:15",
    "2026-01-01T01:00:15",
  ]);
});

test("day of the month and weekday: either is enough when both are restricted", () => {
  expect(nextTicks("0 0 1 * mon", "2026-01-01T00:00:00Z", 5)).toEqual([
    "2026-01-05T00:00:00",
    "2026-01-12T00:00:00",
    "2026-01-19T00:00:00",
    "2026-01-26T00:00:00",
    "2026-02-01T00:00:00",
  ]);
});

test("names, 7 for Sunday, ranges that wrap, L, # and W", () => {
  const from = "2026-01-01T00:00:00Z";
  expect(nextTicks("0 0 * * 7", from, 2)).toEqual(nextTicks("0 0 * * SUN", from, 2));
  expect(nextTicks("0 0 * * fri-mon", "2026-01-02T00:00:00Z", 4)).toEqual(
    ["03", "04", "05", "09"].map((day) => `2026-01-${day}T00:00:00`),
  );
  expect(nextTicks("0 22-1 * * *", "2026-01-01T20:00:00Z", 5)).toEqual([
    "2026-01-01T22:00:00",
    "2026-01-01T23:00:00",
    "2026-01-02T00:00:00",
    "2026-01-02T01:00:00",
    "2026-01-02T22:00:00",
  ]);
  expect(nextTicks("0 0 L * *", from, 2)).toEqual(["2026-01-31T00:00:00", "2026-02-28T00:00:00"]);
  expect(nextTicks("0 0 * * L5", from, 2)).toEqual(["2026-01-30T00:00:00", "2026-02-27T00:00:00"]);
  expect(nextTicks("0 0 * * 1#2", from, 2)).toEqual(["2026-01-12T00:00:00", "2026-02-09T00:00:00"]);
  expect(nextTicks("0 0 15W * *", "2026-02-01T00:00:00Z", 1)).toEqual(["2026-02-16T00:00:00"]);
});

test("29 February comes every fourth year, but not in 2100", () => {
  expect(nextTicks("0 0 29 2 *", "2090-01-01T00:00:00Z", 3)).toEqual([
    "2092-02-29T00:00:00",
    "2096-02-29T00:00:00",
    "2104-02-29T00:00:00",
  ]);
  expect(ticksOf("0 0 29 2 *").previous(Date.parse("2104-02-29T00:00:00Z"))).toBe(
    Date.parse("2096-02-29T00:00:00Z"),
  );
});

test("a skipped local time moves on by an hour, a doubled one comes once, the second time", () => {
  expect(nextTicks("30 2 * * *", "2026-03-07T08:00:00Z", 3, "America/New_York")).toEqual([
    "2026-03-08T07:30:00",
    "2026-03-09T06:30:00",
    "2026-03-10T06:30:00",
  ]);
  expect(nextTicks("30 1 * * *", "2026-10-31T06:00:00Z", 2, "America/New_York")).toEqual([
    "2026-11-01T06:30:00",
    "2026-11-02T06:30:00",
  ]);
});

test("a schedule of every hour ticks in both of the doubled hours", () => {
  expect(nextTicks("30 * * * *", "2026-11-01T04:30:00Z", 3, "America/New_York")).toEqual([
    "2026-11-01T05:30:00",
    "2026-11-01T06:30:00",
    "2026-11-01T07:30:00",
  ]);
});

test.each([
  ["", "0 fields"],
  ["constructor", "1 field,"],
  ["0 6 * *", "4 fields"],
  ["0 0 6 * * * 2026", "7 fields"],
  ["60 * * * *", "60 is no minute"],
  ["* 24 * * *", "24 is no hour"],
  ["0 0 0 * *", "0 is no day of the month"],
  ["0 0 32 * *", "32 is no day of the month"],
  ["0 0 * 13 *", "13 is no month"],
  ["0 0 * * 8", "8 is no day of the week"],
  ["0 0 * * monday", '"monday" is no day of the week'],
  ["x * * * *", '"x" is no minute'],
  ["*/0 * * * *", 'the step of "*/0" is 0'],
  ["*/-5 * * * *", '"*/-5" is no minute'],
  ["-5 * * * *", '"-5" is no minute'],
  ["1,,2 * * * *", '"" is no minute'],
  ["5- * * * *", '"5-" is no minute'],
  ["? * * * *", '"?" is no minute'],
  ["0 0 * * 1#6", "no month has a 6th"],
  ["0 0 * * 1,2#1", "mixes weekdays"],
  ["0 0 31 2 *", "no date ever matches"],
  ["0 0 30,31 feb *", "no date ever matches"],
  ["@fortnightly", '"@fortnightly" is not a preset'],
])("the cron text %j is refused: %s", (text, reason) => {
  const parsed = parseCron(text);
  expect(parsed).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  expect(parsed).toHaveProperty("hint", expect.stringMatching(/\w/));
});

interface Fields {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: readonly number[];
  readonly months: readonly number[];
  readonly weekdays: readonly number[];
}

/** No values stand for "*". */
const fields: fc.Arbitrary<Fields> = fc.record({
  minutes: valuesFrom(0, 59),
  hours: valuesFrom(0, 23),
  daysOfMonth: valuesFrom(1, 28),
  months: valuesFrom(1, 12),
  weekdays: valuesFrom(0, 6),
});

function valuesFrom(min: number, max: number) {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant<number[]>([]) },
    {
      weight: 3,
      arbitrary: fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 4 }),
    },
  );
}

function textOf({ minutes, hours, daysOfMonth, months, weekdays }: Fields): string {
  return [minutes, hours, daysOfMonth, months, weekdays]
    .map((values) => (values.length === 0 ? "*" : values.join(",")))
    .join(" ");
}

function matches(wall: number, { minutes, hours, daysOfMonth, months, weekdays }: Fields): boolean {
  const date = new Date(wall);
  const has = (values: readonly number[], value: number) =>
    values.length === 0 || values.includes(value);
  const day = has(daysOfMonth, date.getUTCDate());
  const weekday = has(weekdays, date.getUTCDay());
  const either = daysOfMonth.length > 0 && weekdays.length > 0;
  return (
    has(minutes, date.getUTCMinutes()) &&
    has(hours, date.getUTCHours()) &&
    has(months, date.getUTCMonth() + 1) &&
    (either ? day || weekday : day && weekday)
  );
}

const moments = fc
  .integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2040, 0, 1) / 1000 })
  .map((seconds) => seconds * 1000);

test("every tick matches the fields, and no minute between two ticks does", () => {
  fc.assert(
    fc.property(fields, moments, (given, from) => {
      const ticks = ticksOf(textOf(given));
      const tick = ticks.next(from);
      expect(tick).toBeGreaterThan(from);
      expect(matches(tick, given)).toBe(true);
      expect(ticks.previous(tick + 1)).toBe(tick);
      const minute = 60_000;
      const searched = Math.min(tick, from + 3_000 * minute);
      for (let at = Math.floor(from / minute + 1) * minute; at < searched; at += minute) {
        if (matches(at, given))
          expect(new Date(at).toISOString()).toBe(new Date(tick).toISOString());
      }
    }),
    { numRuns: 500 },
  );
});

test("ticks in a zone increase, and show the fields on its clocks on days without a change", () => {
  const zones = fc.constantFrom(
    "Europe/Zurich",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
  );
  fc.assert(
    fc.property(fields, zones, moments, (given, zone, from) => {
      const ticks = ticksOf(textOf(given), zone);
      let at = from;
      for (let count = 0; count < 20; count += 1) {
        const next = ticks.next(at);
        expect(next).toBeGreaterThan(at);
        const offset = toWallClock(next, zone) - next;
        const day = 86_400_000;
        const isCalm = [at, next - day, next + day].every(
          (moment) => toWallClock(moment, zone) - moment === offset,
        );
        if (isCalm) expect(matches(toWallClock(next, zone), given)).toBe(true);
        at = next;
      }
    }),
    { numRuns: 300 },
  );
});
