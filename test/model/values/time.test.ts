// Moments read from ISO text, and written as records and Airflow have them.
import { expect, test } from "vitest";
import {
  parseAwareMoment,
  parseMoment,
  parseMomentToIso,
  toAirflowIso,
  toIso,
} from "../../../src/model/values/time.ts";

test.each([
  ["2026-01-31", "UTC", "2026-01-31T00:00:00.000Z"],
  ["2026-01-31", "Europe/Zurich", "2026-01-30T23:00:00.000Z"],
  ["2026-07-31T06:30", "Europe/Zurich", "2026-07-31T04:30:00.000Z"],
  ["2026-01-31 06:30:15", "UTC", "2026-01-31T06:30:15.000Z"],
  ["2026-01-31T06:30:15.123456", "UTC", "2026-01-31T06:30:15.123Z"],
  ["2026-01-31T06:30:15Z", "Europe/Zurich", "2026-01-31T06:30:15.000Z"],
  ["2026-01-31T06:30:15+02:00", "Europe/Zurich", "2026-01-31T04:30:15.000Z"],
  ["2026-01-31T06:30:15-0530", "UTC", "2026-01-31T12:00:15.000Z"],
  ["2026-01-31T06:30:15+02", "UTC", "2026-01-31T04:30:15.000Z"],
  ["2026-03-29T02:30", "Europe/Zurich", "2026-03-29T01:30:00.000Z"],
  ["2026-10-25T02:30", "Europe/Zurich", "2026-10-25T01:30:00.000Z"],
])("%j in %s is %s", (text, timezone, expected) => {
  expect(parseMomentToIso(text, timezone)).toBe(expected);
});

test.each([
  "",
  "yesterday",
  "2026-02-30",
  "2026-13-01",
  "2026-01-01T24:00",
  "2026-01-01T10:60",
  "01/02/2026",
  "2026-1-1",
  "1767225600",
])("%j is no moment", (text) => {
  expect(parseMoment(text)).toBeUndefined();
  expect(parseMomentToIso(text)).toBeUndefined();
});

test("Airflow's text has microseconds only where the fraction isn't zero", () => {
  expect(toAirflowIso(Date.UTC(2026, 0, 31, 6))).toBe("2026-01-31T06:00:00+00:00");
  expect(toAirflowIso("2026-01-31T06:00:00.120Z")).toBe("2026-01-31T06:00:00.120000+00:00");
  expect(toIso(Date.UTC(2026, 0, 31, 6))).toBe("2026-01-31T06:00:00.000Z");
});

test("a moment that must say its offset is refused without one", () => {
  for (const naive of ["2026-04-04T04:04:04", "2026-04-04 04:04", "2026-04-04", "soon"]) {
    expect(parseAwareMoment(naive)).toBeUndefined();
  }
  for (const aware of ["2026-04-04T04:04:04Z", "2026-04-04 06:04:04+02:00"]) {
    expect(parseAwareMoment(aware)).toBe(Date.UTC(2026, 3, 4, 4, 4, 4));
  }
  expect(parseAwareMoment("2026-02-30T00:00:00Z")).toBeUndefined();
});
