// Durations read from what people write, and written for people.
import { expect, test } from "vitest";
import {
  type Duration,
  formatDuration,
  parseDuration,
} from "../../../src/model/values/durations.ts";

test.each<[Duration, number]>([
  [300, 300],
  [0, 0],
  [0.5, 0.5],
  ["5 minutes", 300],
  ["1 minute", 60],
  ["1.5 hours", 5_400],
  ["0.1 hours", 360],
  ["1 day", 86_400],
  ["2 weeks", 1_209_600],
  ["30 seconds", 30],
])("%j is %d seconds", (duration, seconds) => {
  expect(parseDuration(duration)).toBe(seconds);
});

test.each([
  "",
  "5",
  "minutes",
  "5 fortnights",
  "5minutes",
  "-5 minutes",
  "1e3 days",
  "5 constructors",
])("%j is no duration", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, null, undefined, {}, true])(
  "%j is no duration either",
  (value) => {
    expect(parseDuration(value)).toBeUndefined();
  },
);

test("an unknown unit doesn't compile", () => {
  // @ts-expect-error "fortnights" is no unit
  const wrong: Duration = "5 fortnights";
  // @ts-expect-error a text needs a unit
  const bare: Duration = "5";
  expect([wrong, bare].map(parseDuration)).toEqual([undefined, undefined]);
});

test.each([
  [0, "0 ms"],
  [0.042, "42 ms"],
  [0.9999, "1 s"],
  [3.21, "3.2 s"],
  [59.96, "1 min"],
  [303, "5 min 3 s"],
  [3_599.7, "1 h"],
  [5_400, "1 h 30 min"],
  [187_200, "2 d 4 h"],
  [-3, "-3 s"],
])("%d seconds are shown as %j", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
