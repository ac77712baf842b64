// What EventBridge is told fires at least whenever a schedule needs it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  EVERY_MINUTE,
  toAt,
  toHourly,
  toWakes,
  type Wakes,
} from "../../../src/aws/eventbridge/expressions.ts";
import type { TimeSchedule } from "../../../src/model/document.ts";
import { parseCron } from "../../../src/model/timetables/parse-cron.ts";
import { createCronTicks } from "../../../src/model/timetables/ticks.ts";
import { firesAt } from "./evaluator.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

const ZONES = ["UTC", "Europe/Zurich", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];

function wakes(
  schedule: TimeSchedule,
  {
    timezone = "UTC",
    nextFireAt,
    hasRunsToCome = true,
    zones = true,
  }: {
    timezone?: string;
    nextFireAt?: number;
    hasRunsToCome?: boolean;
    zones?: boolean;
  } = {},
): Wakes {
  const wish = { dagId: "etl", schedule, timezone, hasRunsToCome };
  return toWakes({ ...wish, ...(nextFireAt === undefined ? {} : { nextFireAt }) }, { zones });
}

const repeating = (cron: string) => wakes({ kind: "cron", cron }).repeating;

/** Whether something fires at the moment or less than a minute later. */
function isCovered({ repeating, timezone, once }: Wakes, moment: number): boolean {
  if (once !== undefined && once >= moment && once - moment < MINUTE) return true;
  const minute = Math.ceil(moment / MINUTE) * MINUTE;
  return repeating.some((expression) => firesAt(expression, minute, timezone));
}

describe("a cron text in EventBridge's words", () => {
  test.each([
    ["0 6 * * *", "cron(0 6 * * ? *)"],
    ["*/15 * * * *", "cron(0/15 * * * ? *)"],
    ["5,10-12 8-18/2 * jan,mar *", "cron(5,10-12 8,10,12,14,16,18 * 1,3 ? *)"],
    ["@hourly", "cron(0 * * * ? *)"],
    ["@weekly", "cron(0 0 ? * 1 *)"],
    ["@quarterly", "cron(0 0 1 1/3 ? *)"],
    ["0 0 * * 1-5", "cron(0 0 ? * 2-6 *)"],
    ["0 0 * * fri-mon", "cron(0 0 ? * 1-2,6-7 *)"],
    ["0 0 l * *", "cron(0 0 28-31 * ? *)"],
    ["0 0 15,l 2 *", "cron(0 0 15,28-29 2 ? *)"],
    ["0 0 15w * *", "cron(0 0 13-17 * ? *)"],
    ["0 0 1w * *", "cron(0 0 1-3 * ? *)"],
    ["0 0 * * 1#2", "cron(0 0 ? * 2 *)"],
    ["0 0 * * l5", "cron(0 0 ? * 6 *)"],
    ["0 0 * * 1#1,3#2", "cron(0 0 ? * 2,4 *)"],
    ["0 0 31 2,4,6 1", "cron(0 0 ? 2,4,6 2 *)"],
    ["0 6 * * * 30", EVERY_MINUTE],
    ["* * * * * */10", EVERY_MINUTE],
  ])("%s is %s", (cron, expression) => {
    expect(repeating(cron)).toEqual([expression]);
  });

  test("a day of the month or a weekday are two expressions", () => {
    expect(repeating("0 6 1,15 * 1")).toEqual(["cron(0 6 1,15 * ? *)", "cron(0 6 ? * 2 *)"]);
  });

  test("several crons are several expressions, each once; beyond some it is every minute", () => {
    const crons = ["0 1 * * *", "@hourly", "0 1 * * *"];
    expect(wakes({ kind: "multi-cron", crons }).repeating).toEqual([
      "cron(0 1 * * ? *)",
      "cron(0 * * * ? *)",
    ]);
    const many = Array.from({ length: 20 }, (_, minute) => `${minute} 1 * * *`);
    expect(wakes({ kind: "multi-cron", crons: many }).repeating).toEqual([EVERY_MINUTE]);
  });

  test("even the most scattered values fit into 256 characters", () => {
    const scattered = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => from + i).filter((value) => value % 3 !== 0);
    const cron = `${scattered(0, 60)} ${scattered(0, 24)} ${scattered(1, 32)} ${scattered(1, 13)} *`;
    const [expression = ""] = repeating(cron);
    expect(expression.length).toBeGreaterThan(230);
    expect(expression.length).toBeLessThanOrEqual(256);
  });
});

