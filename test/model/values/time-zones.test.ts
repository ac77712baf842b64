// Wall clocks of time zones against the runtime's own.
import fc from "fast-check";
import { IANAZone } from "luxon";
import { expect, test } from "vitest";
import { fromWallClock, isTimezone, toWallClock } from "../../../src/model/values/time-zones.ts";

const ZONES = ["UTC", "Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"];

test("wall clocks are those of the runtime's zone data at any moment", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ZONES, "Asia/Kolkata", "Pacific/Apia"),
      fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2037, 0) }),
      (zone, instant) => {
        const offset = IANAZone.create(zone).offset(instant) * 60_000;
        expect(toWallClock(instant, zone) - instant).toBe(offset);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("a wall clock time leads back to its moment, the later one of two", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ZONES),
      fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2030, 0) }),
      (zone, instant) => {
        const back = fromWallClock(toWallClock(instant, zone), zone);
        expect([instant, instant + 1_800_000, instant + 3_600_000]).toContain(back);
        expect(toWallClock(back, zone)).toBe(toWallClock(instant, zone));
      },
    ),
    { numRuns: 2_000 },
  );
});

test("a day that a zone skipped moves on by a day", () => {
  const skipped = Date.UTC(2011, 11, 30, 12);
  expect(new Date(fromWallClock(skipped, "Pacific/Apia")).toISOString()).toBe(
    "2011-12-30T22:00:00.000Z",
  );
});

test("names of time zones are told from other texts", () => {
  expect(["UTC", "Europe/Zurich", "America/Argentina/Buenos_Aires"].every(isTimezone)).toBe(true);
  expect(["", "Mars/Olympus", "Europe/Zuerich"].some(isTimezone)).toBe(false);
});