describe("moments", () => {
  const nextFireAt = Date.parse("2026-03-01T06:00:00Z");
  const daily = { kind: "cron", cron: "0 6 * * *" } as const;

  test("a tick needs none, another moment does", () => {
    expect(wakes(daily, { nextFireAt })).not.toHaveProperty("once");
    expect(wakes(daily, { nextFireAt: nextFireAt + 1 }).once).toBe(nextFireAt + 1);
    expect(wakes(daily, { nextFireAt, timezone: "Asia/Tokyo" }).once).toBe(nextFireAt);
  });

  test("ticks that the clocks skip or show twice need one", () => {
    const schedule = { kind: "cron", cron: "30 2 * * *" } as const;
    const at = (moment: string) =>
      wakes(schedule, { timezone: "Europe/Zurich", nextFireAt: Date.parse(moment) }).once;
    expect(at("2026-03-28T01:30:00Z")).toBeUndefined();
    expect(at("2026-03-29T01:30:00Z")).toBe(Date.parse("2026-03-29T01:30:00Z"));
    expect(at("2026-10-25T01:30:00Z")).toBe(Date.parse("2026-10-25T01:30:00Z"));
    expect(at("2026-10-26T01:30:00Z")).toBeUndefined();
  });

  test.each<TimeSchedule>([
    { kind: "once" },
    { kind: "continuous" },
    { kind: "delta", delta: 600 },
    { kind: "delta-data-interval", delta: 90_000 },
    { kind: "events", dates: ["2026-03-01T06:00:00Z"] },
  ])("$kind goes from moment to moment, with a look every hour", (schedule) => {
    expect(wakes(schedule, { nextFireAt })).toEqual({
      repeating: ["rate(1 hour)"],
      timezone: "UTC",
      once: nextFireAt,
    });
  });

  test("a short delta is looked at every minute", () => {
    expect(wakes({ kind: "delta", delta: 60 }, { nextFireAt })).toEqual({
      repeating: [EVERY_MINUTE],
      timezone: "UTC",
    });
  });

  test("without runs to come only the moment is left, and without a moment nothing", () => {
    const none = { hasRunsToCome: false };
    expect(wakes(daily, { ...none, nextFireAt })).toMatchObject({
      repeating: [],
      once: nextFireAt,
    });
    expect(wakes(daily, none)).toEqual({ repeating: [], timezone: "UTC" });
    expect(wakes({ kind: "none" }, { ...none, nextFireAt }).once).toBe(nextFireAt);
  });

  test("a moment is rounded up, to a second or to a minute of every hour", () => {
    expect(toAt(nextFireAt)).toBe("at(2026-03-01T06:00:00)");
    expect(toAt(nextFireAt + 1)).toBe("at(2026-03-01T06:00:01)");
    expect(toHourly(nextFireAt)).toBe("cron(0 * * * ? *)");
    expect(toHourly(nextFireAt + 1)).toBe("cron(1 * * * ? *)");
    expect(toHourly(nextFireAt - 1)).toBe("cron(0 * * * ? *)");
  });
});

const item = (min: number, max: number) => {
  const value = fc.integer({ min, max });
  return fc.oneof(
    { weight: 3, arbitrary: value.map(String) },
    fc.tuple(value, value).map(([from, to]) => `${from}-${to}`),
    fc
      .tuple(value, value, fc.integer({ min: 1, max: 20 }))
      .map(([a, b, step]) => `${a}-${b}/${step}`),
    fc.integer({ min: 1, max: 30 }).map((step) => `*/${step}`),
  );
};
const field = (min: number, max: number, ...special: readonly string[]) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant("*") },
    {
      weight: 3,
      arbitrary: fc
        .array(item(min, max), { minLength: 1, maxLength: 4 })
        .map((items) => items.join()),
    },
    ...special.map((text) => fc.constant(text)),
  );
const crons = fc
  .tuple(
    field(0, 59),
    field(0, 23),
    field(1, 31, "l", "1,l", "15w", "31w", "1w"),
    fc.oneof({ weight: 3, arbitrary: fc.constant("*") }, field(1, 12)),
    field(0, 7, "1#1", "5#5,0#2", "l5", "l0"),
    fc.oneof({ weight: 5, arbitrary: fc.constant("") }, field(0, 59)),
  )
  .map((fields) => fields.join(" ").trim())
  .filter((text) => parseCron(text).ok);

describe.each([true, false])("with zones: %s", (zones) => {
  test("every tick of a cron in a random month is covered within a minute", () => {
    const months = fc.integer({ min: 0, max: 36 }).map((month) => Date.UTC(2025, month, 1));
    let ticks = 0;
    fc.assert(
      fc.property(crons, fc.constantFrom(...ZONES), months, (text, timezone, start) => {
        const parsed = parseCron(text);
        if (!parsed.ok) return;
        const schedule = { kind: "cron", cron: text } as const;
        const { next } = createCronTicks(parsed.cron, timezone);
        // From anywhere in the month, so that dense crons are looked at on all of its days.
        for (let from = start; from < start + 31 * DAY; from += 7 * 3_601_000) {
          const tick = next(from);
          ticks += 1;
          if (isCovered(wakes(schedule, { timezone, nextFireAt: tick, zones }), tick)) continue;
          expect.fail(`${text} in ${timezone} misses ${new Date(tick).toISOString()}`);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(ticks).toBeGreaterThan(100_000);
  });
});
